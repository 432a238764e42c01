import { decodeText, encodeText, parseMessage, printSegments, readHeader } from '../../adapters/hl7v2/index.ts'
import type { Resource } from '../../core/records/index.ts'
import { loadMappings } from '../../app/load-mappings.ts'
import { compileOutbound, compileSite, type MappingSources, type OutboundEnvelope, type OutboundMapping, type SiteMapping, type TableFiles } from '../../mappings/index.ts'
import { context } from './mapping-of.ts'

const loaded = await loadMappings('mappings')
const nothing: TableFiles = { messages: {}, segments: {}, codeTables: {} }

/** The base tables with what a test puts over them, as a site would in its outbound/. */
export function sourcesOf (over: Partial<TableFiles> = {}): MappingSources {
  return { ...loaded, sites: { trial: { ...nothing, outbound: { ...nothing, ...over } } } }
}

const base = compileOutbound(sourcesOf(), 'trial')
const inbound: SiteMapping = compileSite(sourcesOf(), 'trial')

const envelope: OutboundEnvelope = {
  controlId: 'C1',
  at: new Date('2026-01-05T00:30:00Z'),
  sendingApplication: 'YIQIAO',
  sendingFacility: 'Y',
  receivingApplication: 'HIS',
  receivingFacility: 'H1',
  version: '2.5.1',
  processingId: 'P',
  zone: 'Asia/Shanghai',
  hospitalId: 'h1'
}

interface Sending {
  /** Records that may be referred to. */
  readonly related?: readonly Resource[]
  readonly envelope?: Partial<OutboundEnvelope>
  readonly mapping?: OutboundMapping
}

export function referenceOf ({ resourceType, id }: Resource): string {
  return `${resourceType}/${id ?? ''}`
}

function among (records: readonly Resource[]): (reference: string) => Resource | undefined {
  const byReference = new Map(records.map((record) => [referenceOf(record), record]))
  return (reference) => byReference.get(reference)
}

export function send (message: string, focus: Resource, { related = [], envelope: over = {}, mapping = base }: Sending = {}): { readonly text: string, readonly notes: readonly string[] } {
  const { segments, notes } = mapping.write(message, { focus, related: among(related) }, { ...envelope, ...over })
  return { text: printSegments(segments), notes }
}

/** The segments of one name, without the name. */
export function segmentsOf (name: string, message: string, focus: Resource, sending: Sending = {}): readonly string[] {
  return send(message, focus, sending).text.split('\r').filter((line) => line.startsWith(`${name}|`)).map((line) => line.slice(4))
}

export function needed (message: string, focus: Resource, related: readonly Resource[]): readonly string[] {
  return base.neededReferences(message, { focus, related: among(related) })
}

/** What a receiver with our own base tables makes of the bytes. */
export function readBack (text: string): readonly Resource[] {
  const charset = readHeader(Buffer.from(text, 'latin1'), 'utf8')?.charset ?? 'utf8'
  const read = decodeText(encodeText(text, charset), charset)
  return inbound.map(parseMessage(read, charset), context).changes.map(({ resource }) => resource)
}
