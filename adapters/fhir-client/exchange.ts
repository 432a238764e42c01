import { DomainError } from '../../core/errors.ts'

export interface Exchange {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export interface ExchangeLimits {
  /** Until the whole answer is there. */
  readonly timeoutMs: number
  /** Of an answer, unpacked. */
  readonly maxResponseBytes: number
  /** Ends what is under way when the program stops. */
  readonly closing: AbortSignal | null
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/**
 * One request over HTTP. Redirects are not followed: a token would go with them to wherever they point. Refuses with
 * OUTSIDE_UNAVAILABLE where no whole answer came; neither fetch's message nor its cause is passed on, both may quote
 * the request.
 */
export async function exchange ({ method, url, headers, body }: Exchange, { timeoutMs, maxResponseBytes, closing }: ExchangeLimits): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, { method, headers, body, redirect: 'manual', signal: closing === null ? timeout : AbortSignal.any([timeout, closing]) })
    return { status: response.status, headers: response.headers, text: await boundedText(response, maxResponseBytes) }
  } catch (error) {
    if (error instanceof DomainError) throw error
    throw new DomainError('OUTSIDE_UNAVAILABLE', `The FHIR server ${timeout.aborted ? `did not answer within ${timeoutMs} ms` : 'cannot be reached, or the connection broke'}. It is tried again by itself; see that its address is reachable.`)
  }
}

async function boundedText (response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return ''
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const chunk = read.value as Uint8Array
    size += chunk.length
    if (size > maxBytes) {
      await reader.cancel()
      throw new DomainError('OUTSIDE_REFUSED', `The FHIR server answered more than ${maxBytes} bytes at once. Lower pageSize of the source.`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
