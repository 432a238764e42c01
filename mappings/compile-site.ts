import { createHash } from 'node:crypto'
import { compileCodeTable, type CodeTable } from './code-tables.ts'
import { compileMessage, type MapMessage, type MessageCompiling } from './compile-message.ts'
import { makeConverters } from './converters/index.ts'
import type { Mapped, SiteMapping } from './mapping.ts'
import { MappingError } from './mapping-error.ts'
import { filled } from './path.ts'
import { aliasOf, resolveSite } from './resolve-site.ts'
import type { Row } from './row.ts'
import type { MessageSource } from './source.ts'
import type { MappingSources, Origin, OperatorCode, ResolvedTables } from './tables.ts'
import { zoneOf, type Zone } from './time.ts'
import { fieldNumbers, viewFaults, viewPrefix, viewsOf } from './view-table.ts'

/**
 * Compiles a site's tables: base < site < what operators resolved. Throws one Error whose message lists every fault, a
 * line each; a code resolved for a table that is gone is no fault.
 */
export function compileSite (sources: MappingSources, site: string): SiteMapping {
  if (sources.sites[site] === undefined) throw new MappingError('MAPPING_SITE_UNKNOWN', `no site "${site}": there is no folder sites/${site}`)
  const { mapping, faults } = checkSite(sources, site)
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return mapping
}

/** The same, for those who print faults: `mapping` is to be used only where there are none. */
export function checkSite (sources: MappingSources, site: string, operatorCodes: readonly OperatorCode[] = []): { readonly mapping: SiteMapping, readonly resolved: ResolvedTables, readonly faults: readonly string[] } {
  const { resolved, faults } = resolveSite(sources, site, operatorCodes)
  const found = [...faults]
  const codeTables = new Map([...resolved.codeTables].map(([name, file]) => [name, compileCodeTable(file, (other) => resolved.codeTables.get(other))]))
  const byType = compileMessages(resolved, codeTables, found)
  const version = versionOf(resolved)
  const views = viewsOf(resolved.messages.map(({ table }) => table))
  return { mapping: { site, version, map: mapWith(byType, version), views }, resolved, faults: [...new Set(found)] }
}

function compileMessages (resolved: ResolvedTables, codeTables: ReadonlyMap<string, CodeTable>, faults: string[]): ReadonlyMap<string, MapMessage> {
  const origins = new Map<Row, Origin>()
  for (const rows of resolved.segments.values()) for (const { row, origin } of rows) origins.set(row, origin)
  const placeOf = (row: Row): string | null => {
    const origin = origins.get(row)
    return origin === undefined ? null : `${origin.file} row ${origin.row} (${row.to})`
  }
  const converters = makeConverters((name) => {
    const table = codeTables.get(name)
    if (table === undefined) faults.push(`no table "${name}", which a data type needs`)
    return table ?? { name, find: () => undefined }
  })
  // Row files serve several messages, and what one of them does not make its rows may still refer to.
  const aliases = new Set(resolved.messages.flatMap(({ table }) => table.resources.map(aliasOf)))
  const columns = fieldNumbers(viewsOf(resolved.messages.map(({ table }) => table)))
  const byType = new Map<string, MapMessage>()
  for (const { name, table } of resolved.messages) {
    const compiling: MessageCompiling = {
      converters,
      codeTables,
      columns,
      segments: resolved.segments,
      aliases,
      headerRows: resolved.segments.get('msh-message-header') ?? [],
      originOf: (row) => origins.get(row) ?? null,
      fault: (row, why) => { faults.push(`${placeOf(row) ?? name}: ${why}`) },
      tableFault: (why) => { faults.push(`messages/${name}.json: ${why}`) }
    }
    faults.push(...viewFaults(table, `messages/${name}.json`))
    const map = compileMessage(table, compiling)
    for (const type of table.serves) {
      if (byType.has(type)) faults.push(`messages/${name}.json: ${type} is served by another table too`)
      byType.set(type, map)
    }
  }
  return byType
}

function mapWith (byType: ReadonlyMap<string, MapMessage>, version: string): SiteMapping['map'] {
  const zones = new Map<string, Zone>()
  const zoneNamed = (name: string): Zone => {
    const known = zones.get(name) ?? zoneOf(name)
    zones.set(name, known)
    return known
  }
  return (message, context) => {
    const type = typeOf(message)
    const own = byType.get(type)
    const map = own ?? (type.length > 1 ? byType.get('*') : undefined)
    if (map === undefined) throw unknownType()
    const mapped = map(message, context, { zone: zoneNamed(context.zone), version })
    return own === undefined ? bestEffort(mapped, type, context.isConversion === true) : mapped
  }
}

/** What any-other.json made. Nothing to store is no effort at all: the message waits for a table. */
function bestEffort (mapped: Mapped, type: string, isConversion: boolean): Mapped {
  if (mapped.changes.length === 0 && !isConversion) throw unknownType()
  const named = /^[A-Z][A-Z0-9]{2}\^[A-Z0-9]{0,3}$/.test(type) ? type : 'this type'
  return { ...mapped, notes: [`${named}: no table of its own; only patient and visit were read`, ...mapped.notes] }
}

function unknownType (): MappingError {
  return new MappingError('MESSAGE_TYPE_UNKNOWN', 'No table serves this message type; add one, or have the sender leave it out.', 'MSH-9')
}

function typeOf (message: MessageSource): string {
  const header = message.segments[0]
  if (header?.name !== 'MSH') return ''
  const type = filled(header.value(9, 1, 1, 1)) ?? ''
  return type.startsWith(viewPrefix) ? type : `${type}^${filled(header.value(9, 1, 2, 1)) ?? ''}`
}

/** Changes whenever a table that this site uses changes; notes and comments count too, which does no harm. */
function versionOf ({ messages, segments, codeTables }: ResolvedTables): string {
  const content = JSON.stringify([messages.map(({ table }) => table), [...segments].map(([name, rows]) => [name, rows.map(({ row }) => row)]), [...codeTables]])
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}
