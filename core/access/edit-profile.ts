import { DomainError } from '../errors.ts'
import type { RecordChange, RecordVersion } from '../records/index.ts'
import { sameJson } from '../same-json.ts'
import { comparablePhone } from './phone.ts'
import { emergencyContactCode, isEmergencyContact, isHome, isPhone, profileOf, type ContactPoint, type EmergencyContact, type FhirAddress, type FhirContact, type HospitalProfile, type OwnFacts, type PatientElements, type PostalAddress } from './profile.ts'

/** What is given is changed, null takes away; what is absent stays. */
export type ProfileEdit = Partial<OwnFacts>

/** Which versions a profile was read from: what an edit names must still be so. */
export function profileVersion (records: readonly RecordVersion[]): string {
  return records.map(({ id, version }) => `${id}:${version}`).sort().join(',')
}

export interface EditProfile {
  /** Every record of the person that the caller may edit. */
  readonly records: readonly RecordVersion[]
  readonly edit: ProfileEdit
  readonly by: string
  readonly at: Date
}

/**
 * The changes that an edit makes of each active record of the person. They are ours, so they go out to every hospital
 * that knows the person; what a hospital says later of the same element holds again.
 */
export function editsOf ({ records, edit, by, at }: EditProfile): readonly RecordChange[] {
  refuseImpossible(edit)
  return records.flatMap((record) => {
    const { hospitalId } = record
    const standing = profileOf(record)
    if (hospitalId === null || !standing.active) return []
    const elements = elementsOf(record.resource as PatientElements, edit, standing)
    const removed = Object.keys(elements).filter((element) => elements[element]?.length === 0)
    const kept = Object.fromEntries(Object.entries(elements).filter(([, value]) => value.length > 0))
    if (Object.keys(elements).length === 0) return []
    return [{
      resource: { resourceType: 'Patient', id: record.id, ...kept },
      removed,
      weak: false,
      asOf: afterAllSaid(record, Object.keys(elements), at),
      hospitalId,
      patientId: record.id,
      isOurs: true,
      source: by,
      mappingVersion: null
    }]
  })
}

/** A sender's clock may be ahead of ours; the owner's word is newer than what it replaces all the same. */
function afterAllSaid ({ elementTimes }: RecordVersion, elements: readonly string[], at: Date): Date {
  return new Date(Math.max(at.getTime(), ...elements.map((element) => (elementTimes[element] ?? 0) + 1)))
}

function refuseImpossible ({ phones, emergencyContact }: ProfileEdit): void {
  const wrong = phones?.findIndex((phone) => comparablePhone(phone) === null) ?? -1
  if (wrong >= 0) throw new DomainError('REQUEST_INVALID', 'Write the phone number in digits.', `phones[${wrong}]`)
  if (emergencyContact !== undefined && emergencyContact !== null && comparablePhone(emergencyContact.phone) === null) {
    throw new DomainError('REQUEST_INVALID', 'Write the phone number in digits.', 'emergencyContact.phone')
  }
}

/** Only elements that differ from what the record says; each whole, since that is how records merge. */
function elementsOf (patient: PatientElements, edit: ProfileEdit, standing: HospitalProfile): Readonly<Record<string, readonly unknown[]>> {
  const { phones, email, address, preferredLanguage, emergencyContact } = changesIn(edit, standing)
  return {
    ...(phones === undefined && email === undefined ? {} : { telecom: telecomWith(patient.telecom ?? [], phones, email) }),
    ...(address === undefined ? {} : { address: addressesWith(patient.address ?? [], address) }),
    ...(preferredLanguage === undefined ? {} : { communication: languagesWith(patient.communication ?? [], preferredLanguage) }),
    ...(emergencyContact === undefined ? {} : { contact: contactsWith(patient.contact ?? [], emergencyContact) })
  }
}

function changesIn (edit: ProfileEdit, standing: OwnFacts): ProfileEdit {
  const facts = ['phones', 'email', 'address', 'preferredLanguage', 'emergencyContact'] as const
  return Object.fromEntries(facts.filter((fact) => edit[fact] !== undefined && !sameJson(edit[fact], standing[fact])).map((fact) => [fact, edit[fact]]))
}

function telecomWith (standing: readonly ContactPoint[], phones: readonly string[] | undefined, email: string | null | undefined): readonly ContactPoint[] {
  const known = (number: string): ContactPoint => standing.find((point) => isPhone(point) && point.value === number) ?? { system: 'phone', value: number, use: 'mobile' }
  const ofPhones = phones === undefined ? standing.filter(isPhone) : phones.map(known)
  const others = standing.filter((point) => !isPhone(point) && (email === undefined || point.system !== 'email'))
  return [...ofPhones, ...others, ...(email === undefined || email === null ? [] : [{ system: 'email', value: email }])]
}

function addressesWith (standing: readonly FhirAddress[], address: PostalAddress | null): readonly FhirAddress[] {
  const others = standing.filter((one) => !isHome(one))
  if (address === null) return others
  const { line, district, city, province, postalCode } = address
  const home: FhirAddress = {
    use: 'home',
    ...(line === null ? {} : { line: [line] }),
    ...(district === null ? {} : { district }),
    ...(city === null ? {} : { city }),
    ...(province === null ? {} : { state: province }),
    ...(postalCode === null ? {} : { postalCode })
  }
  return [home, ...others]
}

function languagesWith (standing: NonNullable<PatientElements['communication']>, language: string | null): NonNullable<PatientElements['communication']> {
  const others = standing.filter((one) => one.preferred !== true && one.language.coding?.[0]?.code !== language)
  return language === null ? others : [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: language }] }, preferred: true }, ...others]
}

function contactsWith (standing: readonly FhirContact[], contact: EmergencyContact | null): readonly FhirContact[] {
  const others = standing.filter((one) => !isEmergencyContact(one))
  if (contact === null) return others
  const { name, phone, relation } = contact
  return [{ relationship: [{ coding: [emergencyContactCode], ...(relation === null ? {} : { text: relation }) }], name: { text: name }, telecom: [{ system: 'phone', value: phone }] }, ...others]
}
