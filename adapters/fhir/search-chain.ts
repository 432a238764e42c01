import { DomainError } from '../../core/errors.ts'
import type { SearchClause } from '../../core/records/index.ts'
import { clauseOf, idClause, type QueryContext } from './search-clauses.ts'
import { pointsTo, searchRows, type SearchRow } from './search-row.ts'

/** `patient.identifier=…`: the reference `param` must lead to a record of `type` for which `clause` holds. */
export interface Chain {
  readonly param: string
  readonly type: string
  readonly clause: SearchClause
  /** As it was asked, for the words of a refusal. */
  readonly name: string
}

const form = /^([\w-]+)(?::([A-Z][A-Za-z]+))?\.([\w-]+)(:[A-Za-z]+)?$/

/** One step of FHIR R4 §3.1.1.4.3; null where a part of it is not there. */
export function chainOf (name: string, value: string, context: QueryContext): Chain | null {
  const [, param = '', named, target = '', modifier = ''] = form.exec(name) ?? []
  const row = context.rows.get(param)
  if (row?.kind !== 'reference') return null
  const type = named ?? onlyTarget(row, target)
  const clause = pointsTo(row, type) ? targetClause(target, { modifier, value, context: { ...context, type } }) : null
  return clause === null ? null : { param: row.keptAs, type, clause, name }
}

function onlyTarget ({ param, targets: [target, ...others] }: SearchRow, asked: string): string {
  if (target !== undefined && others.length === 0) return target
  throw new DomainError('RECORD_SEARCH_INVALID', `${param} may point to several types. Name one, as in ${param}:Patient.${asked}.`, param)
}

function targetClause (param: string, { modifier, value, context }: { readonly modifier: string, readonly value: string, readonly context: Omit<QueryContext, 'rows'> }): SearchClause | null {
  const rows = searchRows.get(context.type)
  if (rows === undefined) return null
  return param === '_id' && modifier === '' ? idClause(value) : clauseOf(param + modifier, value, { ...context, rows })
}
