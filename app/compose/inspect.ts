import { parseMessage } from '../../adapters/hl7v2/index.ts'
import type { MappedNow, MessageDetailsRoutesDeps, MessageEffects, MessageTree } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { failureOf, timelineOf, type StoredMessage } from '../../core/inbox/index.ts'
import type { Mapped } from '../../mappings/index.ts'
import type { Composed } from './compose.ts'
import { readText } from './repair.ts'

/** A picture as base64 would fill the page; its first characters tell what it is. */
const longestText = 2_000
const mostFields = 5_000
const mostReplays = 100

/** All that can be told of one message. */
export function inspectWith (parts: Pick<Composed, 'store' | 'translate'>): MessageDetailsRoutesDeps['messageDetails'] {
  return (id) => parts.store.inReading(async (stores) => {
    const [message] = await stores.inbox.load([id])
    if (message === undefined) return null
    const replays = await stores.inbox.list({ replayOf: id }, { limit: mostReplays, before: null })
    return { message, tree: treeOf(message), mapped: await mappedNow(parts, stores, message), effects: await effectsOf(stores, message), timeline: timelineOf(message, replays) }
  })
}

function treeOf (message: StoredMessage): MessageTree {
  const text = readText(message)
  if (text === null) return { kind: 'unreadable', reason: 'Its bytes cannot be decoded with the character set that it names.' }
  if (message.format !== 'hl7v2') return jsonTree(text)
  const left = { fields: mostFields }
  const segments = parseMessage(text, message.charset).segments.map((segment) => ({ name: segment.name, fields: fieldsOf(segment, left) }))
  return { kind: 'segments', segments }
}

function jsonTree (text: string): MessageTree {
  try {
    return { kind: 'json', json: JSON.parse(text, (_key, value: unknown) => typeof value === 'string' ? shortened(value) : value) as unknown }
  } catch {
    return { kind: 'unreadable', reason: 'It is no JSON.' }
  }
}

type Segment = ReturnType<typeof parseMessage>['segments'][number]

const mostNumber = 200

/** `PID-3[2]` for the second repetition; components stand as the sender wrote them. */
function fieldsOf (segment: Segment, left: { fields: number }): ReadonlyArray<{ readonly path: string, readonly text: string }> {
  const fields: Array<{ readonly path: string, readonly text: string }> = []
  for (let number = 1; number <= mostNumber && left.fields > 0; number++) {
    const raw = segment.raw(number)
    if (raw === '') continue
    left.fields -= 1
    fields.push({ path: `${segment.name}-${number}`, text: shortened(raw) })
  }
  return fields
}

function shortened (text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}… (${text.length})`
}

async function mappedNow ({ translate }: Pick<Composed, 'translate'>, stores: Stores, message: StoredMessage): Promise<MappedNow> {
  try {
    // Looking takes nothing in.
    const remoteIds = { ...stores.remoteIds, add: async () => undefined, saveStatement: async () => undefined }
    const mapped: Mapped = await translate(message, { ...stores, remoteIds })
    return { resources: mapped.changes.map(({ resource }) => resource), notes: mapped.notes, unmapped: mapped.unmapped, mappingVersion: mapped.version, failure: null }
  } catch (error) {
    return { resources: [], notes: [], unmapped: [], mappingVersion: null, failure: failureOf(error) }
  }
}

const historyLooked = 200

/** Versions that name the message as their source, and the entries that follow from its charges. */
async function effectsOf ({ records, ledger }: Stores, message: StoredMessage): Promise<MessageEffects> {
  const versions: Array<MessageEffects['records'][number]> = []
  const entries: Array<MessageEffects['entries'][number]> = []
  for (const record of message.produced) {
    const [type = '', id = ''] = record.split('/')
    const history = await records.history({ type, id }, { limit: historyLooked, offset: 0 })
    versions.push({ record, version: history.find(({ source }) => source === message.id)?.version ?? null })
    for (const kind of type === 'ChargeItem' ? ['charge', 'credit', 'adjustment'] : type === 'PaymentNotice' ? ['payment'] : []) {
      const entry = await ledger.bySourceKey(`${kind}:${id}`)
      if (entry !== null) entries.push({ sourceKey: entry.sourceKey, entryId: entry.id })
    }
  }
  return { records: versions, entries }
}
