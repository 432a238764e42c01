import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { maskedPerson, type PatientStore } from '../identity/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { challengeLivesMs, drawSteps, judgeLiveness, type Challenge, type ChallengeStep, type Liveness } from './challenge.ts'
import { decideMatch, type MatchDecision } from './decide-match.ts'
import type { FaceEngine } from './face-engine.ts'
import { commonFaults, faceFramesOf, isOneFace, probeOf, type FaceFrame, type Frame, type FrameFault } from './frames.ts'
import type { Identification } from './identification.ts'
import type { FaceTemplateStore } from './ports.ts'
import { personsFound, searchFaces, stillLoading, type FaceSearch } from './search-faces.ts'
import type { Terminal, TerminalSession } from './terminal.ts'
import { aliveSession, noSession } from './terminal-session.ts'
import type { TerminalStore } from './terminal-ports.ts'

export interface TerminalSettings {
  /** own: faces of the terminal's hospital; all: of every hospital. */
  readonly search: 'own' | 'all'
  /** reported: the challenge is judged and told, but decides nothing: for cameras that cannot do it, under a person's eyes. */
  readonly challenge: 'enforced' | 'reported'
  readonly idleMs: number
}

/** A picture as it came: bytes for the engine, and their SHA-256. */
export interface Picture {
  readonly digest: string
  readonly bytes: Uint8Array
}

interface IdentifyStores {
  readonly terminals: TerminalStore
  readonly patients: Pick<PatientStore, 'find'>
  readonly faceTemplates: Pick<FaceTemplateStore, 'find'>
}

export interface IdentifyDeps<Stores extends IdentifyStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly engine: Pick<FaceEngine, 'read'>
  readonly faces: FaceSearch
  /** Patients with a visit or appointment at the hospital on this day. */
  readonly expectedAt: (hospitalId: string, now: Date) => Promise<readonly string[]>
  readonly settings: TerminalSettings
  readonly ids: Ids
}

export interface IdentifyCommand {
  readonly terminal: Terminal
  readonly challengeId: string | null
  /** Needed where there is no challenge. */
  readonly sessionId: string | null
  readonly pictures: readonly Picture[]
}

/** Told of a look, whatever came of it. `passiveScore` decides nothing: it is not certified. */
export interface LivenessTold {
  readonly challenge: 'passed' | 'failed' | 'not_asked'
  readonly passiveScore: number | null
}

export type IdentifyAnswer = { readonly sessionId: string, readonly liveness: LivenessTold } & (
  | { readonly kind: 'poor_quality', readonly faults: readonly FrameFault[] }
  | { readonly kind: 'not_live', readonly because: Extract<Liveness, { kind: 'not_live' }>['because'] | 'no_challenge', readonly missing: readonly ChallengeStep[] }
  | { readonly kind: 'matched', readonly identificationId: string, readonly patientId: string, readonly maskedName: string | null, readonly numberTail: string | null }
  | { readonly kind: 'ambiguous', readonly identificationId: string }
  | { readonly kind: 'no_match', readonly identificationId: string })

/** What whoever stands there is to do, made up now; good once and for a minute. */
export async function askForMotions ({ terminals, ids, random }: { readonly terminals: Pick<TerminalStore, 'addChallenge'>, readonly ids: Ids, readonly random: () => number }, session: TerminalSession, now: Date): Promise<Challenge> {
  const challenge: Challenge = { id: ids.next(), sessionId: session.id, steps: drawSteps(random), askedAt: now, expiresAt: new Date(now.getTime() + challengeLivesMs) }
  await terminals.addChallenge(challenge)
  return challenge
}

/**
 * 识别 (T2). Whether the hospital knows the face that these pictures show. Nobody is told who it is before they have said that
 * it is them; no picture and no template of it stays.
 */
export async function identify<Stores extends IdentifyStores> (deps: IdentifyDeps<Stores>, command: IdentifyCommand, now: Date): Promise<IdentifyAnswer> {
  if (deps.faces.indexedTo() === null) throw stillLoading()
  const { session, challenge } = await deps.inTransaction((stores) => begun(stores, deps.settings, command, now))
  const frames = await readAll(deps.engine, command.pictures)
  const faces = faceFramesOf(frames)
  const probe = probeOf(faces)
  const liveness = challenge === null ? null : judgeLiveness(frames, faces, challenge.steps)
  const common = { sessionId: session.id, liveness: livenessTold(liveness, faces) }
  if (probe === null) return { ...common, kind: 'poor_quality', faults: commonFaults(frames) }
  if (deps.settings.challenge === 'enforced' && liveness === null) return { ...common, kind: 'not_live', because: 'no_challenge', missing: [] }
  if (deps.settings.challenge === 'enforced' && liveness?.kind === 'not_live') return { ...common, ...liveness }
  if (!isOneFace(faces)) return { ...common, kind: 'poor_quality', faults: ['several_faces'] }
  return { ...common, ...await recognised(deps, { session, probe, frames }, now) }
}

