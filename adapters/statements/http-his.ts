import type { HisStatements } from '../../core/payments/index.ts'
import { DomainError } from '../../core/errors.ts'

export interface HttpHisOptions {
  /** `?date=YYYY-MM-DD` is added. */
  readonly url: string
  readonly token: string | null
  readonly timeoutMs: number
}

const largestBytes = 64 * 1024 * 1024

const silent = (): DomainError => new DomainError('OUTSIDE_UNAVAILABLE', 'The hospital does not give its day list now; it is asked again in an hour.')

/** Fetches day lists over HTTP: 200 with the list, 404 while it is not made. */
export function httpHisStatements ({ url, token, timeoutMs }: HttpHisOptions): HisStatements {
  return {
    statement: async (day) => {
      const target = new URL(url)
      target.searchParams.set('date', day)
      const response = await fetch(target, { headers: token === null ? {} : { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' }).catch(() => { throw silent() })
      if (response.status === 404) return null
      if (response.status !== 200 || response.body === null) throw silent()
      const parts: Uint8Array[] = []
      let size = 0
      for await (const part of response.body as AsyncIterable<Uint8Array>) {
        size += part.length
        if (size > largestBytes) throw new DomainError('STATEMENT_INVALID', 'The day list of the hospital is larger than 64 MB.')
        parts.push(part)
      }
      return Buffer.concat(parts)
    }
  }
}
