import { createHash } from 'node:crypto'
import { compileCodeTable, type CodeTable } from './code-tables.ts'
import { compileOutboundMessage, type WriteSegments } from './compile-outbound-message.ts'
import { MappingError } from './mapping-error.ts'
import type { OutboundSegment } from './outbound-content.ts'
import { placeOfRow, type OutboundRow, type ResolvedOutbound } from './outbound-row.ts'
import type { OutboundBundle, OutboundEnvelope, OutboundRun } from './outbound-run.ts'
import { makePrinters } from './printers/index.ts'
import { resolveOutbound } from './resolve-outbound.ts'
import type { MappingSources } from './tables.ts'
import { zoneOf, type Zone } from './time.ts'

/** How far the records go that a message may name: from the focus, and from those that it names. */
export const relatedLimits = { levels: 2, records: 200 } as const

/** Compiled outbound tables of one site: FHIR R4 → HL7 v2. */
export interface OutboundMapping {
  readonly site: string
  /** Changes whenever a table changes. */
  readonly version: string
  /** `ADT^A31`, … that can be written of a record of this type. */
  readonly messagesOf: (resourceType: string) => readonly string[]
  /**
   * References that the message would follow and `related` does not answer: load them and ask again, at most
   * `relatedLimits.levels` times; what is still missing goes without.
   */
  readonly neededReferences: (message: string, bundle: OutboundBundle) => readonly string[]
  /** Throws MappingError, with the FHIR element as place; never anything else. */
  readonly write: (message: string, bundle: OutboundBundle, envelope: OutboundEnvelope) => WrittenMessage
}

export interface WrittenMessage {
  readonly segments: readonly OutboundSegment[]
  /** What no row wrote, e.g. `Patient.photo: no row`. Elements, never values. */
  readonly notes: readonly string[]
}

interface Compiled {
  readonly structure: string
  readonly focus: string
  readonly segments: WriteSegments
}

/** Compiles a site's tables once, at start. Throws one Error whose message lists every fault, a line each. */
export function compileOutbound (sources: Pick<MappingSources, 'outbound' | 'sites'>, site: string): OutboundMapping {
  if (sources.sites[site] === undefined) throw new MappingError('MAPPING_SITE_UNKNOWN', `no site "${site}": there is no folder sites/${site}`)
  const { mapping, faults } = checkOutbound(sources, site)
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return mapping
}

/** The same, for those who print faults: `mapping` is to be used only where there are none. */
export function checkOutbound (sources: Pick<MappingSources, 'outbound' | 'sites'>, site: string): { readonly mapping: OutboundMapping, readonly resolved: ResolvedOutbound, readonly faults: readonly string[] } {
  const { resolved, faults } = resolveOutbound(sources, site)
  const found = [...faults]
  const byMessage = compileMessages(resolved, found)
  const version = createHash('sha256').update(JSON.stringify([resolved.messages, [...resolved.segments], [...resolved.codeTables]])).digest('hex').slice(0, 16)
  return { mapping: { site, version, ...mappingOf(byMessage) }, resolved, faults: [...new Set(found)] }
}

function compileMessages (resolved: ResolvedOutbound, faults: string[]): ReadonlyMap<string, Compiled> {
  const codeTables = new Map<string, CodeTable>([...resolved.codeTables].map(([name, file]) => [name, compileCodeTable(file, (other) => resolved.codeTables.get(other))]))
  const places = new Map<OutboundRow, string>([...resolved.segments.values()].flatMap((rows) => rows.map(({ row, origin }) => [row, placeOfRow(row, origin)] as const)))
  const printers = makePrinters((name) => {
    const table = codeTables.get(name)
    if (table === undefined) faults.push(`no outbound table "${name}", which a data type needs`)
    return table ?? { name, find: () => undefined }
  })
  const byMessage = new Map<string, Compiled>()
  for (const { name, table } of resolved.messages) {
    const segments = compileOutboundMessage(table, {
      printers,
      codeTables,
      segments: resolved.segments,
      fault: (row, why) => { faults.push(`${places.get(row) ?? name}: ${why}`) },
      tableFault: (why) => { faults.push(`outbound/messages/${name}.json: ${why}`) }
    })
    for (const message of table.writes) {
      const key = keyOf(message, table.focus)
      if (byMessage.has(key)) faults.push(`outbound/messages/${name}.json: ${key} is written by another table too`)
      byMessage.set(key, { structure: table.structure, focus: table.focus, segments })
    }
  }
  return byMessage
}

function keyOf (message: string, focus: string): string {
  return `${message} of ${focus}`
}

function mappingOf (byMessage: ReadonlyMap<string, Compiled>): Pick<OutboundMapping, 'messagesOf' | 'neededReferences' | 'write'> {
  const zones = new Map<string, Zone>()
  const zoneNamed = (name: string): Zone => {
    const known = zones.get(name) ?? zoneOf(name)
    zones.set(name, known)
    return known
  }
  function run (message: string, bundle: OutboundBundle, using: Omit<OutboundRun, 'header' | 'offsetAt'>): readonly OutboundSegment[] {
    const compiled = byMessage.get(keyOf(message, bundle.focus.resourceType))
    if (compiled === undefined) throw new MappingError('MESSAGE_TYPE_UNKNOWN', `No outbound table writes ${message} of a ${bundle.focus.resourceType}; add one, or choose another message for the destination.`, bundle.focus.resourceType)
    const [code, trigger] = message.split('^')
    const zone = zoneNamed(using.envelope.zone)
    return compiled.segments(bundle.focus, {
      ...using,
      header: { code, trigger, structure: compiled.structure },
      offsetAt: (utcMs) => zone(utcMs + zone(utcMs) * 60_000)
    })
  }
  return {
    messagesOf: (resourceType) => [...byMessage].filter(([, { focus }]) => focus === resourceType).map(([key]) => key.split(' of ')[0] ?? ''),
    neededReferences: (message, bundle) => {
      const needed = new Set<string>()
      const related: OutboundBundle['related'] = (reference) => {
        const record = bundle.related(reference)
        if (record === undefined) needed.add(reference)
        return record
      }
      run(message, bundle, { envelope: nobody, related, note: () => {}, refuse: () => {} })
      return [...needed].slice(0, relatedLimits.records)
    },
    write: (message, bundle, envelope) => {
      const notes = new Set<string>()
      const segments = run(message, bundle, { envelope, related: bundle.related, note: (text) => { notes.add(text) }, refuse: (error) => { throw error } })
      return { segments, notes: [...notes] }
    }
  }
}

/** Which records a message names does not depend on who gets it. */
const nobody: OutboundEnvelope = { controlId: '', at: new Date(0), sendingApplication: '', sendingFacility: '', receivingApplication: '', receivingFacility: '', version: '2.5.1', processingId: 'P', zone: 'UTC', hospitalId: '' }
