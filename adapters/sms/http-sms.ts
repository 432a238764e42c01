import { DomainError } from '../../core/errors.ts'
import type { Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'
import type { SmsReceipt, SmsSender } from '../../core/notifications/index.ts'
import { signatureHeaders, signatureOf } from './signature.ts'

export interface HttpSmsOptions {
  readonly url: string
  /** Read from a file by whoever composes; never configured in the open. */
  readonly secret: Uint8Array
  /** Real time: the gateway refuses stale signatures. */
  readonly clock: Clock
  readonly nonces: Ids
  readonly timeoutMs: number
}

/**
 * 短信网关 over HTTP. The gateway sends one key once for as long as it keeps keys, so an SMS is not sent exactly once: where
 * an answer was lost, `receipt` tells whether the message is known before it is sent again.
 *
 * What may pass by itself (no answer in time, no connection, 408, 429, 5xx) is OUTSIDE_UNAVAILABLE: the outbox tries
 * again. Any other answer but 2xx means that this very message will never be taken, by number, template or signature:
 * OUTSIDE_REFUSED, and the outbox shows it to an operator instead of repeating it.
 */
export function httpSms (options: HttpSmsOptions): SmsSender {
  return {
    send: async (message) => {
      const body = JSON.stringify({ to: message.to, templateId: message.templateId, params: message.params, key: message.key })
      const { status } = await exchange(options, { url: options.url, method: 'POST', key: message.key, body, signed: body })
      if (status >= 200 && status < 300) return
      if (status === 408 || status === 429 || status >= 500) throw unavailable(`answered ${status}`)
      throw new DomainError('OUTSIDE_REFUSED', `The SMS gateway answered ${status}. Check the template, the number's form and the gateway secret, then send it anew.`)
    },
    receipt: async (key) => {
      const url = `${options.url}/${encodeURIComponent(key)}`
      const { status, body } = await exchange(options, { url, method: 'GET', key, body: null, signed: new URL(url).pathname })
      if (status === 404) return { kind: 'not_known' }
      if (status === 200) return receiptIn(body)
      if (status === 408 || status === 429 || status >= 500) throw unavailable(`answered ${status}`)
      throw new DomainError('OUTSIDE_REFUSED', `The SMS gateway answered ${status} to the question for a receipt. Check the gateway secret.`)
    }
  }
}

/** `{messageId, status: pending | delivered | undelivered, at, code}`. What is none of it is as good as no answer. */
function receiptIn (text: string): SmsReceipt {
  const { messageId: proofId, status, at, code } = (parsed(text) ?? {}) as Readonly<Record<string, unknown>>
  if (typeof proofId !== 'string') throw unavailable('answered no receipt')
  if (status === 'pending') return { kind: 'pending', proofId }
  if (status === 'undelivered') return { kind: 'undelivered', proofId, code: typeof code === 'string' ? code.slice(0, 40) : 'undelivered' }
  const deliveredAt = new Date(typeof at === 'string' ? at : Number.NaN)
  if (status !== 'delivered' || Number.isNaN(deliveredAt.getTime())) throw unavailable('answered no receipt')
  return { kind: 'delivered', proofId, at: deliveredAt }
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

interface Request {
  readonly url: string
  readonly method: 'POST' | 'GET'
  readonly key: string
  readonly body: string | null
  /** What the signature covers: the body, or of a GET the path. */
  readonly signed: string
}

async function exchange (options: HttpSmsOptions, { url, method, key, body, signed }: Request): Promise<{ readonly status: number, readonly body: string }> {
  const timestamp = String(Math.floor(options.clock.now().getTime() / 1000))
  const nonce = options.nonces.next()
  try {
    const answer = await fetch(url, {
      method,
      ...(body === null ? {} : { body }),
      headers: {
        'content-type': 'application/json',
        'idempotency-key': key,
        [signatureHeaders.timestamp]: timestamp,
        [signatureHeaders.nonce]: nonce,
        [signatureHeaders.signature]: signatureOf({ timestamp, nonce, body: signed }, options.secret)
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMs)
    })
    // A connection is only free for the next message once the body has been read.
    return { status: answer.status, body: await answer.text() }
  } catch {
    // Neither fetch's message nor its cause is passed on: both may quote the request.
    throw unavailable('did not answer in time')
  }
}

const unavailable = (what: string): DomainError =>
  new DomainError('OUTSIDE_UNAVAILABLE', `The SMS gateway ${what}. It is tried again by itself; see that its address is reachable.`)
