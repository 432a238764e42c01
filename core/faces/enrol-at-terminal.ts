import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { readPerson, temporaryFile, temporaryNumber, type IdentityReading, type TypedFacts } from '../identity/index.ts'
import type { RecordChange } from '../records/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { decideAddedFace, decideNewFace } from './decide-enrolment.ts'
import type { PersonScore } from './decide-match.ts'
import { rulesFor } from './face-rules.ts'
import { faceFramesOf, faultsOfEnrolment, framesToKeep, isOneFace, meanTemplate, type FaceFrame, type Frame, type FrameFault } from './frames.ts'
import { isUnder14 } from './is-under-14.ts'
import { noIdentification, type Identification } from './identification.ts'
import { deniedIn, hospitalsOf, identificationOf, proposed, type TerminalSettings } from './identify.ts'
import { keepFaces, type KeepStores, type KeptFaces } from './keep-faces.ts'
import { policyFor } from './match-policy.ts'
import type { FaceConsentStore, TemplateSeal } from './ports.ts'
import { openReview } from './reviews.ts'
import { foundSince, personsFound, searchFaces, type FaceSearch, type Found } from './search-faces.ts'
import { noteRead, readingOf, type SettleDeps } from './settle-identification.ts'
import type { TerminalSession } from './terminal.ts'

type EnrolStores = Omit<SettleDeps, 'ids' | 'stableId' | 'sealed' | 'policy'> & KeepStores & { readonly faceConsents: Pick<FaceConsentStore, 'ofPatients' | 'withdrawnAt' | 'inTurn'> }

export interface EnrolDeps<Stores extends EnrolStores> extends Pick<SettleDeps, 'ids' | 'stableId' | 'sealed'> {
  readonly inTransaction: InTransaction<Stores>
  readonly faces: FaceSearch
  readonly seal: TemplateSeal
  readonly settings: TerminalSettings
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
}

export interface EnrolCommand {
  readonly session: TerminalSession
  /** Of a look in this session; none: a number without a face. */
  readonly frames: readonly Frame[]
  /** Of the person's document, where they have a record; null: a new number. */
  readonly readingId: string | null
  readonly facts: TypedFacts
}

interface Moment {
  readonly now: Date
  readonly today: CalendarDate
}

/** matched: somebody enrolled this face in the meantime, and is asked about. document_needed, in_review: nothing was kept, the desk looks into it. */
export type Enrolled =
  | { readonly kind: 'enrolled', readonly reading: IdentityReading, readonly number: string | null, readonly kept: KeptFaces }
  | { readonly kind: 'matched', readonly identificationId: string, readonly maskedName: string | null, readonly numberTail: string | null }
  | { readonly kind: 'document_needed' }
  | { readonly kind: 'in_review' }
  | { readonly kind: 'poor_quality', readonly faults: readonly FrameFault[] }

interface Face {
  readonly keep: readonly FaceFrame[]
  readonly probe: Float32Array
  readonly found: Found
}

/**
 * 录入 (T3, D5). One enrolment at a hospital goes after the other and looks again among the faces that came since the search, so that
 * one unknown face, shown twenty times at once, gets one number.
 */
export async function enrolAtTerminal<Stores extends EnrolStores> (deps: EnrolDeps<Stores>, command: EnrolCommand, moment: Moment): Promise<Enrolled> {
  const { session, frames } = command
  const faces = faceFramesOf(frames)
  const keep = framesToKeep(faces)
  if (frames.length > 0 && keep.length === 0) return { kind: 'poor_quality', faults: faultsOf(frames, faces) }
  if (frames.length > 0 && !isOneFace(faces)) return { kind: 'poor_quality', faults: ['several_faces'] }
  const probe = meanTemplate(keep.map(({ template }) => template))
  const face = keep.length === 0 ? null : { keep, probe, found: await searchFaces(deps.faces, probe, { hospitalIds: hospitalsOf(deps.settings, session.hospitalId), expected: [] }) }
  return deps.inTransaction(async (stores) => {
    await stores.terminals.inTurn(session.hospitalId)
    const looks = await stores.terminals.identificationsOf(session.id)
    if (!frames.every(({ digest }) => looks.some((look) => look.frames.includes(digest)))) throw noIdentification()
    return command.readingId === null ? newNumber({ deps, stores, command, moment }, face, looks) : addedFace({ deps, stores, command, moment }, face, command.readingId)
  })
}

