import type { CodeTableFile } from './code-tables.ts'
import { isObject, type JsonObject } from './element-path.ts'
import { keyOf, rowFaults, type Row } from './row.ts'
import { columnFaults, mergedColumns } from './view-table.ts'
import type { CodeTableOrigin, MappingSources, MessageTable, OperatorCode, Resolved, ResolvedRow, ResolvedTables, ResourceTable } from './tables.ts'

/**
 * Puts a site's files over the base files: a row replaces the base row with its key (`to`, with `when`), a resource the
 * one with its alias, a code table the one with its name; the operator's codes come before the rows of their table.
 * Faults are lines an integrator can act on.
 */
export function resolveSite (sources: MappingSources, site: string, operatorCodes: readonly OperatorCode[] = []): { readonly resolved: ResolvedTables, readonly faults: readonly string[] } {
  const own = sources.sites[site]
  const faults: string[] = own === undefined ? [`no site "${site}": there is no folder sites/${site}`] : []
  const siteFiles = own ?? { messages: {}, segments: {}, codeTables: {} }
  const segments = new Map<string, readonly ResolvedRow[]>()
  for (const name of new Set([...Object.keys(sources.base.segments), ...Object.keys(siteFiles.segments)])) {
    const base = rowsOf<Row>(sources.base.segments[name], { file: `segments/${name}.json`, isSite: false, formFaults: rowFaults }, faults)
    const over = rowsOf<Row>(siteFiles.segments[name], { file: `sites/${site}/segments/${name}.json`, isSite: true, formFaults: rowFaults }, faults)
    segments.set(name, overridden(base, over, faults))
  }
  const codeTables = new Map<string, CodeTableFile>()
  const baseTables = readCodeTables(sources.base.codeTables, 'code-tables', codeTables, faults)
  const siteTables = readCodeTables(siteFiles.codeTables, `sites/${site}/code-tables`, codeTables, faults)
  const codeTableOrigins = new Map([...baseTables, ...siteTables].map(([table, file]): [string, CodeTableOrigin] =>
    [table, { file, isSite: siteTables.has(table), byOperator: new Set(operatorCodes.filter((each) => each.table === table).map(({ code }) => code)) }]))
  for (const operatorCode of operatorCodes) addOperatorCode(operatorCode, codeTables)
  return { resolved: { site, messages: readMessages(sources, site, faults), segments, codeTables, codeTableOrigins }, faults }
}

function addOperatorCode ({ table, code, to }: OperatorCode, codeTables: Map<string, CodeTableFile>): void {
  const file = codeTables.get(table)
  if (file === undefined) return
  const coded = { code: to.code, ...to.system === null ? {} : { system: to.system }, ...to.display === null ? {} : { display: to.display } }
  codeTables.set(table, { ...file, map: { ...file.map, [code]: coded } })
}

/** What rows of every kind have: a target, with `when` the key that a site replaces them by. */
interface KeyedRow {
  readonly to: string
  readonly when?: Readonly<Record<string, unknown>>
  readonly drop?: boolean
}

interface RowFile {
  readonly file: string
  readonly isSite: boolean
  /** What is wrong with a row's form; empty: it is one. */
  readonly formFaults: (given: unknown) => readonly string[]
}

export function rowsOf<Each extends KeyedRow> (file: unknown, at: RowFile, faults: string[]): ReadonlyArray<Resolved<Each>> {
  if (file === undefined) return []
  if (!Array.isArray(file)) {
    faults.push(`${at.file}: is no list of rows`)
    return []
  }
  const seen = new Set<string>()
  return (file as unknown[]).flatMap((given, index) => {
    const place = `${at.file} row ${index + 1}`
    const wrong = at.formFaults(given)
    if (wrong.length > 0) {
      faults.push(...wrong.map((fault) => `${place}${isObject(given) && typeof given['to'] === 'string' ? ` (${given['to']})` : ''}: ${fault}`))
      return []
    }
    const row = given as Each
    if (seen.has(keyOf(row))) faults.push(`${place} (${row.to}): the same target twice in one file`)
    seen.add(keyOf(row))
    return [{ row, origin: { file: at.file, row: index + 1, isSite: at.isSite } }]
  })
}

export function overridden<Each extends KeyedRow> (base: ReadonlyArray<Resolved<Each>>, over: ReadonlyArray<Resolved<Each>>, faults: string[]): ReadonlyArray<Resolved<Each>> {
  const bySite = new Map(over.map((each) => [keyOf(each.row), each]))
  const known = new Set(base.map(({ row }) => keyOf(row)))
  for (const { row, origin } of over) {
    if (row.drop === true && !known.has(keyOf(row))) faults.push(`${origin.file} row ${origin.row} (${row.to}): nothing to drop, the base has no such row`)
  }
  return [...base.map((each) => bySite.get(keyOf(each.row)) ?? each), ...over.filter(({ row }) => !known.has(keyOf(row)))]
    .filter(({ row }) => row.drop !== true)
}

