import { isOfAge } from '../access/index.ts'
import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Ids, StableId } from '../ids.ts'
import { temporaryNumber, type PatientStore, type ReadingStore } from '../identity/index.ts'
import type { FaceConsent } from './face-consent.ts'
import { isUnder14 } from './is-under-14.ts'
import type { FaceConsentStore } from './ports.ts'
import type { QueueStores } from './queue-photos.ts'
import { readingOf } from './settle-identification.ts'
import type { TerminalSession } from './terminal.ts'
import { giveFaceConsent } from './withdraw-face.ts'

export interface ConsentAtTerminal {
  readonly session: TerminalSession
  readonly textVersion: string
  /** Of the person; null: they have no record yet, and the consent is for the one that the session leads to. */
  readonly readingId: string | null
  /** What the person says; a record that knows better counts. */
  readonly birthDate: CalendarDate | null
  /** Of the guardian's own document. */
  readonly guardianReadingId: string | null
}

interface TerminalConsentDeps extends QueueStores {
  readonly faceConsents: Pick<FaceConsentStore, 'add' | 'addTombstones' | 'inTurn'>
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly readings: Pick<ReadingStore, 'find'>
  readonly ids: Ids
  readonly stableId: StableId
}

/** 单独同意 (D5). Asked at the terminal with the text in force, before anything of a face is kept; a child under 14 needs a guardian there. */
export async function consentAtTerminal (deps: TerminalConsentDeps, command: ConsentAtTerminal, { now, today, textVersion }: { readonly now: Date, readonly today: CalendarDate, readonly textVersion: string }): Promise<FaceConsent> {
  const { session, readingId, guardianReadingId } = command
  if (command.textVersion !== textVersion) throw new DomainError('AGREEMENT_CHANGED', 'The text was changed in between. Show the one in force and ask again.', 'textVersion')
  const patientId = readingId === null ? temporaryNumber(deps.stableId, session.hospitalId, session.id).patientId : (await readingOf(deps, session, readingId, now)).patientId
  const birthDate = await birthDateOf(deps, patientId) ?? command.birthDate
  if (birthDate === null) throw new DomainError('REQUEST_INVALID', 'Ask for the day of birth: a child under 14 needs a guardian.', 'birthDate')
  const guardianPatientId = guardianReadingId === null ? null : await guardianOf(deps, { session, guardianReadingId, patientId }, { now, today })
  if (isUnder14(birthDate, today) && guardianPatientId === null) throw new DomainError('FACE_CONSENT_NEEDED', 'For a child under 14 a parent or guardian consents: read the guardian\'s own document first.', 'guardianReadingId')
  if (readingId !== null && await deps.patients.find(patientId) !== null) return ofRecord(await giveFaceConsent(deps, { patientId, hospitalId: session.hospitalId, channel: 'terminal', textVersion, guardianPatientId }, now), patientId)
  const consent: FaceConsent = { id: deps.ids.next(), patientId, hospitalId: session.hospitalId, state: 'given', channel: 'terminal', textVersion, guardianPatientId, at: now }
  await deps.faceConsents.add(consent)
  return consent
}

/** Of the record that was read, among all that the consent is for. */
function ofRecord (consents: readonly FaceConsent[], patientId: string): FaceConsent {
  const consent = consents.find((one) => one.patientId === patientId)
  if (consent === undefined) throw new Error('a consent stands for the record that was read')
  return consent
}

async function birthDateOf ({ patients }: Pick<TerminalConsentDeps, 'patients'>, patientId: string): Promise<CalendarDate | null> {
  const patient = await patients.find(patientId)
  if (patient === null) return null
  return [patient, ...await patients.byPerson(patient.personId)].find(({ birthDate }) => birthDate !== null)?.birthDate ?? null
}

async function guardianOf (deps: TerminalConsentDeps, { session, guardianReadingId, patientId }: { readonly session: TerminalSession, readonly guardianReadingId: string, readonly patientId: string }, { now, today }: { readonly now: Date, readonly today: CalendarDate }): Promise<string> {
  const { patientId: guardianId } = await readingOf(deps, session, guardianReadingId, now)
  const guardian = await deps.patients.find(guardianId)
  const ward = await deps.patients.find(patientId)
  const birthDate = await birthDateOf(deps, guardianId)
  if (guardian === null || birthDate === null || !isOfAge(birthDate, today) || guardian.personId === (ward?.personId ?? patientId)) {
    throw new DomainError('FACE_CONSENT_NEEDED', 'A guardian is somebody of age whom the hospital knows. Read another document, or go to the desk.', 'guardianReadingId')
  }
  return guardianId
}
