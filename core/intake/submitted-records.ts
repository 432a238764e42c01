import { DomainError } from '../errors.ts'
import { placerSystem } from '../identity/index.ts'
import type { RecordSearch, RecordVersion, Resource } from '../records/index.ts'

/** Which records a condition means, within the caller's limits. */
export type RecordQuery = Pick<RecordSearch, 'type' | 'clauses' | 'patientIds' | 'hospitalId'>

/** One resource that a client posted, checked against R4. */
export interface SubmittedRecord {
  /** FHIRPath of the resource in what was posted, e.g. `Bundle.entry[2].resource`. */
  readonly place: string
  /** How other entries of the same Bundle refer to it; null outside of one. */
  readonly fullUrl: string | null
  readonly resource: Resource
  readonly to: SubmittedTo
}

export type SubmittedTo =
  /** `unless`: nothing is created where the condition finds one (If-None-Exist); `text` is the condition as it came. */
  | { readonly kind: 'new', readonly unless: RecordQuery & { readonly text: string } | null }
  /** `ifVersion`: only that version may be replaced (If-Match). */
  | { readonly kind: 'standing', readonly id: string, readonly ifVersion: number | null }

/** What one request says; all of it holds or none. */
export interface Submission {
  readonly interaction: 'create' | 'update' | 'transaction'
  /** Type of the resource that was posted; `Bundle` for a transaction. */
  readonly type: string
  /** The body, byte for byte: kept in the inbox. */
  readonly raw: Uint8Array
  /** What the log calls the request, so that an operator finds one by the other. */
  readonly requestId: string
  readonly records: readonly SubmittedRecord[]
  /** Conditional references of the records (`Patient?identifier=…`) by their text. */
  readonly conditions: ReadonlyMap<string, RecordQuery>
  /** The caller writes for this hospital only; null = for all. */
  readonly hospitalId: string | null
  /** A record that the caller may see, and so refer to. */
  readonly isSeen: (record: RecordVersion) => boolean
  /** Refuses a resource that is not valid once its references stand; `place` is where it was posted. */
  readonly refuseFaults: (resource: Resource, place: string) => void
  /** Made by the client and not told by the hospital, so it goes out to the hospital. */
  readonly isOurs: boolean
}

export interface WrittenRecord {
  readonly record: RecordVersion
  readonly outcome: 'created' | 'updated' | 'unchanged'
}

/** The record that a PUT means; refuses where the caller has none of this id, or another version than the one named. */
export function standingRecord (posted: SubmittedRecord, found: RecordVersion | undefined, hospitalId: string | null): RecordVersion {
  if (found === undefined || (hospitalId !== null && found.hospitalId !== hospitalId)) {
    throw new DomainError('RECORD_ID_UNKNOWN', 'There is no such resource of yours to update, and ids are given by this server. Create it by POST.', posted.place)
  }
  const { to } = posted
  if (to.kind === 'standing' && to.ifVersion !== null && to.ifVersion !== found.version) {
    throw new DomainError('RECORD_VERSION_CHANGED', 'The resource has another version than If-Match names. Read it again, then repeat.', posted.place)
  }
  return found
}

/** One record or none that a condition finds. */
export function onlyOne (found: readonly RecordVersion[], place: string): RecordVersion | null {
  if (found.length > 1) throw new DomainError('RECORD_NOT_UNIQUE', 'The condition finds several resources. Narrow it, for instance by identifier with its system.', place)
  return found[0] ?? null
}

export function referenceUnknown (place: string): DomainError {
  return new DomainError('RECORD_REFERENCE_UNKNOWN', 'The reference points to nothing that is here or in the same transaction. Post what it points to first, or send an identifier or a display text only.', place)
}

const hospitalTag = 'urn:yiqiao:hospital'

interface Belonging {
  readonly resource: Resource
  readonly place: string
  /** The hospital of the patient it is about. */
  readonly ofPatient: string | null
  /** The caller's own. */
  readonly ofCaller: string | null
  /** All that are configured. */
  readonly known: readonly string[]
}

/** Which hospital's a new record is: the caller's, else its patient's, else as tagged, else the only one there is. */
export function hospitalOf ({ resource, place, ofPatient, ofCaller, known }: Belonging): string {
  const tagged = taggedHospital(resource)
  const [first, ...others] = known
  const found = ofCaller ?? ofPatient ?? tagged ?? (others.length === 0 ? first : undefined)
  const isContradicted = tagged !== undefined && (tagged !== found || !known.includes(tagged))
  if (found === undefined || isContradicted) throw hospitalUnknown(place)
  return found
}

export function hospitalUnknown (place: string): DomainError {
  return new DomainError('RECORD_HOSPITAL_UNKNOWN', `Which hospital this belongs to is not clear. Refer to a patient who is here, or name one of yours in meta.tag of system ${hospitalTag}.`, `${place}.meta.tag`)
}

function taggedHospital ({ meta }: Resource): string | undefined {
  const { tag } = (meta ?? {}) as { readonly tag?: ReadonlyArray<{ readonly system?: string, readonly code?: string }> }
  return tag?.find(({ system }) => system === hospitalTag)?.code
}

const numbered: readonly string[] = ['Appointment', 'DocumentReference', 'MedicationRequest', 'ServiceRequest']

interface Numbered { readonly system?: string }

/** 申请号. An order that nobody has numbered gets a placer number of ours, by which the hospital's answer finds it. */
export function withPlacerNumber (resource: Resource, number: string): Resource {
  if (!numbered.includes(resource.resourceType)) return resource
  return withIdentifier(resource, { type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'PLAC' }] }, system: placerSystem, value: number })
}

/** A client that replaces an order need not know the number that we gave it. */
export function keepingPlacerNumber (resource: Resource, { resource: standing }: RecordVersion): Resource {
  const isOurs = ({ system }: Numbered): boolean => system === placerSystem
  const number = identifiersOf(standing).find(isOurs)
  return number === undefined || identifiersOf(resource).some(isOurs) ? resource : withIdentifier(resource, number)
}

function identifiersOf ({ identifier }: Resource): readonly Numbered[] {
  return Array.isArray(identifier) ? identifier as readonly Numbered[] : []
}

function withIdentifier (resource: Resource, identifier: object): Resource {
  return { ...resource, identifier: [...identifiersOf(resource), identifier] }
}
