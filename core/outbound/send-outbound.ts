import { DomainError } from '../errors.ts'
import { failureOf } from '../inbox/index.ts'
import type { CarryOut } from '../outbox.ts'
import { composeOutbound, type ComposeDeps } from './compose-outbound.ts'
import type { Destination } from './destination.ts'
import type { Answer, OutboundMessage } from './outbound-message.ts'
import type { Carrier } from './ports.ts'

/**
 * Carries out the outbox messages of one destination. The answer is on disk before the message counts as sent, so that
 * after a crash in between it is not sent again.
 */
export function sendOutbound (deps: ComposeDeps, destination: Destination, carrier: Carrier): CarryOut {
  return async ({ id }) => {
    const message = await deps.inReading(({ outbound }) => outbound.find(id))
    if (message === null) throw notFound()
    if (message.answer?.verdict === 'accepted') return
    if (await deps.isMoot?.(message) === true) return await deps.inTransaction(({ outbound }) => outbound.skipped(id, { actor: bySystem, reason: 'moot', at: deps.clock.now() }))
    try {
      await send(deps, destination, carrier, message)
    } catch (error) {
      // What is noted is for the operator; the outbox decides by the error itself.
      const failure = failureOf(error)
      await deps.inTransaction(({ outbound }) => outbound.failed(id, { failure, at: deps.clock.now() })).catch(() => undefined)
      await deps.undelivered?.(message, failure.code).catch(() => undefined)
      throw error
    }
  }
}

/** Who skips what is moot. */
const bySystem = 'yiqiao'

export const notFound = (): DomainError => new DomainError('OUTBOUND_NOT_FOUND', 'No message to a destination has this id. List the messages of the destination.')

async function send (deps: ComposeDeps, destination: Destination, carrier: Carrier, message: OutboundMessage): Promise<void> {
  const composed = await composeOutbound(deps, destination, message)
  // A text that stood already may be out, unless it is known that nothing left.
  const mayBeOut = message.composed !== null && message.failure?.code !== 'OUTSIDE_DOWN'
  const answer = (mayBeOut ? await carrier.ask?.(composed) : null) ?? await carrier.send(composed)
  await deps.inTransaction(({ outbound }) => outbound.answered(message.id, { ...answer, at: deps.clock.now() }))
  refuseUnlessAccepted(answer)
}

/**
 * An error of the application (AE, CE: HL7 v2.5.1 §2.9.2) may pass, as when the patient it names is not there yet or a
 * row is locked. A rejection (AR, CR) is about the message's type, version or processing id: the same bytes meet it
 * again, and what is behind them must not wait for that.
 */
function refuseUnlessAccepted ({ verdict }: Answer): void {
  if (verdict === 'failed') throw new DomainError('OUTSIDE_FAILED', 'The destination answered that it failed on this message. Its answer tells why; mend the cause there, then send again.')
  if (verdict === 'rejected') throw new DomainError('OUTSIDE_REFUSED', 'The destination rejects this message. Its answer tells why; correct the table or its settings, then send it anew.')
}
