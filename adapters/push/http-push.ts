import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import type { PushSender } from '../../core/notifications/index.ts'
import { pushHeaders, pushSignature } from './signature.ts'

export interface HttpPushOptions {
  readonly url: string
  readonly appId: string
  /** Read from a file by whoever composes. */
  readonly secret: Uint8Array
  /** Real time: the provider refuses stale signatures. */
  readonly clock: Clock
  readonly nonces: Ids
  readonly timeoutMs: number
}

/** 推送 over HTTP: one key is pushed once. 410 says that the app is not on the device any more. */
export function httpPush (options: HttpPushOptions): PushSender {
  return {
    push: async ({ token, platform, title, text, key }) => {
      const status = await statusOf(options, JSON.stringify({ token, platform, title, text, key }), key)
      if (status >= 200 && status < 300) return 'taken'
      if (status === 410) return 'gone'
      if (status === 408 || status === 429 || status >= 500) throw unavailable(`answered ${status}`)
      throw new DomainError('OUTSIDE_REFUSED', `The push provider answered ${status}. Check the app id and its secret.`)
    }
  }
}

async function statusOf ({ url, appId, secret, clock, nonces, timeoutMs }: HttpPushOptions, body: string, key: string): Promise<number> {
  const timestamp = String(clock.now().getTime())
  const nonce = nonces.next()
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json', 'idempotency-key': key, [pushHeaders.app]: appId, [pushHeaders.timestamp]: timestamp, [pushHeaders.nonce]: nonce,
        [pushHeaders.signature]: pushSignature(appId, { timestamp, nonce, body }, secret)
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs)
    })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    // Neither fetch's message nor its cause is passed on: both may quote the request.
    throw unavailable('did not answer in time')
  }
}

const unavailable = (what: string): DomainError => new DomainError('OUTSIDE_UNAVAILABLE', `The push provider ${what}. It is tried again by itself; see that its address is reachable.`)
