import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { decodeText, encodeText, parseMessage, readHeader } from '../../adapters/hl7v2/index.ts'
import { MappingError, type Mapped, type MappingContext } from '../../mappings/index.ts'
import { compileR4, type ElementTable } from '../../mappings/r4/index.ts'
import { context, mappingOf } from './mapping-of.ts'

const samples = process.env['SAMPLES_DIR']
const committed = 'test/mappings/corpus-counts.md'
const checkR4 = compileR4(JSON.parse(readFileSync('mappings/r4/elements.json', 'utf8')) as ElementTable)
const mapping = mappingOf()

interface Sample {
  readonly file: string
  readonly text: string
  readonly charset: string
}

/** Every file of messages with each message in it; the files beside them hold what other converters made of theirs. */
function samplesIn (directory: string): { readonly messages: readonly Sample[], readonly empty: readonly string[], readonly broken: readonly string[] } {
  const messages: Sample[] = []
  const [empty, broken]: [string[], string[]] = [[], []]
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(hl7|txt)$/.test(file)).sort()) {
    const bytes = readFileSync(join(directory, file))
    const charset = readHeader(bytes, 'utf8')?.charset ?? 'utf8'
    const text = decodeText(bytes, charset)
    if (!encodeText(text, charset).equals(bytes)) broken.push(file)
    const found = messagesIn(text)
    if (found.length === 0) empty.push(file)
    messages.push(...found.map((each) => ({ file, text: each, charset })))
  }
  return { messages, empty, broken }
}

/** `[SOM]` stands for the first byte of a frame in one of the files. */
function messagesIn (text: string): readonly string[] {
  return text.split(/(?=^(?:\uFEFF|\[SOM\])?MSH[^A-Za-z0-9])/m).map((part) => part.replace(/^\[SOM\]/, '')).filter((part) => /^\uFEFF?MSH/.test(part))
}

/** Read and printed, changed and changed back: the same text. */
function isRoundTripped ({ text, charset }: Sample): boolean {
  const message = parseMessage(text, charset)
  const controlId = message.get('MSH-10')
  if (typeof controlId !== 'string') return message.print() === text
  const changed = parseMessage(message.set('MSH-10', 'ROUND-TRIP').print(), charset)
  return changed.get('MSH-10') === 'ROUND-TRIP' && changed.set('MSH-10', controlId).print() === text
}

function convert ({ text, charset }: Sample, over: Partial<MappingContext>): Mapped | MappingError {
  try {
    return mapping.map(parseMessage(text, charset), { ...context, stableId: plainId, ...over })
  } catch (error) {
    if (error instanceof MappingError) return error
    throw error
  }
}

/** FHIR ids allow letters, digits, dash and dot only. */
function plainId (_hospitalId: string, kind: string, name: string): string {
  return `${kind}-${Buffer.from(name).toString('hex').slice(0, 40)}`
}

const reasons: Readonly<Record<string, string>> = {
  MAPPING_VALUE_MISSING: 'has no source in the message, and R4 requires it',
  MAPPING_CODE_UNKNOWN: 'has a code that no HL7 table has; a site would add it to its own'
}

interface Count {
  readonly files: Set<string>
  messages: number
  roundTripped: number
  converted: number
  valid: number
  stored: number
  readonly resources: Map<string, number>
}

interface Counted {
  readonly byType: ReadonlyMap<string, Count>
  readonly faults: readonly string[]
  readonly refused: readonly string[]
  readonly notStored: ReadonlyMap<string, number>
}

