import { DomainError } from '../errors.ts'
import type { PatientStore } from '../identity/index.ts'
import { scoresByPerson, type Hit, type PersonScore } from './decide-match.ts'
import type { FaceCandidate, FaceIndex } from './face-engine.ts'
import { cosine } from './frames.ts'
import { mostNarrowed, policyFor, type MatchPolicy } from './match-policy.ts'
import type { FaceTemplateStore, TemplateSeal } from './ports.ts'

/** The index of this node, and how much of the store it holds. */
export interface FaceSearch {
  readonly modelId: string
  readonly index: Pick<FaceIndex, 'search' | 'size'>
  /** The sequence up to which it has followed the store; null while it is being filled. */
  readonly indexedTo: () => number | null
}

export interface SearchWithin {
  /** Null: of all hospitals. */
  readonly hospitalIds: readonly string[] | null
  /** 今日预约. Patients who are likely to be there. */
  readonly expected: readonly string[]
}

/** What was found, before anybody looked whether it still stands. */
export interface Found {
  readonly candidates: readonly FaceCandidate[]
  readonly expected: ReadonlySet<string>
  readonly policy: MatchPolicy
  /** Newer templates than this were not searched. */
  readonly indexedTo: number
}

/** Templates: at five a person still ten persons. */
const widest = 50
const mostOfExpected = 20
/** More than were ever enrolled between two looks of an index that follows every second. */
const mostTail = 1_000

export async function searchFaces ({ modelId, index, indexedTo }: FaceSearch, probe: Float32Array, { hospitalIds, expected }: SearchWithin): Promise<Found> {
  const from = indexedTo()
  if (from === null) throw stillLoading()
  const among = expected.slice(0, mostNarrowed)
  const wide = await index.search(probe, { hospitalIds, among: null, limit: widest })
  const near = among.length === 0 ? [] : await index.search(probe, { hospitalIds, among, limit: mostOfExpected })
  const candidates = new Map([...wide, ...near].map((candidate) => [candidate.templateId, candidate]))
  return { candidates: [...candidates.values()], expected: new Set(among), policy: policyFor(modelId, index.size()), indexedTo: from }
}

export const stillLoading = (): DomainError => new DomainError('FACE_INDEX_LOADING', 'The faces are still being loaded. Use a card, a code or a phone, or try again shortly.')

interface CheckStores {
  readonly patients: Pick<PatientStore, 'find'>
  readonly faceTemplates: Pick<FaceTemplateStore, 'find'>
}

/** The persons behind the templates that still stand, as the master patient index groups them now. */
export async function personsFound (stores: CheckStores, { candidates, expected }: Pick<Found, 'candidates' | 'expected'>, isDenied: (personId: string) => boolean): Promise<readonly PersonScore[]> {
  const standing = new Set((await stores.faceTemplates.find(candidates.map(({ templateId }) => templateId))).map(({ id }) => id))
  const persons = new Map<string, string | null>()
  const hits: Hit[] = []
  for (const { templateId, patientId, score } of candidates) {
    if (!standing.has(templateId)) continue
    if (!persons.has(patientId)) persons.set(patientId, (await stores.patients.find(patientId))?.personId ?? null)
    const personId = persons.get(patientId) ?? null
    if (personId !== null && !isDenied(personId)) hits.push({ patientId, personId, score })
  }
  return scoresByPerson(hits, ({ patientId }) => expected.has(patientId))
}

interface TailStores {
  readonly faceTemplates: Pick<FaceTemplateStore, 'after'>
}

/** Templates that came after the search; inside a transaction that holds its turn nobody can add one unseen. */
export async function foundSince ({ faceTemplates, seal, modelId }: TailStores & { readonly seal: TemplateSeal, readonly modelId: string }, probe: Float32Array, { indexedTo, hospitalIds }: { readonly indexedTo: number, readonly hospitalIds: readonly string[] | null }): Promise<readonly FaceCandidate[]> {
  const fresh = await faceTemplates.after(indexedTo, { modelId, limit: mostTail + 1 })
  if (fresh.length > mostTail) throw stillLoading()
  return fresh
    .filter(({ hospitalId }) => hospitalIds === null || hospitalIds.includes(hospitalId))
    .map((template) => ({ templateId: template.id, patientId: template.patientId, hospitalId: template.hospitalId, score: cosine(seal.open(template.sealed, template), probe) }))
}
