import { DomainError } from '../../core/errors.ts'

export interface HttpBureauOptions {
  /** Files are posted to `<url>/feeds/<seq>`. */
  readonly url: string
  /** Read from a file by whoever composes. */
  readonly token: string | null
  readonly timeoutMs: number
}

/** What a push carries besides the file itself. */
export interface PushedFile {
  readonly creditor: string
  readonly seq: number
  readonly content: Uint8Array
  readonly manifest: Uint8Array
  readonly signature: Uint8Array
  readonly algorithm: string
  readonly keyId: string
}

export const pushHeaders = { manifest: 'x-feed-manifest', signature: 'x-feed-signature', algorithm: 'x-feed-algorithm', keyId: 'x-feed-key-id', creditor: 'x-feed-creditor' } as const

export type PushFile = (file: PushedFile) => Promise<void>

/**
 * Sends one file to a bureau: the bytes as they were signed, manifest and signature as base64url in headers. Repeating a
 * number with the same bytes gets the same answer, so an answer that was lost is asked for again. 409 means that the
 * bureau has other bytes under this number: that is never repeated, an operator looks at it.
 */
export function httpBureau ({ url, token, timeoutMs }: HttpBureauOptions): PushFile {
  return async (file) => {
    const status = await statusOf({ url: `${url.replace(/\/$/, '')}/feeds/${file.seq}`, token, timeoutMs }, file)
    if (status >= 200 && status < 300) return
    if (status === 408 || status === 429 || status >= 500) throw unavailable(`answered ${status}`)
    throw new DomainError('OUTSIDE_REFUSED', `The credit bureau answered ${status} to a file. 409: it has other bytes under this number; else check credential, key and agreement, then send it anew.`)
  }
}

async function statusOf ({ url, token, timeoutMs }: HttpBureauOptions, file: PushedFile): Promise<number> {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body: Buffer.from(file.content),
      headers: {
        'content-type': 'application/x-ndjson',
        'idempotency-key': `${file.creditor}:${file.seq}`,
        [pushHeaders.creditor]: file.creditor,
        [pushHeaders.manifest]: base64(file.manifest),
        [pushHeaders.signature]: base64(file.signature),
        [pushHeaders.algorithm]: file.algorithm,
        [pushHeaders.keyId]: file.keyId,
        ...token === null ? {} : { authorization: `Bearer ${token}` }
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs)
    })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    throw unavailable('did not answer in time')
  }
}

const unavailable = (what: string): DomainError =>
  new DomainError('OUTSIDE_UNAVAILABLE', `The credit bureau ${what}. It is tried again by itself; see that its address is reachable.`)
