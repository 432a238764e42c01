import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { OutboxStore } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { OutboundMessage } from './outbound-message.ts'
import type { OutboundStore } from './ports.ts'
import { notFound } from './send-outbound.ts'

interface RepairDeps {
  readonly inTransaction: InTransaction<{ outbound: OutboundStore, outbox: Pick<OutboxStore, 'reopen' | 'dismiss'> }>
  /** Business time. */
  readonly clock: Clock
  /** There is something to carry out. */
  readonly notify: () => void
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

/** Sends again what is dead, was skipped or was sent. It takes the place in the queue that it had. */
export async function resendOutbound ({ inTransaction, clock, notify }: RepairDeps, { id, isAnew, actor }: ResendOutbound): Promise<void> {
  await inTransaction(async ({ outbound, outbox }) => {
    await load(outbound, id)
    if (!await outbox.reopen(id)) throw new DomainError('OUTBOUND_NOT_REPAIRABLE', 'It still waits to be sent; see its last failure. Pause or mend the destination instead.')
    await outbound.again(id, { isAnew, actor, at: clock.now() })
  })
  notify()
}

/** An operator decides that a dead message is not needed. Skipping twice is skipping once. */
export async function skipOutbound ({ inTransaction, clock }: Omit<RepairDeps, 'notify'>, { id, reason, actor }: SkipOutbound): Promise<void> {
  await inTransaction(async ({ outbound, outbox }) => {
    const { state } = await load(outbound, id)
    if (state === 'skipped') return
    if (!await outbox.dismiss(id, clock.now())) throw new DomainError('OUTBOUND_NOT_REPAIRABLE', `Only a dead message can be skipped; this one is ${state}.`)
    await outbound.skipped(id, { actor, reason, at: clock.now() })
  })
}

async function load (outbound: OutboundStore, id: string): Promise<OutboundMessage> {
  const message = await outbound.find(id)
  if (message === null) throw notFound()
  return message
}
