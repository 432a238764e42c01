import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { InboxStore } from './ports.ts'

export interface SkipMessage {
  readonly id: string
  /** Token id or name of the operator. */
  readonly actor: string
  readonly reason: string
}

/** An operator decides that a dead letter or a conflict has no effect. Skipping twice is skipping once. */
export async function skipMessage ({ inTransaction, clock }: { readonly inTransaction: InTransaction<{ inbox: InboxStore }>, readonly clock: Clock }, { id, actor, reason }: SkipMessage): Promise<void> {
  await inTransaction(async ({ inbox }) => {
    const [message] = await inbox.load([id])
    if (message === undefined) throw new DomainError('MESSAGE_NOT_FOUND', 'There is no message with this id. Look it up in the list of messages.')
    if (message.status === 'skipped') return
    if (!await inbox.markSkipped(id, { at: clock.now(), actor, reason })) {
      throw new DomainError('MESSAGE_NOT_REPAIRABLE', `Only a dead letter or a conflict can be skipped; this message is ${message.status}.`)
    }
  })
}
