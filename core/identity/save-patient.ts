import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { isCircular } from './person-of.ts'
import { isOwnFile } from './own-number.ts'
import { linksAround } from './tie.ts'
import type { Patient, PatientLink } from './patient.ts'
import type { PatientStore } from './ports.ts'
import { residentIdForms, residentIdSystem } from './resident-id.ts'
import { doNamesContradict, residentIdOf, type IdentityDoubt } from './same-person.ts'

export interface PatientFacts {
  readonly patient: Omit<Patient, 'personId' | 'sequence'>
  /** The records that go on in its place. */
  readonly replacedBy: readonly string[]
  /** What said so, e.g. the message's id. */
  readonly because: string
}

export interface SavedPatient {
  /** Patients whose groups may have changed; give them to `tie` when all patients of the message are saved. */
  readonly touched: readonly string[]
  readonly doubts: readonly IdentityDoubt[]
}

interface SaveDeps {
  readonly patients: PatientStore
  readonly ids: Ids
}

type WantedLink = Pick<PatientLink, 'kind' | 'fromId' | 'toId'>

/**
 * Brings a patient and the links it is in to what its record says now. Links that the record does not bear out any
 * more end, so that the order in which records changed leaves no trace.
 */
export async function savePatient ({ patients, ids }: SaveDeps, { patient, replacedBy, because }: PatientFacts, at: Date): Promise<SavedPatient> {
  const stands = await patients.find(patient.id)
  if (stands === null || !isSamePatient(stands, patient)) {
    await patients.save({ ...patient, personId: stands?.personId ?? patient.id })
  }
  const { wanted: sameResident, doubts } = await sameResidentLinks(patients, patient)
  const links = await patients.links([patient.id])
  const wanted: readonly WantedLink[] = [...replacedBy.map((toId) => ({ kind: 'merge' as const, fromId: patient.id, toId })), ...sameResident]
  const added = wanted.filter((link) => !links.some((other) => isSameLink(link, other)))
  const ended = links.filter((link) => isBorneOutBy(patient.id, link) && !wanted.some((other) => isSameLink(link, other)))
  for (const link of ended) await patients.endLink(link.id, at)
  for (const link of added) {
    await refuseCircle(patients, link)
    await patients.addLink({ id: ids.next(), ...link, because, createdAt: at, endedAt: null })
  }
  const newcomersLinks = stands === null ? links : []
  const touched = [...added, ...ended, ...newcomersLinks].flatMap(({ fromId, toId }) => [fromId, toId])
  return { touched: [...new Set(touched)], doubts }
}

/** A merge stands in the record of the retired patient only; sameness of persons in both. */
function isBorneOutBy (patientId: string, { kind, fromId }: PatientLink): boolean {
  return kind === 'same_person' || fromId === patientId
}

async function refuseCircle (patients: PatientStore, link: WantedLink): Promise<void> {
  if (link.kind !== 'merge') return
  if (link.fromId === link.toId) throw new DomainError('PATIENT_MERGE_WITH_ITSELF', 'A patient cannot be merged into the same record; name two records.')
  const { links } = await linksAround({ patients }, link.toId)
  if (isCircular(link, links)) {
    throw new DomainError('PATIENT_MERGE_CIRCULAR', 'The record that should go on was itself merged into the other; undo that merge first.')
  }
}

/**
 * Records of other hospitals that carry the same checked resident id, unless something speaks against it; of the same
 * hospital only a file that we made, which the hospital has then numbered: two of its own are for it to merge.
 */
async function sameResidentLinks (patients: PatientStore, patient: PatientFacts['patient']): Promise<{ wanted: readonly WantedLink[], doubts: readonly IdentityDoubt[] }> {
  const residentId = residentIdOf(patient)
  if (residentId === null) return { wanted: [], doubts: [] }
  if (typeof residentId === 'string') return { wanted: [], doubts: [{ patientId: patient.id, otherId: null, reason: residentId }] }
  const wanted: WantedLink[] = []
  const doubts: IdentityDoubt[] = []
  for (const other of await withResidentId(patients, residentIdForms(residentId))) {
    if (other.id === patient.id || (other.hospitalId === patient.hospitalId && !isOwnFile(other) && !isOwnFile(patient)) || typeof residentIdOf(other) === 'string') continue
    if (doNamesContradict(patient, other)) doubts.push({ patientId: patient.id, otherId: other.id, reason: 'name' })
    else wanted.push(samePersonLink(patient.id, other.id))
  }
  return { wanted, doubts }
}

async function withResidentId (patients: PatientStore, forms: readonly string[]): Promise<readonly Patient[]> {
  const found: Patient[] = []
  for (const value of forms) found.push(...await patients.byIdentifier({ system: residentIdSystem, value }))
  return found
}

/** One direction for both, so that it is the same link whichever record came last. */
function samePersonLink (one: string, other: string): WantedLink {
  return one < other ? { kind: 'same_person', fromId: one, toId: other } : { kind: 'same_person', fromId: other, toId: one }
}

function isSameLink (one: WantedLink, other: WantedLink): boolean {
  return one.kind === other.kind && one.fromId === other.fromId && one.toId === other.toId
}

function isSamePatient (one: PatientFacts['patient'], other: PatientFacts['patient']): boolean {
  return one.hospitalId === other.hospitalId && one.name === other.name && one.birthDate === other.birthDate &&
    one.gender === other.gender && one.active === other.active && one.identifiers.length === other.identifiers.length &&
    one.identifiers.every(({ system, value, type }, place) => {
      const twin = other.identifiers[place]
      return twin?.system === system && twin.value === value && twin.type === type
    })
}
