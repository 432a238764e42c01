/** Servers say these when they are busy or on their way up: the same request may pass in a moment. */
export const passingStatuses: readonly number[] = [429, 502, 503, 504]

const firstWaitMs = 250

/**
 * How long to wait after `attempts` failed attempts: what the server says (RFC 9110 §10.2.3: seconds or a date), else
 * twice as long each time; at most `longestMs`. A date is read by the server's own clock where it tells it.
 */
export function waitBeforeRetry (attempts: number, headers: Headers | null, { now, longestMs }: { readonly now: Date, readonly longestMs: number }): number {
  const wanted = retryAfterMs(headers, now) ?? firstWaitMs * 2 ** (attempts - 1)
  return Math.min(Math.max(0, wanted), longestMs)
}

function retryAfterMs (headers: Headers | null, now: Date): number | null {
  const text = headers?.get('retry-after')?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const at = text === '' ? Number.NaN : Date.parse(text)
  if (Number.isNaN(at)) return null
  const serverNow = Date.parse(headers?.get('date') ?? '')
  return at - (Number.isNaN(serverNow) ? now.getTime() : serverNow)
}
