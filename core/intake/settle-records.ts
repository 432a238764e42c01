import { DomainError } from '../errors.ts'
import type { StableId } from '../ids.ts'
import type { RecordVersion, Resource } from '../records/index.ts'
import { hospitalOf, hospitalUnknown, keepingPlacerNumber, withPlacerNumber, type SubmittedRecord, type Submission } from './submitted-records.ts'
import { patientOf, referencesIn, withReferences } from './reference.ts'

/** What the store knows of the records that a submission names. */
export interface Known {
  /** Of those that are to be replaced, and of those that a condition found, by posted record. */
  readonly standing: ReadonlyMap<SubmittedRecord, RecordVersion>
  /** What a conditional reference means, by its text: `Type/id`. */
  readonly found: ReadonlyMap<string, string>
  /** Records that are referred to, by `Type/id`. */
  readonly referred: ReadonlyMap<string, RecordVersion>
  /** Whether there is a record of this `Type/id` that a condition once made and no longer finds. */
  readonly isTaken: (key: string) => boolean
}

interface SettleTools {
  /** The hospital's own key of a resource; null where it has none. */
  readonly keyOf: (resource: Resource) => string | null
  readonly stableId: StableId
  readonly nextId: () => string
  readonly hospitalIds: readonly string[]
}

/** A posted record with its identity, its references among records and whose it is. */
export interface SettledRecord {
  readonly posted: SubmittedRecord
  readonly resource: Resource & { readonly id: string }
  readonly hospitalId: string
  readonly patientId: string | null
}

interface Named {
  readonly id: string
  readonly hospitalId: string
  readonly resource: Resource
}

/**
 * Gives every posted record its id. A key may hold a reference (a result is a part of its report), so what is referred
 * to is named first; where two name each other, the key of one of them is read as it was posted.
 */
export function settleRecords (submission: Submission, known: Known, tools: SettleTools): readonly SettledRecord[] {
  const byAddress = new Map(submission.records.flatMap((posted) => posted.fullUrl === null ? [] : [[posted.fullUrl, posted] as const]))
  const named = new Map<SubmittedRecord, Named | null>()
  const addressOf = (text: string): string | undefined => {
    const other = byAddress.get(text)
    const name = other === undefined ? null : named.get(other) ?? null
    return other === undefined || name === null ? known.found.get(text) : `${other.resource.resourceType}/${name.id}`
  }
  const name = (posted: SubmittedRecord): void => {
    if (named.has(posted)) return
    named.set(posted, null)
    for (const { text } of referencesIn(posted.resource, posted.place)) {
      const other = byAddress.get(text)
      if (other !== undefined) name(other)
    }
    named.set(posted, nameOf(posted, withReferences(posted.resource, addressOf)))
  }
  const nameOf = (posted: SubmittedRecord, resource: Resource): Named => {
    const standing = known.standing.get(posted)
    const hospitalId = standing?.hospitalId ?? hospitalOf({ resource, place: posted.place, ofPatient: hospitalOfPatient(resource), ofCaller: submission.hospitalId, known: tools.hospitalIds })
    if (standing !== undefined) {
      if (posted.to.kind === 'standing') refuseOtherHospital(posted, { resource, hospitalId })
      return { id: standing.id, hospitalId, resource: keepingPlacerNumber(resource, standing) }
    }
    return { hospitalId, ...identified(posted, resource, hospitalId) }
  }
  // A caller of one hospital cannot refer to another's patient, and must not learn whose it is.
  const refuseOtherHospital = ({ place }: SubmittedRecord, { resource, hospitalId }: Omit<Named, 'id'>): void => {
    const ofPatient = submission.hospitalId === null ? hospitalOfPatient(resource) : null
    if (hospitalOf({ resource, place, ofPatient, ofCaller: null, known: [hospitalId] }) !== hospitalId) throw hospitalUnknown(place)
  }
  const hospitalOfPatient = (resource: Resource): string | null => {
    const patientId = patientOf(resource)
    if (patientId === null) return null
    for (const [posted, name] of named) if (name?.id === patientId && posted.resource.resourceType === 'Patient') return name.hospitalId
    return known.referred.get(`Patient/${patientId}`)?.hospitalId ?? null
  }
  const identified = (posted: SubmittedRecord, resource: Resource, hospitalId: string): Pick<Named, 'id' | 'resource'> => {
    const type = resource.resourceType
    const key = tools.keyOf(resource)
    if (key !== null) return { id: tools.stableId(hospitalId, type, key), resource }
    const number = tools.nextId()
    const numbered = withPlacerNumber(resource, number)
    const keyOfNumber = numbered === resource ? null : tools.keyOf(numbered)
    if (keyOfNumber !== null) return { id: tools.stableId(hospitalId, type, keyOfNumber), resource: numbered }
    return { id: idByCondition(posted, hospitalId) ?? number, resource: numbered }
  }
  // Two clients that create by the same condition at the same time come to the same id, so the store lets one of them pass.
  const idByCondition = ({ resource, to }: SubmittedRecord, hospitalId: string): string | null => {
    if (to.kind === 'standing' || to.unless === null) return null
    const id = tools.stableId(hospitalId, resource.resourceType, `if-none-exist:${to.unless.text}`)
    return known.isTaken(`${resource.resourceType}/${id}`) ? null : id
  }
  submission.records.forEach(name)
  return refuseTwice(submission.records.flatMap((posted) => {
    const is = named.get(posted) ?? null
    return is === null ? [] : [settled(posted, is, addressOf)]
  }))
}

function settled (posted: SubmittedRecord, { id, hospitalId, resource }: Named, addressOf: (text: string) => string | undefined): SettledRecord {
  const identified = { ...withReferences(resource, addressOf), id }
  return { posted, resource: identified, hospitalId, patientId: identified.resourceType === 'Patient' ? id : patientOf(identified) }
}

function refuseTwice (records: readonly SettledRecord[]): readonly SettledRecord[] {
  const seen = new Set<string>()
  for (const { posted, resource } of records) {
    const key = `${resource.resourceType}/${resource.id}`
    if (seen.has(key)) throw new DomainError('REQUEST_INVALID', 'Two entries of the transaction mean the same resource. Send each once.', posted.place)
    seen.add(key)
  }
  return records
}
