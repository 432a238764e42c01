import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { decodeText, parseMessage, readHeader } from '../adapters/hl7v2/index.ts'
import { canonicalJson } from '../core/same-json.ts'
import type { SiteMapping } from '../mappings/index.ts'

/** A message of a site beside the whole changes that must come of it: sites/<site>/examples/NAME.hl7 and NAME.json. */
export interface MappingExample {
  readonly name: string
  readonly expected: unknown
  readonly found: unknown
  readonly isSame: boolean
}

/** Runs every pair of a site's folder; a message without its JSON, or one that is refused, differs. */
export async function runExamples (directory: string, mapping: SiteMapping): Promise<readonly MappingExample[]> {
  const files = (await readdir(directory).catch(() => [])).filter((file) => file.endsWith('.hl7')).sort()
  return Promise.all(files.map(async (file): Promise<MappingExample> => {
    const found = mapExample(await readFile(join(directory, file)), mapping)
    const expected: unknown = await readFile(join(directory, file.replace(/\.hl7$/, '.json')), 'utf8').then(JSON.parse, () => null)
    return { name: basename(file, '.hl7'), expected, found, isSame: canonicalJson(expected) === canonicalJson(found) }
  }))
}

/** Bytes as a sender sends them, read by their MSH-18. Line ends may be LF, so that examples can be read. */
function mapExample (bytes: Buffer, mapping: SiteMapping): unknown {
  const charset = readHeader(bytes, 'utf8')?.charset ?? 'utf8'
  const text = decodeText(bytes, charset)
  try {
    const { changes, notes } = mapping.map(parseMessage(text, charset), {
      hospitalId: mapping.site,
      stableId: readableId,
      zone: 'Asia/Shanghai',
      receivedAt: new Date('2026-01-05T12:00:00+08:00'),
      source: 'example'
    })
    const said = changes.map(({ resource, removed, weak, weakElements, asOf, patientId }) => ({ resource, removed, weak, ...weakElements === undefined ? {} : { weakElements }, asOf: asOf.toISOString(), patientId }))
    return JSON.parse(JSON.stringify({ changes: said, notes }))
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) }
  }
}

/** Examples are read by people, so ids show the key they are made of. */
function readableId (_hospitalId: string, kind: string, name: string): string {
  return `${kind}-${name}`.replaceAll(/[^A-Za-z0-9.-]/g, '.').slice(0, 64)
}
