import { DomainError } from '../../core/errors.ts'
import type { Answer } from './exchange.ts'

/**
 * What an answer without success means. What may pass by itself, and a token that is not accepted, is
 * OUTSIDE_UNAVAILABLE; any other answer says that this very request will never be taken: OUTSIDE_REFUSED. Of an
 * OperationOutcome only the issue codes are told (FHIR R4 IssueType): its texts may quote what was sent.
 */
export function refusalOf ({ status, text }: Answer): DomainError {
  if (status === 401) return new DomainError('OUTSIDE_UNAVAILABLE', 'The FHIR server does not accept our token. Check auth of the source or destination; it is tried again by itself.', 'HTTP 401')
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return new DomainError('OUTSIDE_UNAVAILABLE', `The FHIR server answered ${status}. It is tried again by itself.`, `HTTP ${status}`)
  }
  if (status >= 300 && status < 400) return new DomainError('OUTSIDE_REFUSED', `The FHIR server answered ${status}, which points elsewhere. Set url to the address that it means.`, `HTTP ${status}`)
  const codes = issueCodes(text)
  return new DomainError('OUTSIDE_REFUSED', `The FHIR server answered ${status}${codes.length === 0 ? '' : ` (${codes.join(', ')})`}. Check what we may do there and what it takes, then send it anew.`, `HTTP ${status}`)
}

const mostCodes = 5

function issueCodes (text: string): readonly string[] {
  const outcome = parsed(text) as { readonly resourceType?: unknown, readonly issue?: unknown } | null
  if (outcome === null || outcome.resourceType !== 'OperationOutcome' || !Array.isArray(outcome.issue)) return []
  const codes = (outcome.issue as ReadonlyArray<{ readonly code?: unknown } | null>).flatMap((issue) => typeof issue?.code === 'string' && /^[a-z]{2,20}(-[a-z]{2,20}){0,3}$/.test(issue.code) ? [issue.code] : [])
  return [...new Set(codes)].slice(0, mostCodes)
}

function parsed (text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}