interface Work<Stores extends EnrolStores> {
  readonly deps: EnrolDeps<Stores>
  readonly stores: Stores
  readonly command: EnrolCommand
  readonly moment: Moment
}

function faultsOf (frames: readonly Frame[], faces: readonly FaceFrame[]): readonly FrameFault[] {
  const faults = [...faces.flatMap(({ quality }) => faultsOfEnrolment(quality)), ...frames.flatMap(({ read }) => read.kind === 'face' ? [] : [read.kind])]
  return [...new Set(faults)]
}

const settling = <Stores extends EnrolStores>({ deps, stores }: Work<Stores>): SettleDeps => ({ ...stores, ids: deps.ids, stableId: deps.stableId, sealed: deps.sealed, policy: policyFor(deps.faces.modelId, deps.faces.index.size()) })

/** Where nobody is known by the face, and the person consents; or without a face. The same session, repeated, leads to the same number. */
async function newNumber<Stores extends EnrolStores> (work: Work<Stores>, face: Face | null, looks: readonly Identification[]): Promise<Enrolled> {
  const { deps, stores, command: { session, facts }, moment: { now } } = work
  const { number, patientId } = temporaryNumber(deps.stableId, session.hospitalId, session.id)
  const last = looks.at(-1)
  if (last === undefined) throw noIdentification()
  if (await stores.patients.find(patientId) !== null) return enrolled(work, { number, patientId, kept: nothingKept })
  if (last.result !== 'no_match') return uncertain(work, last)
  if (face !== null) {
    await refuseWithoutConsent(work, patientId)
    const decision = decideNewFace(await personsNow(work, face), face.found.policy)
    if (decision.kind === 'known') return known(work, decision.person)
    if (decision.kind === 'uncertain') return uncertain(work, { candidates: [decision.person] })
  }
  await deps.takeIn(stores, [temporaryFile({ number, patientId, hospitalId: session.hospitalId, facts, by: `terminal:${session.tokenId}` }, now)], now)
  const kept = face === null ? nothingKept : await keepFaces({ ...stores, ids: deps.ids, seal: deps.seal, modelId: deps.faces.modelId }, { session, patientId, keep: face.keep }, now)
  return enrolled(work, { number, patientId, kept })
}

const nothingKept: KeptFaces = { faces: [], dropped: [] }

/** Whoever has a number now goes on with it at this terminal. */
async function enrolled<Stores extends EnrolStores> (work: Work<Stores>, { number, patientId, kept }: { readonly number: string, readonly patientId: string, readonly kept: KeptFaces }): Promise<Enrolled> {
  const { stores, command: { session }, moment: { now } } = work
  const patient = await stores.patients.find(patientId)
  const read = patient === null ? null : await readPerson(settling(work), { kind: 'face', personId: patient.personId, hospitalId: session.hospitalId, tokenId: session.tokenId }, now)
  if (read === null) throw new Error('a file that was made can be read')
  await noteRead(settling(work), session, read.reading, now)
  return { kind: 'enrolled', reading: read.reading, number, kept }
}

/** Everybody whose face it may be by now, those included who enrolled since the search. */
async function personsNow<Stores extends EnrolStores> ({ deps, stores, command: { session } }: Work<Stores>, { probe, found }: Face): Promise<readonly PersonScore[]> {
  const since = await foundSince({ ...stores, seal: deps.seal, modelId: deps.faces.modelId }, probe, { indexedTo: found.indexedTo, hospitalIds: hospitalsOf(deps.settings, session.hospitalId) })
  const candidates = new Map([...found.candidates, ...since].map((candidate) => [candidate.templateId, candidate]))
  return personsFound(stores, { candidates: [...candidates.values()], expected: found.expected }, () => false)
}

