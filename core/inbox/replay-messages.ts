import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { StoredMessage } from './message.ts'
import type { InboxStore, MessageFilter, MessageSummary } from './ports.ts'
import { replayOf, type DescribeMessage, type Description } from './replay.ts'

interface ReplayMessagesDeps {
  readonly inTransaction: InTransaction<{ inbox: InboxStore }>
  readonly inReading: InTransaction<{ inbox: InboxStore }>
  readonly clock: Clock
  readonly ids: Ids
  readonly describe: DescribeMessage
  /** Wakes the applier. */
  readonly notify: () => void
}

export interface ReplayMessages {
  /** Which messages: by id, source, type, time, lane (patient) or produced record. */
  readonly filter: MessageFilter
  /** The operator's name for this replay: the same request twice makes each replay once. */
  readonly requestId: string
  readonly actor: string
}

interface Replayed {
  readonly original: string
  readonly id: string
}

/** More would be one request for hours; the operator narrows the range. */
const mostMessages = 10_000
const perTransaction = 50

/**
 * Applies messages again, through new messages that are linked to the originals. Effects have keys of their own, so
 * what took effect before changes nothing; a dead letter or a conflict is closed by its replay. Messages that wait in
 * the queue, that an operator skipped, or that cannot be repaired this way are left out.
 */
export async function replayMessages (deps: ReplayMessagesDeps, command: ReplayMessages): Promise<readonly Replayed[]> {
  const chosen = await deps.inReading(({ inbox }) => messagesToReplay(inbox, command.filter, mostMessages))
  const replayed: Replayed[] = []
  const refusals: DomainError[] = []
  for (let from = 0; from < chosen.length; from += perTransaction) {
    const ids = chosen.slice(from, from + perTransaction).map(({ id }) => id)
    replayed.push(...await deps.inTransaction(async ({ inbox }) => replayGroup(deps, inbox, describeAll(deps, await inbox.load(ids), refusals), command)))
    deps.notify()
  }
  const [refusal] = refusals
  if (refusal !== undefined && replayed.length === 0) throw refusal
  return replayed
}

interface Described {
  readonly original: StoredMessage
  readonly description: Description
}

/** One that cannot be replayed (its source is gone, or it was posted and answered) does not hold up the others. */
function describeAll ({ describe }: ReplayMessagesDeps, originals: readonly StoredMessage[], refusals: DomainError[]): readonly Described[] {
  return originals.flatMap((original) => {
    try {
      return [{ original, description: describe(original) }]
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'MESSAGE_NOT_REPAIRABLE') throw error
      refusals.push(error)
      return []
    }
  })
}

async function replayGroup (deps: ReplayMessagesDeps, inbox: InboxStore, described: readonly Described[], { requestId, actor }: ReplayMessages): Promise<readonly Replayed[]> {
  const at = deps.clock.now()
  const receipts = await inbox.receive(described.map(({ original, description }) => replayOf(original, {
    raw: original.raw,
    description,
    dedupeKey: `replay:${original.id}:${requestId}`,
    ids: deps.ids,
    receivedAt: at
  })))
  const replayed: Replayed[] = []
  for (const [place, { original }] of described.entries()) {
    const receipt = receipts[place]
    if (receipt === undefined) continue
    replayed.push({ original: original.id, id: receipt.id })
    if (original.status === 'dead' || original.status === 'conflict') await inbox.markSkipped(original.id, { at, actor, reason: `replayed as ${receipt.id}` })
  }
  return replayed
}

/** In the order they came; of messages with the same bytes (an original and its replays) the oldest alone. */
export async function messagesToReplay (inbox: InboxStore, filter: MessageFilter, most: number): Promise<readonly MessageSummary[]> {
  const found: MessageSummary[] = []
  for (let before: number | null = null; ;) {
    const page: readonly MessageSummary[] = await inbox.list(filter, { limit: 500, before })
    found.push(...page.filter(({ status }) => status === 'applied' || status === 'dead' || status === 'conflict'))
    if (found.length > most) throw new DomainError('REQUEST_INVALID', `More than ${most} messages would be replayed. Narrow the filter, e.g. to a shorter time.`)
    before = page.at(-1)?.sequence ?? null
    if (page.length < 500 || before === null) break
  }
  const oldestFirst = found.reverse()
  if (oldestFirst.length === 0 && filter.ids !== undefined) throw new DomainError('MESSAGE_NOT_FOUND', refusalOfNone)
  const seen = new Set<string>()
  return oldestFirst.filter(({ source, contentHash }) => {
    const isNew = !seen.has(`${source} ${contentHash}`)
    seen.add(`${source} ${contentHash}`)
    return isNew
  })
}

const refusalOfNone = 'None of these messages can be replayed: they are unknown, wait in the queue, or were skipped.'