export function readCodeTables (files: Readonly<Record<string, unknown>>, folder: string, into: Map<string, CodeTableFile>, faults: string[]): ReadonlyMap<string, string> {
  const fileOf = new Map<string, string>()
  for (const [name, file] of Object.entries(files)) {
    if (!isCodeTable(file)) {
      faults.push(`${folder}/${name}.json: needs "table" and "map"`)
      continue
    }
    for (const [code, to] of Object.entries(file.map)) if (!isCoded(to)) faults.push(`${folder}/${name}.json code ${code}: is neither a code nor {code, system, display}`)
    if (fileOf.has(file.table)) faults.push(`${folder}/${name}.json: a second table "${file.table}"`)
    fileOf.set(file.table, `${folder}/${name}.json`)
    into.set(file.table, file)
  }
  for (const file of into.values()) {
    if (file.extends !== undefined && !into.has(file.extends)) faults.push(`${folder}: table "${file.table}" extends "${file.extends}", which is not there`)
  }
  return fileOf
}

function isCodeTable (file: unknown): file is CodeTableFile {
  return isObject(file) && typeof file['table'] === 'string' && isObject(file['map'])
}

function isCoded (to: unknown): boolean {
  return typeof to === 'string' || (isObject(to) && typeof to['code'] === 'string')
}

const messageKeys = ['table', 'serves', 'view', 'columns', 'asOf', 'groups', 'expects', 'focus', 'ignores', 'resources', 'note']
const resourceKeys = ['alias', 'resource', 'per', 'rows', 'weak', 'when', 'numbered', 'optional', 'drop', 'note']

function readMessages (sources: MappingSources, site: string, faults: string[]): ResolvedTables['messages'] {
  const own = sources.sites[site]?.messages ?? {}
  return [...new Set([...Object.keys(sources.base.messages), ...Object.keys(own)])].flatMap((name) => {
    const base = sources.base.messages[name]
    const over = own[name]
    const wrong = [...messageFaults(base, `messages/${name}.json`), ...messageFaults(over, `sites/${site}/messages/${name}.json`)]
    faults.push(...wrong)
    if (wrong.length > 0) return []
    const table = over === undefined ? base : base === undefined ? over : mergedMessage(base as unknown as MessageTable, over as Partial<MessageTable>)
    if (!isWhole(table)) {
      faults.push(`messages/${name}.json: needs "table", "serves" and "resources"`)
      return []
    }
    return [{ name, table, isSite: over !== undefined }]
  })
}

function isWhole (table: unknown): table is MessageTable {
  return isObject(table) && typeof table['table'] === 'string' && Array.isArray(table['serves']) && Array.isArray(table['resources'])
}

function messageFaults (file: unknown, place: string): readonly string[] {
  if (file === undefined) return []
  if (!isObject(file)) return [`${place}: is no object`]
  const resources = Array.isArray(file['resources']) ? file['resources'] as unknown[] : []
  return [
    ...Object.keys(file).filter((key) => !messageKeys.includes(key)).map((key) => `${place}: unknown key "${key}"`),
    ...columnFaults(file['columns'], place),
    ...resources.flatMap((each, index) => resourceFaults(each, `${place} resource ${index + 1}`))
  ]
}

function resourceFaults (given: unknown, place: string): readonly string[] {
  if (!isObject(given)) return [`${place}: is no object`]
  const unknown = Object.keys(given).filter((key) => !resourceKeys.includes(key)).map((key) => `${place}: unknown key "${key}"`)
  return typeof given['resource'] === 'string' || typeof given['alias'] === 'string' ? unknown : [...unknown, `${place}: has no "resource"`]
}

export function aliasOf (table: Pick<ResourceTable, 'alias' | 'resource'>): string {
  return table.alias ?? table.resource
}

/** Only what the site says differs; its resources replace, add to or drop (by alias) those of the base. */
function mergedMessage (base: MessageTable, over: Partial<MessageTable>): MessageTable {
  const bySite = new Map((over.resources ?? []).map((each) => [aliasOf(each), each]))
  const known = new Set(base.resources.map(aliasOf))
  const resources = [
    ...base.resources.map((each) => ({ ...each, ...bySite.get(aliasOf(each)) })),
    ...(over.resources ?? []).filter((each) => !known.has(aliasOf(each)))
  ].filter((each) => each.drop !== true)
  return { ...base, ...over as JsonObject, groups: { ...base.groups, ...over.groups }, expects: { ...base.expects, ...over.expects }, resources, ...base.columns === undefined ? {} : { columns: mergedColumns(base.columns, over.columns ?? []) } }
}
