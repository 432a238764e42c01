import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { OutboxStore } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { OutboundMessage } from './outbound-message.ts'
import type { OutboundStore } from './ports.ts'
import { notFound } from './send-outbound.ts'

interface RepairDeps {
  readonly inTransaction: InTransaction<{ outbound: OutboundStore, outbox: Pick<OutboxStore, 'reopen' | 'dismiss' | 'markDead'> }>
  /** Business time. */
  readonly clock: Clock
  /** There is something to carry out. */
  readonly notify: () => void
  /** Whether anything carries messages there now. */
  readonly isConfigured: (destination: string) => boolean
}

export interface ResendOutbound {
  readonly id: string
  /** Writes it anew by today's tables, as another message with its own control id; else it is the same bytes again. */
  readonly isAnew: boolean
  /** Token id of the operator. */
  readonly actor: string
}

export interface SkipOutbound {
  readonly id: string
  readonly reason: string
  readonly actor: string
}

/**
 * Sends again what is dead, was skipped or was sent. It takes the place in the queue that it had. What never arrived is
 * refused once the destination has a newer version of the record: it would be put back to what it was.
 */
export async function resendOutbound ({ inTransaction, clock, notify }: RepairDeps, { id, isAnew, actor }: ResendOutbound): Promise<void> {
  await inTransaction(async ({ outbound, outbox }) => {
    await refuseSuperseded(outbound, await load(outbound, id))
    if (!await outbox.reopen(id)) throw new DomainError('OUTBOUND_NOT_REPAIRABLE', 'It still waits to be sent; see its last failure. Pause or mend the destination instead.')
    await outbound.again(id, { isAnew, actor, at: clock.now() })
  })
  notify()
}

async function refuseSuperseded (outbound: OutboundStore, { destination, message, record: { type, id, version }, state }: OutboundMessage): Promise<void> {
  if (state !== 'dead' && state !== 'skipped') return
  const [newest] = await outbound.list({ destination, record: `${type}/${id}`, state: 'sent', ...(message === null ? {} : { message }) }, { limit: 1, before: null })
  if (newest !== undefined && newest.record.version > version) {
    throw new DomainError('OUTBOUND_NOT_REPAIRABLE', 'The destination has a newer version of this record, which this one would undo. Skip it, or send the newest one again.')
  }
}

/**
 * An operator decides that a dead message is not needed, or one that waits for a destination that is configured no more.
 * Skipping twice is skipping once.
 */
export async function skipOutbound ({ inTransaction, clock, isConfigured }: Omit<RepairDeps, 'notify'>, { id, reason, actor }: SkipOutbound): Promise<void> {
  await inTransaction(async ({ outbound, outbox }) => {
    const { state, destination, attempts } = await load(outbound, id)
    if (state === 'skipped') return
    if (state === 'waiting' && !isConfigured(destination)) await outbox.markDead(id, { attempts, reason: 'OUTSIDE_DOWN', at: clock.now() })
    if (!await outbox.dismiss(id, clock.now())) throw new DomainError('OUTBOUND_NOT_REPAIRABLE', `Only a dead message can be skipped; this one is ${state}.`)
    await outbound.skipped(id, { actor, reason, at: clock.now() })
  })
}

async function load (outbound: OutboundStore, id: string): Promise<OutboundMessage> {
  const message = await outbound.find(id)
  if (message === null) throw notFound()
  return message
}
