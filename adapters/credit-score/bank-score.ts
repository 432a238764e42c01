import type { CalendarDate, Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'
import type { NamedPerson, ScoreProvider } from '../../core/pay-after-care/index.ts'
import { bankHeaders, bankSignature, isBankSigned } from './bank-signature.ts'
import { notProven, objectIn, post } from './post.ts'

export interface BankScoreOptions {
  /** Base address; `/scores/assertions` and `/scores/query` lie below it. */
  readonly url: string
  readonly clientId: string
  readonly secret: Uint8Array
  /** Real time, for signatures. */
  readonly clock: Clock
  readonly nonces: Ids
  readonly timeoutMs: number
}

/** An answer may be so much older or newer than our own clock. */
const freshForMs = 300_000

/**
 * 银行信用分. The scoring platform of a bank: JSON over HTTP, both directions signed with a shared secret (HMAC-SHA256), the
 * answer bound to its request by the nonce. An answer that is not proven is no answer.
 */
export function bankScore (options: BankScoreOptions): ScoreProvider {
  return {
    name: 'bank',
    assertAtLeast: async (person, threshold) => {
      const { met, evidenceId, expiresAt } = await call(options, '/scores/assertions', { ...named(person), threshold })
      const until = new Date(typeof expiresAt === 'string' ? expiresAt : NaN)
      if (typeof met !== 'boolean' || typeof evidenceId !== 'string' || evidenceId === '' || Number.isNaN(until.getTime())) throw notProven('answered in another form')
      return { isMet: met, evidenceId, expiresAt: until }
    },
    scoreOf: async (person) => {
      const { score, asOf } = await call(options, '/scores/query', named(person))
      if (typeof score !== 'number' || typeof asOf !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(asOf)) throw notProven('answered in another form')
      return { score, asOf: asOf as CalendarDate }
    }
  }
}

function named ({ residentId, name }: NamedPerson): Readonly<Record<string, string>> {
  return { idType: 'resident_id', idNumber: residentId, name }
}

async function call ({ url, clientId, secret, clock, nonces, timeoutMs }: BankScoreOptions, place: string, asked: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
  const target = `${url.replace(/\/$/, '')}${place}`
  const { pathname: path } = new URL(target)
  const body = JSON.stringify(asked)
  const nonce = nonces.next()
  const timestamp = seconds(clock)
  const { headers, text } = await post(target, {
    body,
    timeoutMs,
    headers: { 'content-type': 'application/json', [bankHeaders.client]: clientId, [bankHeaders.timestamp]: timestamp, [bankHeaders.nonce]: nonce, [bankHeaders.signature]: bankSignature('request', { timestamp, nonce, path, body }, secret) }
  })
  const at = headers.get(bankHeaders.timestamp) ?? ''
  const isFresh = /^\d{1,12}$/.test(at) && Math.abs(clock.now().getTime() - Number(at) * 1000) <= freshForMs
  const isOurs = isBankSigned('answer', { timestamp: at, nonce, path, body: text }, { signature: headers.get(bankHeaders.signature) ?? '', secret })
  const answer = isFresh && isOurs ? objectIn(text) : null
  if (answer === null) throw notProven('sent an answer that is not proven to be its own')
  return answer
}

function seconds ({ now }: Clock): string {
  return String(Math.floor(now().getTime() / 1000))
}
