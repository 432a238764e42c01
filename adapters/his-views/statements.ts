import { DomainError } from '../../core/errors.ts'
import { identifierGrammar } from '../../mappings/index.ts'

/**
 * The only statements we send. All read; every value is a parameter; names pass a strict grammar and stand in
 * brackets. `with ties` takes all rows of the last version (or key) with it: a view that joins one row to many repeats
 * both, and what is left behind the cursor would never be read.
 */
export interface ViewText {
  /** Quoted: `[dbo].[v_yiqiao_patients]`. */
  readonly view: string
  /** As the hospital names them. */
  readonly columns: readonly string[]
}

/** `dbo.v_patients` or `v_patients`. Refused with VIEW_NAME_INVALID. */
export function quotedView (name: string): string {
  const parts = name.split('.')
  if (parts.length > 2 || !parts.every((part) => identifierGrammar.test(part))) {
    throw new DomainError('VIEW_NAME_INVALID', 'The name of a view is schema.name, of letters, digits and _. Correct it in SITE_CONFIG, or have the hospital name the view so.')
  }
  return parts.map(quoted).join('.')
}

/** Only for what the server or a checked table named. */
function quoted (name: string): string {
  return `[${name.replaceAll(']', ']]')}]`
}

export const horizonText = 'select min_active_rowversion() as [horizon], @@dbts as [newest]'

export function shapeText (view: string): string {
  return `select top (0) * from ${view}`
}

/** Rows whose version lies between the cursor and the oldest version that is still being written. */
export function versionPageText ({ view, columns }: ViewText, version: string): string {
  return `select top (@limit) with ties ${list(columns)} from ${view} where ${quoted(version)} > @after and ${quoted(version)} < @before order by ${quoted(version)}`
}

/** Rows by key; `changed` is the column that a pass is limited by, null for all rows. */
export function keyPageText ({ view, columns }: ViewText, by: { readonly key: string, readonly isFirst: boolean, readonly changed: string | null }): string {
  const conditions = [
    ...by.changed === null ? [] : [`${quoted(by.changed)} >= @from`],
    ...by.isFirst ? [] : [`${quoted(by.key)} > @after`]
  ]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  return `select top (@limit) with ties ${list(columns)} from ${view}${where} order by ${quoted(by.key)}`
}

/** Rows with one value in a column. */
export function valueText ({ view, columns }: ViewText, by: { readonly key: string, readonly column: string }): string {
  return `select top (@limit) with ties ${list(columns)} from ${view} where ${quoted(by.column)} = @value order by ${quoted(by.key)}`
}

function list (columns: readonly string[]): string {
  return columns.map(quoted).join(', ')
}
