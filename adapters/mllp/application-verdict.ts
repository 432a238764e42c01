import { type AckError, applicationCodeOf, type MessageDescription } from '../hl7v2/index.ts'
import { catalogue, type ErrorKind } from '../../core/errors.ts'
import type { AwaitOutcome, Failure, Receipt } from '../../core/inbox/index.ts'

/** What the application says of a stored message. */
export interface Verdict {
  readonly code: 'AA' | 'AE' | 'AR'
  readonly error: AckError | null
}

/** Waits until the message is applied or parked; null while it is still queued when the time is over. */
export async function applicationVerdict (awaitOutcome: AwaitOutcome, { description, receipt, timeoutMs }: {
  readonly description: MessageDescription, readonly receipt: Receipt, readonly timeoutMs: number
}): Promise<Verdict | null> {
  if (receipt.kind === 'conflict') return refusal(controlIdReused, 'conflict')
  if (receipt.kind === 'stored' && description.parked !== null) return refusal(description.parked, catalogue[description.parked.code])
  const outcome = await awaitOutcome(receipt.id, timeoutMs)
  switch (outcome.kind) {
    case 'applied': return { code: 'AA', error: null }
    case 'parked': return refusal(outcome.failure, outcome.errorKind)
    case 'pending': return null
  }
}

/**
 * For a sender that waits for the verdict in its one answer. Not AA, which would promise effects, and not AR, since
 * the message is kept: sending it again asks for the verdict again and changes nothing.
 */
export const stillQueued: Verdict = {
  code: 'AE',
  error: {
    code: 'MESSAGE_STILL_QUEUED',
    kind: 'unavailable',
    detail: 'Stored, but not applied yet; send the same message again to ask once more.',
    place: null,
    severity: 'W'
  }
}

const controlIdReused: Failure = {
  code: 'MESSAGE_CONTROL_ID_REUSED',
  detail: 'This control id was used before with other content; send the message with an id of its own.',
  place: 'MSH-10'
}

function refusal ({ code, detail, place }: Failure, kind: ErrorKind): Verdict {
  return { code: applicationCodeOf(code), error: { code, kind, detail, place, severity: 'E' } }
}
