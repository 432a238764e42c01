import { DomainError } from '../../core/errors.ts'

export interface Answered {
  readonly headers: Headers
  readonly text: string
}

/**
 * One call to a score provider. What may pass by itself (no answer in time, no connection, 408, 429, 5xx) is
 * OUTSIDE_UNAVAILABLE; any other answer but 2xx is OUTSIDE_REFUSED. Neither says what was asked about whom.
 */
export async function post (url: string, { body, headers, timeoutMs }: { readonly body: string, readonly headers: Readonly<Record<string, string>>, readonly timeoutMs: number }): Promise<Answered> {
  const { status, ...answered } = await answerOf(url, { body, headers, timeoutMs })
  if (status === 408 || status === 429 || status >= 500) throw notProven(`answered ${status}`)
  if (status < 200 || status >= 300) throw new DomainError('OUTSIDE_REFUSED', `The score provider answered ${status}. Check its address and our credentials in SITE_CONFIG scores.`)
  return answered
}

async function answerOf (url: string, { body, headers, timeoutMs }: { readonly body: string, readonly headers: Readonly<Record<string, string>>, readonly timeoutMs: number }): Promise<Answered & { readonly status: number }> {
  try {
    const answer = await fetch(url, { method: 'POST', body, headers: { ...headers }, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  } catch {
    // fetch's own message may quote the request.
    throw notProven('did not answer in time')
  }
}

/** Also for an answer whose signature or form is wrong: it says nothing, so it may be asked again. */
export const notProven = (what: string): DomainError =>
  new DomainError('OUTSIDE_UNAVAILABLE', `The score provider ${what}. Try again later; see that its address and its key are right.`)

/** Null where the text is no JSON object. */
export function objectIn (text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : null
  } catch {
    return null
  }
}
