import { DomainError } from '../../core/errors.ts'
import type { Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'
import type { SmsMessage, SmsSender } from '../../core/notifications/index.ts'
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
 * 短信网关 over HTTP. The gateway sends one key once, so a message whose answer was lost may be sent again.
 *
 * What may pass by itself (no answer in time, no connection, 408, 429, 5xx) is OUTSIDE_UNAVAILABLE: the outbox tries
 * again. Any other answer but 2xx means that this very message will never be taken, by number, template or signature:
 * OUTSIDE_REFUSED, and the outbox shows it to an operator instead of repeating it.
 */
export function httpSms (options: HttpSmsOptions): SmsSender {
  return {
    send: async (message) => {
      const status = await statusOf(options, message)
      if (status >= 200 && status < 300) return
      if (status === 408 || status === 429 || status >= 500) throw unavailable(`answered ${status}`)
      throw new DomainError('OUTSIDE_REFUSED', `The SMS gateway answered ${status}. Check the template, the number's form and the gateway secret, then send it anew.`)
    }
  }
}

async function statusOf (options: HttpSmsOptions, message: SmsMessage): Promise<number> {
  const body = JSON.stringify({ to: message.to, templateId: message.templateId, params: message.params, key: message.key })
  const timestamp = String(Math.floor(options.clock.now().getTime() / 1000))
  const nonce = options.nonces.next()
  try {
    const answer = await fetch(options.url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': message.key,
        [signatureHeaders.timestamp]: timestamp,
        [signatureHeaders.nonce]: nonce,
        [signatureHeaders.signature]: signatureOf({ timestamp, nonce, body }, options.secret)
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMs)
    })
    // The body is of no use, but a connection is only free for the next message once it has been read.
    await answer.arrayBuffer()
    return answer.status
  } catch {
    // Neither fetch's message nor its cause is passed on: both may quote the request.
    throw unavailable('did not answer in time')
  }
}

const unavailable = (what: string): DomainError =>
  new DomainError('OUTSIDE_UNAVAILABLE', `The SMS gateway ${what}. It is tried again by itself; see that its address is reachable.`)