/** The session that the challenge belongs to, which is used up whatever comes of it. */
async function begun ({ terminals }: Pick<IdentifyStores, 'terminals'>, { idleMs }: TerminalSettings, { terminal, challengeId, sessionId }: IdentifyCommand, now: Date): Promise<{ readonly session: TerminalSession, readonly challenge: Challenge | null }> {
  const challenge = challengeId === null ? null : await terminals.takeChallenge(challengeId)
  if (challengeId !== null && (challenge === null || now >= challenge.expiresAt)) throw noChallenge()
  const id = challenge?.sessionId ?? sessionId
  if (id === null || (sessionId !== null && sessionId !== id)) throw noSession()
  return { session: await aliveSession({ terminals }, { id, terminal, idleMs }, now), challenge }
}

const noChallenge = (): DomainError => new DomainError('CHALLENGE_NOT_FOUND', 'This challenge is used, out of time or not of this terminal. Ask for a new one; each is good once and for a minute.', 'challengeId')

export async function readAll (engine: Pick<FaceEngine, 'read'>, pictures: readonly Picture[]): Promise<readonly Frame[]> {
  return Promise.all(pictures.map(async ({ digest, bytes }) => ({ digest, read: await engine.read(bytes) })))
}

function livenessTold (liveness: Liveness | null, faces: readonly FaceFrame[]): LivenessTold {
  const scores = faces.map(({ livenessScore }) => livenessScore)
  return {
    challenge: liveness === null ? 'not_asked' : liveness.kind === 'live' ? 'passed' : 'failed',
    passiveScore: scores.length === 0 ? null : Math.round(scores.reduce((sum, score) => sum + score, 0) / scores.length * 100) / 100
  }
}

interface Look {
  readonly session: TerminalSession
  readonly probe: Float32Array
  readonly frames: readonly Frame[]
}

export const hospitalsOf = ({ search }: Pick<TerminalSettings, 'search'>, hospitalId: string): readonly string[] | null => search === 'all' ? null : [hospitalId]

async function recognised<Stores extends IdentifyStores> (deps: IdentifyDeps<Stores>, { session, probe, frames }: Look, now: Date) {
  const { hospitalId } = session
  const found = await searchFaces(deps.faces, probe, { hospitalIds: hospitalsOf(deps.settings, hospitalId), expected: await deps.expectedAt(hospitalId, now) })
  return deps.inTransaction(async (stores) => {
    const isDenied = await deniedIn(stores, session.id)
    const decision = decideMatch(await personsFound(stores, found, isDenied), found.policy)
    const identification = identificationOf(decision, { id: deps.ids.next(), session, digests: frames.map(({ digest }) => digest) }, now)
    await stores.terminals.addIdentification(identification)
    if (decision.kind !== 'matched') return { kind: decision.kind, identificationId: identification.id }
    return { kind: 'matched' as const, identificationId: identification.id, ...await proposed(stores, decision.person.patientId) }
  })
}

/** What may be told of whoever is proposed. */
export async function proposed ({ patients }: { readonly patients: Pick<PatientStore, 'find'> }, patientId: string) {
  const patient = await patients.find(patientId)
  return { patientId, ...patient === null ? { maskedName: null, numberTail: null } : maskedPerson(patient) }
}

/** 不是我. Whoever was denied in a session is not offered in it again. */
export async function deniedIn ({ terminals, patients }: Pick<IdentifyStores, 'terminals' | 'patients'>, sessionId: string): Promise<(personId: string) => boolean> {
  const denied = new Set<string>()
  for (const { state, patientId } of await terminals.identificationsOf(sessionId)) {
    const patient = state === 'denied' && patientId !== null ? await patients.find(patientId) : null
    if (patient !== null) denied.add(patient.personId)
  }
  return (personId) => denied.has(personId)
}

export function identificationOf (decision: MatchDecision, { id, session, digests }: { readonly id: string, readonly session: Pick<TerminalSession, 'id' | 'hospitalId'>, readonly digests: readonly string[] }, now: Date): Identification {
  const persons = decision.kind === 'matched' ? [decision.person] : decision.kind === 'ambiguous' ? decision.persons : []
  return {
    id, sessionId: session.id, hospitalId: session.hospitalId, result: decision.kind, state: decision.kind === 'matched' ? 'pending' : 'open',
    patientId: decision.kind === 'matched' ? decision.person.patientId : null,
    candidates: persons.map(({ patientId, score }) => ({ patientId, score })), frames: digests, askedAt: now, readingId: null
  }
}
