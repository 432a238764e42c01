import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { MappingError, type MappingContext } from '../../mappings/index.ts'
import { compileR4, type ElementTable } from '../../mappings/r4/index.ts'
import { context, mappingOf } from './mapping-of.ts'

const samples = process.env['SAMPLES_DIR']
const checkR4 = compileR4(JSON.parse(readFileSync('mappings/r4/elements.json', 'utf8')) as ElementTable)

interface Tally {
  mapped: number
  refused: number
  unknown: number
  readonly faults: string[]
}

/** Files may hold several messages. */
function messagesOf (directory: string): ReadonlyArray<readonly [file: string, text: string]> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(hl7|txt)$/.test(file)).sort()
  return files.flatMap((file) => readFileSync(join(directory, file), 'utf8').split(/(?=^MSH)/m).filter((text) => text.startsWith('MSH')).map((text) => [file, text] as const))
}

function tally (messages: ReturnType<typeof messagesOf>, over: Partial<MappingContext>): Tally {
  const mapping = mappingOf()
  const counts: Tally = { mapped: 0, refused: 0, unknown: 0, faults: [] }
  for (const [file, text] of messages) {
    try {
      const { header, changes } = mapping.map(parseMessage(text), { ...context, stableId: plainId, ...over })
      counts.mapped++
      for (const resource of [header, ...changes.map((change) => change.resource)]) counts.faults.push(...checkR4(resource).map(({ path, text }) => `${file}: ${path} ${text}`))
    } catch (error) {
      if (!(error instanceof MappingError)) throw error
      if (error.code === 'MESSAGE_TYPE_UNKNOWN') counts.unknown++
      else counts.refused++
    }
  }
  return counts
}

/** FHIR ids allow letters, digits, dash and dot only. */
function plainId (_hospitalId: string, kind: string, name: string): string {
  return `${kind}-${Buffer.from(name).toString('hex').slice(0, 40)}`
}

t.test('public messages', { skip: samples === undefined && 'SAMPLES_DIR is not set' }, async (t) => {
  const messages = messagesOf(join(samples ?? '', 'hl7v2'))
  t.test('to be stored → are mapped to valid R4 or refused with a reason', async (t) => {
    const { mapped, refused, unknown, faults } = tally(messages, {})
    t.strictSame(faults, [])
    t.comment(`${mapped} mapped, ${refused} refused (most without a patient number), ${unknown} of types without a table`)
    t.ok(mapped > 100)
  })
  t.test('to be converted only → nearly all are', async (t) => {
    const { mapped, refused, faults } = tally(messages, { isConversion: true })
    t.strictSame(faults, [])
    t.comment(`${mapped} mapped, ${refused} refused`)
    t.ok(mapped / (mapped + refused) > 0.9)
  })
})
