/** Carries one message to the insurer and its answer back; refuses when no answer came. A simulated year gives its own. */
export type Exchange = (body: string) => Promise<{ readonly status: number, readonly body: string }>

const largestAnswerBytes = 64 * 1024 * 1024

export function httpExchange ({ url, timeoutMs }: { readonly url: string, readonly timeoutMs: number }): Exchange {
  return async (body) => {
    const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json; charset=utf-8' }, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    const bytes = await answer.arrayBuffer()
    if (bytes.byteLength > largestAnswerBytes) throw new RangeError('the answer is too large')
    return { status: answer.status, body: Buffer.from(bytes).toString('utf8') }
  }
}
