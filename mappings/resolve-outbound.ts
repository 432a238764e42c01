import type { CodeTableFile } from './code-tables.ts'
import { isObject } from './element-path.ts'
import { isOutboundTable, outboundRowFaults, outboundTableFaults, type OutboundRow, type ResolvedOutbound } from './outbound-row.ts'
import { overridden, readCodeTables, rowsOf } from './resolve-site.ts'
import type { MappingSources, Resolved, TableFiles } from './tables.ts'

const nothing: TableFiles = { messages: {}, segments: {}, codeTables: {} }

/** Puts sites/<site>/outbound over outbound/, by the same rule as what comes in: a row replaces the row of its key. */
export function resolveOutbound (sources: Pick<MappingSources, 'outbound' | 'sites'>, site: string): { readonly resolved: ResolvedOutbound, readonly faults: readonly string[] } {
  const base = sources.outbound ?? nothing
  const own = sources.sites[site]?.outbound ?? nothing
  const folder = `sites/${site}/outbound`
  const faults: string[] = sources.sites[site] === undefined ? [`no site "${site}": there is no folder sites/${site}`] : []
  const segments = new Map<string, ReadonlyArray<Resolved<OutboundRow>>>()
  for (const name of new Set([...Object.keys(base.segments), ...Object.keys(own.segments)])) {
    const rows = (files: TableFiles, file: string, isSite: boolean): ReadonlyArray<Resolved<OutboundRow>> =>
      rowsOf<OutboundRow>(files.segments[name], { file, isSite, formFaults: outboundRowFaults }, faults)
    segments.set(name, overridden(rows(base, `outbound/segments/${name}.json`, false), rows(own, `${folder}/segments/${name}.json`, true), faults))
  }
  const codeTables = new Map<string, CodeTableFile>()
  readCodeTables(base.codeTables, 'outbound/code-tables', codeTables, faults)
  readCodeTables(own.codeTables, `${folder}/code-tables`, codeTables, faults)
  const messages = [...new Set([...Object.keys(base.messages), ...Object.keys(own.messages)])].flatMap((name) =>
    messageOf(name, { base: base.messages[name], own: own.messages[name], folder }, faults))
  return { resolved: { messages, segments, codeTables }, faults }
}

interface MessageFiles {
  readonly base: unknown
  readonly own: unknown
  readonly folder: string
}

/** A site's file replaces what it names, `segments` as a whole. */
function messageOf (name: string, { base, own, folder }: MessageFiles, faults: string[]): ResolvedOutbound['messages'] {
  const wrong = [
    ...base === undefined ? [] : outboundTableFaults(base, true).map((fault) => `outbound/messages/${name}.json: ${fault}`),
    ...own === undefined ? [] : outboundTableFaults(own, base === undefined).map((fault) => `${folder}/messages/${name}.json: ${fault}`)
  ]
  faults.push(...wrong)
  const table: unknown = { ...isObject(base) ? base : {}, ...isObject(own) ? own : {} }
  return wrong.length === 0 && isOutboundTable(table) ? [{ name, table }] : []
}
