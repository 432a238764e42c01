import { DomainError } from '../../core/errors.ts'

export interface WireRequest {
  readonly method: 'GET' | 'POST'
  /** Absolute. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export interface WireAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Carries a request to a channel and answers what came back; throws where no whole answer came, for whatever reason. */
export type Exchange = (request: WireRequest) => Promise<WireAnswer>

interface HttpExchangeOptions {
  readonly timeoutMs: number
  /** Statements are the largest answers. */
  readonly maxBytes: number
}

/** Over real HTTP. Redirects are not followed: what was signed for one address is not sent to another. */
export function httpExchange ({ timeoutMs, maxBytes }: HttpExchangeOptions): Exchange {
  return async ({ method, url, headers, body }) => {
    const answer = await fetch(url, { method, headers, body, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await bytesOf(answer, maxBytes) }
  }
}

async function bytesOf ({ body }: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += (chunk as Uint8Array).length
    if (size > maxBytes) throw new Error('the answer is too large')
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks)
}

/** The answer; or OUTSIDE_DOWN where nothing was sent, or OUTSIDE_UNAVAILABLE: then nobody knows whether the channel carried it out. */
export async function exchanged (exchange: Exchange, request: WireRequest, channel: string): Promise<WireAnswer> {
  try {
    return await exchange(request)
  } catch (error) {
    // Neither the message nor its cause is passed on: both may quote the request.
    if (isUnreached(error)) throw new DomainError('OUTSIDE_DOWN', `${channel} cannot be reached; nothing was sent. See that its address is right and reachable.`)
    throw unavailable(channel, 'did not answer in time')
  }
}

function isUnreached (error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return typeof cause === 'object' && cause !== null && 'code' in cause && (cause.code === 'ECONNREFUSED' || cause.code === 'ENOTFOUND')
}

export const unavailable = (channel: string, what: string): DomainError =>
  new DomainError('OUTSIDE_UNAVAILABLE', `${channel} ${what}. The outcome is not known; it is queried by itself. See that its address is reachable.`)

export const refused = (channel: string, code: string): DomainError =>
  new DomainError('OUTSIDE_REFUSED', `${channel} refused with ${wordOf(code)}. Look the code up in its documentation.`)

/** Codes of a channel are words; anything else is not repeated. */
function wordOf (code: string): string {
  return /^[\w.:-]{1,64}$/.test(code) ? code : 'an unreadable code'
}
