import { setImmediate as turn } from 'node:timers/promises'
import { type AckCode, type AckError, ackCodeOf, describeMessage, type DescribingRules, type MessageDescription } from '../hl7v2/index.ts'
import { catalogue, DomainError } from '../../core/errors.ts'
import type { AwaitOutcome, NewMessage, Receipt, ReceiveMessage } from '../../core/inbox/index.ts'
import { acceptCode, ackAgain, freshAck, isEnhanced, isWanted, type Stamping } from './acknowledging.ts'
import { applicationVerdict, stillQueued, type Verdict } from './application-verdict.ts'
import type { OnMllpEvent } from './events.ts'
import type { MllpSource } from './source.ts'

/** What goes back over the connection for one message. */
export interface Answer {
  /** At once, in the order of the messages; null where the sender wants none. */
  readonly first: Buffer | null
  /** When the message is applied, where the sender wants to know; gives null where there is nothing to tell. */
  readonly later: ((isGone: () => boolean) => Promise<Buffer | null>) | null
}

export interface Answering extends Stamping {
  readonly source: MllpSource
  readonly rules: DescribingRules
  readonly receive: ReceiveMessage
  readonly awaitOutcome: AwaitOutcome
  readonly on: OnMllpEvent
}

/** A later answer is waited for so many times `applyTimeoutMs`; the sender has long given up by then. */
const mostWaits = 20

/** From a frame's content to its acknowledgement (contract "HL7 v2 ACK"): stored first, then answered. */
export async function answerMessage (answering: Answering, bytes: Buffer): Promise<Answer> {
  const receivedAt = answering.clock.now()
  const description = describeMessage(bytes, answering.rules)
  if (description.type === 'ACK' || description.type === 'MCF') {
    answering.on({ source: answering.source.name, kind: 'acknowledgement_ignored' })
    return { first: null, later: null }
  }
  const arrived: Arrived = { answering, description, receivedAt }
  const ack = freshAck(description.header, firstCode(description), description.header === null ? parkedError(description) : null, answering)
  try {
    const receipt = await answering.receive(newMessage(arrived, bytes, ack))
    return await answerStored(arrived, receipt)
  } catch (error) {
    return answerRefused(arrived, error)
  }
}

interface Arrived {
  readonly answering: Answering
  readonly description: MessageDescription
  readonly receivedAt: Date
}

function firstCode (description: MessageDescription): AckCode {
  if (description.header === null) return 'AR'
  return isEnhanced(description) ? 'CA' : 'AA'
}

function newMessage ({ answering: { source, ids }, description, receivedAt }: Arrived, raw: Buffer, ack: Buffer): NewMessage {
  const { contentHash, dedupeKey, controlId, type, trigger, sentAt, charset, lanes, parked } = description
  return {
    id: ids.next(),
    source: source.name,
    hospitalId: source.hospitalId,
    format: 'hl7v2',
    raw,
    contentHash,
    dedupeKey,
    controlId,
    type,
    trigger,
    sentAt,
    charset,
    lanes,
    receivedAt,
    parked,
    ack,
    replayOf: null
  }
}

/** The receipt's acknowledgement is the first one ever given for this message: a resend gets the same bytes. */
async function answerStored (arrived: Arrived, receipt: Receipt): Promise<Answer> {
  const { answering, description: { header, parked }, description } = arrived
  const ack = Buffer.from(receipt.ack.buffer, receipt.ack.byteOffset, receipt.ack.byteLength)
  if (header !== null && isEnhanced(description)) return answerAccepted(arrived, receipt, ack)
  if (header === null || answering.source.ack === 'stored') {
    tell(arrived, { code: header === null ? 'AR' : 'AA', receipt, failureCode: parked?.code ?? null })
    return { first: ack, later: null }
  }
  const verdict = await verdictOf(arrived, receipt) ?? stillQueued
  tell(arrived, { code: verdict.code, receipt, failureCode: verdict.error?.code ?? null })
  return { first: verdict.error === null ? ack : ackAgain(header, ack, verdict, answering), later: null }
}

function answerAccepted (arrived: Arrived, receipt: Receipt, ack: Buffer): Answer {
  const { parked, acceptAck } = arrived.description
  const isTold = isWanted(acceptAck, true)
  tell(arrived, { code: isTold ? 'CA' : null, receipt, failureCode: parked?.code ?? null })
  return { first: isTold ? ack : null, later: (isGone) => answerLater(arrived, receipt, isGone) }
}

/** The application's answer of enhanced mode, under the same connection while that lasts. */
async function answerLater (arrived: Arrived, receipt: Receipt, isGone: () => boolean): Promise<Buffer | null> {
  const { answering, description } = arrived
  if (!isWanted(description.applicationAck, true) && !isWanted(description.applicationAck, false)) return null
  for (let waits = 0; waits < mostWaits && !isGone(); waits++) {
    const verdict = await verdictOf(arrived, receipt)
    if (verdict !== null) {
      if (!isWanted(description.applicationAck, verdict.error === null)) return null
      tell(arrived, { code: verdict.code, receipt, failureCode: verdict.error?.code ?? null })
      return freshAck(description.header, verdict.code, verdict.error, answering)
    }
    await turn()
  }
  return null
}

/** Null while the message is queued; also where nobody can say, since then it is stored and will be applied. */
async function verdictOf ({ answering, description }: Arrived, receipt: Receipt): Promise<Verdict | null> {
  try {
    return await applicationVerdict(answering.awaitOutcome, { description, receipt, timeoutMs: answering.source.limits.applyTimeoutMs })
  } catch (error) {
    answering.on({ source: answering.source.name, kind: 'failed', reason: reasonOf(error) })
    return null
  }
}

/** Nothing is stored: the sender has to keep its message. */
function answerRefused (arrived: Arrived, error: unknown): Answer {
  const { answering, description } = arrived
  if (!(error instanceof DomainError)) answering.on({ source: answering.source.name, kind: 'failed', reason: reasonOf(error) })
  const code = ackCodeOf(error instanceof DomainError ? error.kind : 'unavailable')
  const ackError: AckError = error instanceof DomainError
    ? { code: error.code, kind: error.kind, detail: error.message, place: error.place ?? null, severity: 'E' }
    : { code: 'STORE_UNAVAILABLE', kind: 'unavailable', detail: 'The message could not be stored; send it again later.', place: null, severity: 'E' }
  const told = refusalCode(description, code)
  tell(arrived, { code: told, receipt: null, failureCode: ackError.code })
  return { first: told === null ? null : freshAck(description.header, told, ackError, answering), later: null }
}

/** Where the sender wants no accept answer but one of the application, that one says it. */
function refusalCode (description: MessageDescription, code: 'AE' | 'AR'): AckCode | null {
  if (description.header === null) return 'AR'
  if (!isEnhanced(description)) return code
  if (isWanted(description.acceptAck, false)) return acceptCode(code)
  return isWanted(description.applicationAck, false) ? code : null
}

function parkedError ({ parked }: MessageDescription): AckError | null {
  return parked === null ? null : { code: parked.code, kind: catalogue[parked.code], detail: parked.detail, place: parked.place, severity: 'E' }
}

function tell ({ answering: { on, source, clock }, receivedAt }: Arrived, { code, receipt, failureCode }: {
  readonly code: AckCode | null, readonly receipt: Receipt | null, readonly failureCode: string | null
}): void {
  on({ source: source.name, kind: 'answered', code, receipt: receipt?.kind ?? null, failureCode, tookMs: clock.now().getTime() - receivedAt.getTime() })
}

function reasonOf (error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
