import { comparablePhone, profileOf } from '../access/index.ts'
import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { readPerson, speaksFor, type IdentityReading, type PatientStore, type PersonRead, type ReadingStore } from '../identity/index.ts'
import type { StableId } from '../ids.ts'
import type { RecordStore } from '../records/index.ts'
import { decideMatch, type PersonScore } from './decide-match.ts'
import { alreadyDecided, mostDigitTries, noIdentification, type Identification } from './identification.ts'
import { proposed } from './identify.ts'
import type { MatchPolicy } from './match-policy.ts'
import type { FaceTemplateStore } from './ports.ts'
import { openReview, settleReviews } from './reviews.ts'
import type { FaceReviewStore, TerminalStore } from './terminal-ports.ts'
import type { TerminalSession } from './terminal.ts'

interface SettleStores {
  readonly terminals: TerminalStore
  readonly faceReviews: FaceReviewStore
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly readings: Pick<ReadingStore, 'add' | 'dropExpired' | 'find'>
  readonly records: Pick<RecordStore, 'current'>
  readonly faceTemplates: Pick<FaceTemplateStore, 'noteMatched'>
}

export interface SettleDeps extends SettleStores {
  readonly ids: Ids
  readonly stableId: StableId
  readonly sealed: (text: string) => string
  readonly policy: MatchPolicy
}

/** confirmed: the terminal acts for the person now. document_needed: they are known elsewhere only, or said that it is not them. */
export type Confirmed =
  | { readonly kind: 'confirmed', readonly read: PersonRead }
  | { readonly kind: 'second_factor', readonly because: 'not_me' | 'not_here' }

/** 确认. What the person says to the masked name. Yes, said twice, is one yes; no opens a review. */
export async function confirmIdentification (deps: SettleDeps, { session, id, isMe }: { readonly session: TerminalSession, readonly id: string, readonly isMe: boolean }, now: Date): Promise<Confirmed> {
  const identification = await identificationIn(deps, session, id)
  const { patientId, state } = identification
  if (state !== 'pending' || patientId === null) throw alreadyDecided()
  if (!isMe) {
    await change(deps, identification, { state: 'denied', readingId: null })
    await openReview(deps, { session, reason: 'not_me', patientId, otherId: null, score: scoreOf(identification, patientId) }, now)
    return { kind: 'second_factor', because: 'not_me' }
  }
  const patient = await deps.patients.find(patientId)
  const read = patient === null ? null : await readPerson(deps, { kind: 'face', personId: patient.personId, hospitalId: session.hospitalId, tokenId: session.tokenId }, now)
  if (read === null) {
    await change(deps, identification, { state: 'open', readingId: null })
    return { kind: 'second_factor', because: 'not_here' }
  }
  await change(deps, identification, { state: 'confirmed', readingId: read.reading.id })
  await deps.faceTemplates.noteMatched([patientId], now)
  await noteRead(deps, session, read.reading, now)
  return { kind: 'confirmed', read }
}

export type Narrowed =
  | { readonly kind: 'matched', readonly maskedName: string | null, readonly numberTail: string | null }
  | { readonly kind: 'ambiguous' }

/**
 * Digits that the person types choose among those whose face it may be; where the face brought nobody, they find nobody. Of a
 * resident id, a phone or one of the hospital's numbers, its last four at least. Null: typed too often; the caller refuses.
 */
export async function narrowByDigits (deps: SettleDeps, { session, id, digits }: { readonly session: TerminalSession, readonly id: string, readonly digits: string }): Promise<Narrowed | null> {
  const identification = await identificationIn(deps, session, id)
  if (identification.state !== 'open' || identification.result !== 'ambiguous') throw alreadyDecided()
  if (!await deps.terminals.countDigits(id, mostDigitTries)) return null
  const persons: PersonScore[] = []
  for (const { patientId, score } of identification.candidates) {
    const patient = await deps.patients.find(patientId)
    if (patient !== null && await endsWith(deps, patient.personId, digits)) persons.push({ personId: patient.personId, patientId, score, isNarrowed: true })
  }
  const decision = decideMatch(persons, deps.policy)
  if (decision.kind !== 'matched') return { kind: 'ambiguous' }
  const changed = await deps.terminals.changeIdentification({ id, result: 'matched', state: 'pending', patientId: decision.person.patientId, readingId: null }, 'open')
  if (!changed) throw alreadyDecided()
  const { maskedName, numberTail } = await proposed(deps, decision.person.patientId)
  return { kind: 'matched', maskedName, numberTail }
}

/** A card, code or QR that was read in the session: it says who stood there. */
export async function settleByReading (deps: SettleDeps, { session, readingId }: { readonly session: TerminalSession, readonly readingId: string }, now: Date): Promise<IdentityReading> {
  const reading = await readingOf(deps, session, readingId, now)
  await noteRead(deps, session, reading, now)
  return reading
}

/** A reading of this terminal that is still good. */
export async function readingOf ({ readings }: { readonly readings: Pick<ReadingStore, 'find'> }, session: Pick<TerminalSession, 'tokenId' | 'hospitalId'>, readingId: string, now: Date): Promise<IdentityReading> {
  const reading = await readings.find(readingId)
  if (reading === null || reading.hospitalId !== session.hospitalId || !speaksFor(reading, { tokenId: session.tokenId, patientIds: [reading.patientId], now })) {
    throw new DomainError('READING_NOT_FOUND', 'Read the card or code again at this terminal; a reading is good for ten minutes.', 'readingId')
  }
  return reading
}

export async function noteRead (deps: SettleDeps, session: TerminalSession, reading: IdentityReading, now: Date): Promise<void> {
  await deps.terminals.noteReading(session.id, reading.id)
  await settleReviews(deps, { session, patientId: reading.patientId }, now)
}

async function identificationIn ({ terminals }: Pick<SettleStores, 'terminals'>, session: TerminalSession, id: string): Promise<Identification> {
  const identification = await terminals.findIdentification(id)
  if (identification?.sessionId !== session.id) throw noIdentification()
  return identification
}

/** Of whichever terminal: whether it may act in the session is asked next. */
export async function sessionOfLook ({ terminals }: Pick<SettleStores, 'terminals'>, identificationId: string): Promise<string> {
  const identification = await terminals.findIdentification(identificationId)
  if (identification === null) throw noIdentification()
  return identification.sessionId
}

async function change ({ terminals }: Pick<SettleStores, 'terminals'>, { id, result, patientId, state: from }: Identification, { state, readingId }: Pick<Identification, 'state' | 'readingId'>): Promise<void> {
  if (!await terminals.changeIdentification({ id, result, patientId, state, readingId }, from)) throw alreadyDecided()
}

function scoreOf ({ candidates }: Identification, patientId: string): number | null {
  return candidates.find((candidate) => candidate.patientId === patientId)?.score ?? null
}

async function endsWith ({ patients, records }: Pick<SettleStores, 'patients' | 'records'>, personId: string, digits: string): Promise<boolean> {
  const person = await patients.byPerson(personId)
  const numbers = person.flatMap(({ identifiers }) => identifiers.map(({ value }) => value.toUpperCase()))
  const phones = (await records.current(person.map(({ id }) => ({ type: 'Patient', id })))).flatMap((record) => profileOf(record).phones.map((phone) => comparablePhone(phone) ?? ''))
  return [...numbers, ...phones].some((number) => number.endsWith(digits.toUpperCase()))
}
