import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { InboxStore } from './ports.ts'
import { replayOf, type DescribeMessage } from './replay.ts'

interface FixMessageDeps {
  readonly inTransaction: InTransaction<{ inbox: InboxStore }>
  readonly clock: Clock
  readonly ids: Ids
  readonly describe: DescribeMessage
  /** Wakes the applier. */
  readonly notify: () => void
}

export interface FixMessage {
  readonly id: string
  /** The corrected bytes, in the character set of the source. */
  readonly raw: Uint8Array
  readonly actor: string
  readonly reason: string
}

/**
 * An operator corrects a dead letter or a conflict: the corrected bytes become a new message, the original is skipped
 * and names it. The same correction twice is one message; another one after it is refused.
 */
export async function fixMessage ({ inTransaction, clock, ids, describe, notify }: FixMessageDeps, { id, raw, actor, reason }: FixMessage): Promise<{ readonly id: string }> {
  const fixedId = await inTransaction(async ({ inbox }) => {
    const [original] = await inbox.load([id])
    if (original === undefined) throw new DomainError('MESSAGE_NOT_FOUND', 'There is no message with this id. Look it up in the list of messages.')
    const description = describe({ source: original.source, format: original.format, raw })
    if (description.parked !== null) {
      throw new DomainError('MESSAGE_MALFORMED', 'The corrected message still cannot be read. Check its header and character set.', description.parked.place ?? undefined)
    }
    const at = clock.now()
    const dedupeKey = `fix:${original.id}:${description.contentHash}`
    const [receipt] = await inbox.receive([replayOf(original, { raw, description, dedupeKey, ids, receivedAt: at })])
    if (receipt === undefined) throw new Error('the inbox answered nothing for a message')
    if (receipt.kind === 'stored' && !await inbox.markSkipped(original.id, { at, actor, reason: `fixed as ${receipt.id}: ${reason}` })) {
      throw new DomainError('MESSAGE_NOT_REPAIRABLE', `Only a dead letter or a conflict can be fixed; this message is ${original.status}.`)
    }
    return receipt.id
  })
  notify()
  return { id: fixedId }
}
