import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { RecordStore, RecordVersion, Resource } from '../records/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { Destination } from './destination.ts'
import { controlIdOf, type Composed, type OutboundMessage } from './outbound-message.ts'
import type { OutboundStore, WriteOutbound } from './ports.ts'

export interface ComposeDeps {
  readonly inTransaction: InTransaction<{ outbound: OutboundStore }>
  readonly inReading: InTransaction<{ outbound: OutboundStore, records: Pick<RecordStore, 'version' | 'current'> }>
  /** Business time. */
  readonly clock: Clock
  readonly write: WriteOutbound
  /** Nobody needs to hear it any more, as a request that ended before it could be sent: it is skipped. */
  readonly isMoot?: (message: OutboundMessage) => Promise<boolean>
  /** An attempt has failed, with this code: whoever waits for the effect may know. */
  readonly undelivered?: (message: OutboundMessage, code: string) => Promise<void>
}

/** A report's observations, their patient, its visit: more is not one message any more. */
const mostRelated = 200
/** A visit names its doctor's role, the role names the doctor. */
const depth = 2
const mostBytes = 16 * 1024 * 1024

/** The text of a message: that of the first time, or written now and kept before anybody may send it. */
export async function composeOutbound (deps: ComposeDeps, destination: Destination, message: OutboundMessage): Promise<Composed> {
  if (message.composed !== null) return message.composed
  const { focus, before, related } = await deps.inReading(({ records }) => loadRecords(records, message.record))
  const composedAt = deps.clock.now()
  const controlId = controlIdOf(message.id, message.revision)
  const written = deps.write({ destination, message: message.message, focus, before, related, controlId, at: composedAt })
  if (written.content.length > mostBytes) throw new DomainError('MESSAGE_TOO_LARGE', 'A message to a destination has at most 16 MB. Send the document another way.')
  return deps.inTransaction(({ outbound }) => outbound.keep(message.id, { ...written, controlId, composedAt }))
}

interface Loaded {
  readonly focus: RecordVersion
  readonly before: RecordVersion | null
  readonly related: readonly RecordVersion[]
}

async function loadRecords (records: Pick<RecordStore, 'version' | 'current'>, { type, id, version }: OutboundMessage['record']): Promise<Loaded> {
  const focus = await records.version({ type, id, version })
  if (focus === null) throw new DomainError('RECORD_NOT_FOUND', 'The version of the record that is to be told is not there any more. Skip the message.')
  const before = version <= 1 ? null : await records.version({ type, id, version: version - 1 })
  const related: RecordVersion[] = []
  const seen = new Set([`${type}/${id}`])
  let last: readonly RecordVersion[] = [focus]
  for (let level = 0; level < depth && last.length > 0; level++) {
    const keys = [...new Set(last.flatMap(({ resource }) => referencesIn(resource)))].filter((key) => !seen.has(key)).slice(0, mostRelated - related.length)
    for (const key of keys) seen.add(key)
    last = keys.length === 0 ? [] : await records.current(keys.map((key) => ({ type: key.slice(0, key.indexOf('/')), id: key.slice(key.indexOf('/') + 1) })))
    related.push(...last)
  }
  return { focus, before, related }
}

/** Large attachments are kept as a Binary of their own. */
const references: Readonly<Record<string, RegExp>> = { reference: /^[A-Z][A-Za-z]+\/[^/]+$/, url: /^Binary\/[^/]+$/ }

/** `Type/id` of every literal reference to a record, in the order of the resource. */
function referencesIn (value: Resource): readonly string[] {
  const found: string[] = []
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(visit)
    else if (typeof part === 'object' && part !== null) {
      for (const [name, child] of Object.entries(part)) {
        if (typeof child === 'string' && references[name]?.test(child) === true) found.push(child)
        else visit(child)
      }
    }
  }
  visit(value)
  return found
}