function count (messages: readonly Sample[]): Counted {
  const byType = new Map<string, Count>()
  const [faults, refused]: [string[], string[]] = [[], []]
  const notStored = new Map<string, number>()
  for (const sample of messages) {
    const message = parseMessage(sample.text, sample.charset)
    const type = `${message.get('MSH-9.1') ?? ''}^${message.get('MSH-9.2') ?? ''}`
    const counted = byType.get(type) ?? { files: new Set(), messages: 0, roundTripped: 0, converted: 0, valid: 0, stored: 0, resources: new Map<string, number>() }
    byType.set(type, counted)
    counted.files.add(sample.file)
    counted.messages++
    if (isRoundTripped(sample)) counted.roundTripped++
    const converted = convert(sample, { isConversion: true })
    if (converted instanceof MappingError) refused.push(`${sample.file}: ${converted.place ?? 'the message'} ${reasons[converted.code] ?? converted.code}`)
    else {
      counted.converted++
      const found = [converted.header, ...converted.changes.map(({ resource }) => resource)].flatMap((resource) => checkR4(resource).map(({ path, text }) => `${sample.file}: ${path} ${text}`))
      if (found.length === 0) counted.valid++
      faults.push(...found)
      for (const { resource: { resourceType } } of converted.changes) counted.resources.set(resourceType, (counted.resources.get(resourceType) ?? 0) + 1)
    }
    const stored = convert(sample, {})
    if (stored instanceof MappingError) notStored.set(`${stored.code} at ${stored.place ?? '?'}`, (notStored.get(`${stored.code} at ${stored.place ?? '?'}`) ?? 0) + 1)
    else {
      counted.stored++
      faults.push(...stored.changes.flatMap(({ resource }) => checkR4(resource).map(({ path, text }) => `${sample.file}, stored: ${path} ${text}`)))
    }
  }
  return { byType, faults, refused, notStored }
}

function table ({ byType, refused, notStored }: Counted, empty: readonly string[]): string {
  const rows = [...byType].sort(([one], [other]) => one < other ? -1 : 1).map(([type, { files, messages, roundTripped, converted, valid, stored, resources }]) =>
    [type, files.size, messages, roundTripped, converted, valid, stored, [...resources].sort(([one], [other]) => one < other ? -1 : 1).map(([name, times]) => `${name} ${times}`).join(', ')])
  const sum = (of: (each: Count) => number): number => [...byType.values()].reduce((all, each) => all + of(each), 0)
  const total = ['all', sum(({ files }) => files.size), sum(({ messages }) => messages), sum(({ roundTripped }) => roundTripped), sum(({ converted }) => converted), sum(({ valid }) => valid), sum(({ stored }) => stored), '']
  return [
    '# Public messages, counted',
    '',
    'Made and compared by corpus.test.ts (`SAMPLES_DIR` set; `WRITE_COUNTS=1` writes it anew). Round-tripped: read and printed, changed and changed back, byte for byte. Converted: without anything stored, as `$convert-data` does. Valid: all that came of it is valid FHIR R4 by mappings/r4. Storable: the base tables would take it in; nearly all others give their patient no number.',
    '',
    '| Type | Files | Messages | Round-tripped | Converted | Valid R4 | Storable | Resources made |',
    '| --- | --: | --: | --: | --: | --: | --: | --- |',
    ...[...rows, total].map((cells) => `| ${cells.join(' | ')} |`),
    '',
    '## Not converted',
    '',
    ...refused.map((line) => `- ${line}`),
    '',
    '## No message in the file',
    '',
    ...empty.map((line) => `- ${line}`),
    '',
    '## Converted, but not storable',
    '',
    ...[...notStored].sort(([one], [other]) => one < other ? -1 : 1).map(([why, times]) => `- ${times}: ${why}`),
    ''
  ].join('\n')
}

t.test('every public message', { skip: samples === undefined && 'SAMPLES_DIR is not set' }, async (t) => {
  const { messages, empty, broken } = samplesIn(join(samples ?? '', 'hl7v2'))
  const counted = count(messages)
  const found = table(counted, empty)
  if (process.env['WRITE_COUNTS'] === '1') writeFileSync(committed, found)
  t.strictSame(broken, [], 'is decoded and encoded byte for byte')
  t.strictSame(counted.faults, [], 'becomes valid R4')
  t.strictSame(found.split('\n'), readFileSync(committed, 'utf8').split('\n'), `is counted in ${committed}`)
})