async function known<Stores extends EnrolStores> (work: Work<Stores>, person: PersonScore): Promise<Enrolled> {
  const { deps, stores, command: { session, frames }, moment: { now } } = work
  if ((await deniedIn(stores, session.id))(person.personId)) return uncertain(work, { candidates: [person] })
  const identification = identificationOf({ kind: 'matched', person }, { id: deps.ids.next(), session, digests: frames.map(({ digest }) => digest) }, now)
  await stores.terminals.addIdentification(identification)
  const { maskedName, numberTail } = await proposed(stores, person.patientId)
  return { kind: 'matched', identificationId: identification.id, maskedName, numberTail }
}

/** The middle zone enrols nobody: the desk hears of it, and a document tells. */
async function uncertain<Stores extends EnrolStores> ({ deps, stores, command: { session }, moment: { now } }: Work<Stores>, { candidates }: Pick<Identification, 'candidates'>): Promise<Enrolled> {
  const [best] = candidates
  const isOpen = (await stores.faceReviews.nameless(session.id)).some(({ patientId }) => patientId === best?.patientId)
  if (best !== undefined && !isOpen) await openReview({ ...stores, ids: deps.ids }, { session, reason: 'resembles', patientId: best.patientId, otherId: null, score: best.score }, now)
  return { kind: 'document_needed' }
}

/** Somebody's document was read: their face comes to the record they have. */
async function addedFace<Stores extends EnrolStores> (work: Work<Stores>, face: Face | null, readingId: string): Promise<Enrolled> {
  const { deps, stores, command: { session }, moment: { now } } = work
  if (face === null) throw new DomainError('REQUEST_INVALID', 'Send the pictures of the look; a record without a face is there already.', 'frames')
  const reading = await readingOf(stores, session, readingId, now)
  const patient = await stores.patients.find(reading.patientId)
  if (patient === null) throw new DomainError('PATIENT_NOT_FOUND', 'Make the file of the document first (POST /v1/patients).')
  await refuseWithoutConsent(work, patient.id)
  await noteRead(settling(work), session, reading, now)
  const person = (await stores.patients.byPerson(patient.personId)).map(({ id }) => id)
  const hasFaces = (await stores.faceTemplates.ofPatients(person)).some(({ modelId }) => modelId === deps.faces.modelId)
  const decision = decideAddedFace(await personsNow(work, face), { personId: patient.personId, hasFaces }, face.found.policy)
  if (decision.kind === 'keep') {
    const kept = await keepFaces({ ...stores, ids: deps.ids, seal: deps.seal, modelId: deps.faces.modelId }, { session, patientId: patient.id, keep: face.keep }, now)
    return { kind: 'enrolled', reading, number: null, kept }
  }
  const { other } = decision
  await openReview({ ...stores, ids: deps.ids }, { session, reason: decision.kind === 'differs' ? 'face_differs' : 'resembles', patientId: other?.patientId ?? patient.id, otherId: other === null ? null : patient.id, score: other?.score ?? null }, now)
  return { kind: 'in_review' }
}

/** A law that the hospital relies on carries the photos that it keeps, not a camera picture: here the person's own word counts. */
async function refuseWithoutConsent<Stores extends EnrolStores> ({ deps, stores, command: { session, facts }, moment: { today } }: Work<Stores>, patientId: string): Promise<void> {
  const patient = await stores.patients.find(patientId)
  await stores.faceConsents.inTurn(patient?.personId ?? patientId)
  const rules = await rulesFor({ ...stores, stableId: deps.stableId, settings: { bases: [] } }, { patientId, hospitalId: session.hospitalId }, today)
  if (!rules.may && rules.because === 'guardian_needed') throw guardianNeeded()
  if (!rules.may) throw new DomainError('FACE_CONSENT_NEEDED', 'Without the consent of the person nothing of a face is kept. Ask for it, or make a number without a face.')
  if (patient !== null) return
  if (facts.birthDate === null) throw new DomainError('REQUEST_INVALID', 'Say the day of birth that the consent was asked with.', 'birthDate')
  const [consent] = await stores.faceConsents.ofPatients([patientId])
  if (isUnder14(facts.birthDate, today) && consent?.guardianPatientId === null) throw guardianNeeded()
}

const guardianNeeded = (): DomainError => new DomainError('FACE_CONSENT_NEEDED', 'For a child under 14 a parent or guardian consents: read the guardian\'s own document first.', 'guardianReadingId')
