import { DomainError } from '../../core/errors.ts'

/** What is wrong with a statement and where; never the value: it may be somebody's. */
export function fault (line: number, what: string): DomainError {
  return new DomainError('STATEMENT_INVALID', `Line ${line}: ${what}. Fetch or export the statement again; do not edit it.`, `line ${line}`)
}
