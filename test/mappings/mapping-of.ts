import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { loadMappings } from '../../app/load-mappings.ts'
import { compileSite, type Mapped, type MappingContext, type SiteMapping, type TableFiles } from '../../mappings/index.ts'

const sources = await loadMappings('mappings')

/** The base tables with what a test puts over them, as a site would. */
export function mappingOf (over: Partial<TableFiles> = {}): SiteMapping {
  return compileSite({ ...sources, sites: { trial: { messages: {}, segments: {}, codeTables: {}, ...over } } }, 'trial')
}

export const context: MappingContext = {
  hospitalId: 'h1',
  stableId: (_hospitalId, kind, name) => `${kind}-${name}`,
  zone: 'Asia/Shanghai',
  receivedAt: new Date('2026-01-05T00:00:00Z'),
  source: 'm1'
}

const base = mappingOf()

export function header (type: string, controlId = '1'): string {
  return `MSH|^~\\&|HIS|H1|YIQIAO|Y|20260105083000||${type}|${controlId}|P|2.5.1`
}

export function map (lines: readonly string[], over: { readonly mapping?: SiteMapping, readonly context?: Partial<MappingContext> } = {}): Mapped {
  return (over.mapping ?? base).map(parseMessage(lines.join('\r')), { ...context, ...over.context })
}

/** The resources of one type that a message makes. */
export function resources (type: string, lines: readonly string[], mapping: SiteMapping = base): readonly Record<string, unknown>[] {
  return map(lines, { mapping }).changes.map(({ resource }) => resource as Record<string, unknown>).filter(({ resourceType }) => resourceType === type)
}

export function resource (type: string, lines: readonly string[], mapping: SiteMapping = base): Record<string, unknown> {
  const [first] = resources(type, lines, mapping)
  if (first === undefined) throw new Error(`the message makes no ${type}`)
  return first
}
