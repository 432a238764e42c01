import type { InTransaction } from '../unit-of-work.ts'
import type { ApplyMessage } from './apply-messages.ts'
import type { Failure } from './message.ts'
import type { InboxStore, MessageFilter } from './ports.ts'
import { messagesToReplay } from './replay-messages.ts'
import { failureOf } from './retry.ts'

/** Wraps the stores of a transaction so that `changes` tells what was written through them, e.g. entries and record versions. */
export type RecordChanges<Stores, Change> = (stores: Stores) => { readonly stores: Stores, readonly changes: () => readonly Change[] }

interface TryReplayDeps<Stores extends { readonly inbox: InboxStore }, Change> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly apply: ApplyMessage<Stores>
  readonly recordChanges: RecordChanges<Stores, Change>
}

/** What the replay of one message would do now. */
export interface TriedReplay<Change> {
  readonly original: string
  readonly produced: readonly string[]
  readonly notes: readonly string[]
  /** Empty: it would change nothing. */
  readonly changes: readonly Change[]
  readonly failure: Failure | null
}

/** Each takes the writer for a moment while messages come in, so a dry run is for a look, not for a night's work. */
const mostTried = 200

/**
 * The dry run of replayMessages: applies each message in a transaction that is rolled back, each against what stands
 * now. So of two messages that build on each other the later one may show more than a real replay would change.
 */
export async function tryReplay<Stores extends { readonly inbox: InboxStore }, Change> (deps: TryReplayDeps<Stores, Change>, filter: MessageFilter): Promise<ReadonlyArray<TriedReplay<Change>>> {
  const chosen = await deps.inReading(({ inbox }) => messagesToReplay(inbox, filter, mostTried))
  const tried: Array<TriedReplay<Change>> = []
  for (const { id } of chosen) tried.push(await tryOne(deps, id))
  return tried
}

async function tryOne<Stores extends { readonly inbox: InboxStore }, Change> ({ inTransaction, apply, recordChanges }: TryReplayDeps<Stores, Change>, id: string): Promise<TriedReplay<Change>> {
  const outcome: { tried: TriedReplay<Change> } = { tried: { original: id, produced: [], notes: [], changes: [], failure: null } }
  const rollBack = new Error('a dry run ends here')
  try {
    await inTransaction(async (stores) => {
      const [message] = await stores.inbox.load([id])
      if (message === undefined) throw rollBack
      const recorded = recordChanges(stores)
      const { produced, notes } = await apply(recorded.stores, message)
      outcome.tried = { ...outcome.tried, produced, notes, changes: recorded.changes() }
      throw rollBack
    })
  } catch (error) {
    if (error !== rollBack) return { ...outcome.tried, failure: failureOf(error) }
  }
  return outcome.tried
}
