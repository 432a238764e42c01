import type { KeyObject } from 'node:crypto'
import type { CalendarDate, Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'
import type { NamedPerson, ScoreProvider } from '../../core/pay-after-care/index.ts'
import { DomainError } from '../../core/errors.ts'
import { notProven, objectIn, post } from './post.ts'
import { isSignedText, rsa2Sign, signedNode } from './zhima-signature.ts'

export interface ZhimaScoreOptions {
  /** Of the open platform's gateway, e.g. `https://openapi.alipay.com/gateway.do`. */
  readonly url: string
  readonly appId: string
  readonly privateKey: KeyObject
  /** The platform's own, which answers are signed with. */
  readonly providerKey: KeyObject
  /** Real time, for the request's time stamp. */
  readonly clock: Clock
  /** Calendar day of an instant, for a score that names no day of its own. */
  readonly calendar: (instant: Date) => CalendarDate
  readonly ids: Ids
  readonly timeoutMs: number
}

/** The platform names no end of what it says; scores are reckoned anew each month. */
const assertionLivesMs = 30 * 86_400_000
const brief = 'zhima.credit.score.brief.get'
const full = 'zhima.credit.score.get'

/**
 * 芝麻信用, through a gateway of the open platform's style: form parameters signed with RSA2; the answer's signature is
 * verified over its bytes before anything is made of it. Whether a threshold is met is asked without the score itself.
 */
export function zhimaScore (options: ZhimaScoreOptions): ScoreProvider {
  return {
    name: 'zhima',
    assertAtLeast: async (person, threshold, at) => {
      const { is_admittance: admitted, biz_no: evidenceId } = await call(options, brief, { ...named(person), admittance_score: threshold })
      if ((admitted !== 'Y' && admitted !== 'N') || typeof evidenceId !== 'string' || evidenceId === '') throw notProven('answered in another form')
      return { isMet: admitted === 'Y', evidenceId, expiresAt: new Date(at.getTime() + assertionLivesMs) }
    },
    scoreOf: async (person, at) => {
      const { zm_score: score } = await call(options, full, named(person))
      if (typeof score !== 'string' || !/^\d{3}$/.test(score)) throw notProven('answered in another form')
      return { score: Number(score), asOf: options.calendar(at) }
    }
  }
}

function named ({ residentId, name }: NamedPerson): Readonly<Record<string, string>> {
  return { cert_type: 'IDENTITY_CARD', cert_no: residentId, name }
}

async function call ({ url, appId, privateKey, providerKey, clock, ids, timeoutMs }: ZhimaScoreOptions, method: string, asked: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
  const params: Record<string, string> = {
    app_id: appId, method, format: 'JSON', charset: 'utf-8', sign_type: 'RSA2', version: '1.0', timestamp: timeStamp(clock),
    biz_content: JSON.stringify({ transaction_id: ids.next().replaceAll('-', ''), product_code: 'w1010100000000002733', ...asked })
  }
  const { text } = await post(url, {
    body: new URLSearchParams({ ...params, sign: rsa2Sign(params, privateKey) }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
    timeoutMs
  })
  const signed = signedNode(text, method)
  const answer = signed !== null && isSignedText(signed.node, signed.sign, providerKey) ? objectIn(signed.node) : null
  if (answer === null) throw notProven('sent an answer that is not proven to be its own')
  const { code } = answer
  if (code === '20000') throw notProven('is busy')
  if (code !== '10000') throw new DomainError('OUTSIDE_REFUSED', `The score provider answered with code ${/^\d{1,6}$/.test(String(code)) ? String(code) : 'unknown'}. Look it up with the provider.`)
  return answer
}

/** Beijing time, as the gateway wants it. */
function timeStamp ({ now }: Clock): string {
  return new Date(now().getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}
