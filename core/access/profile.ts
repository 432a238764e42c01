import type { RecordVersion } from '../records/index.ts'

/** 个人资料. What one hospital's record says of a person. Document numbers are masked, all else is in clear for its owner. */
export interface HospitalProfile extends OwnFacts {
  readonly patientId: string
  readonly hospitalId: string | null
  readonly active: boolean
  readonly name: string | null
  readonly sex: string | null
  readonly birthDate: string | null
  readonly documents: ReadonlyArray<{ readonly type: string | null, readonly number: string }>
}

/** What the owner may change: where and how to be reached. */
export interface OwnFacts {
  readonly phones: readonly string[]
  readonly email: string | null
  readonly address: PostalAddress | null
  /** BCP 47. */
  readonly preferredLanguage: string | null
  readonly emergencyContact: EmergencyContact | null
}

export interface PostalAddress {
  readonly line: string | null
  readonly district: string | null
  readonly city: string | null
  readonly province: string | null
  readonly postalCode: string | null
}

export interface EmergencyContact {
  readonly name: string
  readonly phone: string
  readonly relation: string | null
}

/** Elements of a FHIR Patient that are read here; records are valid R4, so their shapes are trusted. */
export interface PatientElements {
  readonly active?: boolean
  readonly gender?: string
  readonly birthDate?: string
  readonly identifier?: ReadonlyArray<{ readonly value?: string, readonly type?: CodeableConcept }>
  readonly name?: ReadonlyArray<{ readonly use?: string, readonly text?: string, readonly family?: string, readonly given?: readonly string[] }>
  readonly telecom?: readonly ContactPoint[]
  readonly address?: readonly FhirAddress[]
  readonly communication?: ReadonlyArray<{ readonly language: CodeableConcept, readonly preferred?: boolean }>
  readonly contact?: readonly FhirContact[]
}

export interface CodeableConcept { readonly text?: string, readonly coding?: ReadonlyArray<{ readonly system?: string, readonly code?: string, readonly display?: string }> }
export interface ContactPoint { readonly system?: string, readonly value?: string, readonly use?: string }
export interface FhirAddress { readonly use?: string, readonly text?: string, readonly line?: readonly string[], readonly district?: string, readonly city?: string, readonly state?: string, readonly postalCode?: string }
export interface FhirContact { readonly relationship?: readonly CodeableConcept[], readonly name?: { readonly text?: string, readonly family?: string, readonly given?: readonly string[] }, readonly telecom?: readonly ContactPoint[] }

/** HL7 table 0131, as FHIR takes it over for Patient.contact.relationship. */
export const emergencyContactCode = { system: 'http://terminology.hl7.org/CodeSystem/v2-0131', code: 'C' } as const

export function profileOf (record: RecordVersion): HospitalProfile {
  const patient = record.resource as PatientElements
  return { patientId: record.id, hospitalId: record.hospitalId, active: patient.active ?? true, ...identityOf(patient), ...ownFactsOf(patient) }
}

function identityOf ({ name, gender, birthDate, identifier = [] }: PatientElements): Pick<HospitalProfile, 'name' | 'sex' | 'birthDate' | 'documents'> {
  return {
    name: nameOf(name?.find(({ use }) => use === 'official') ?? name?.[0]),
    sex: gender ?? null,
    birthDate: birthDate ?? null,
    documents: identifier.flatMap(({ value, type }) => value === undefined ? [] : [{ type: wordOf(type), number: masked(value) }])
  }
}

function ownFactsOf ({ telecom = [], address = [], communication = [], contact = [] }: PatientElements): OwnFacts {
  return {
    phones: [...new Set(phonesIn(telecom))],
    email: telecom.find(({ system }) => system === 'email')?.value ?? null,
    address: addressOf(address.find(isHome)),
    preferredLanguage: languageOf(communication),
    emergencyContact: contactOf(contact.find(isEmergencyContact))
  }
}

function phonesIn (telecom: readonly ContactPoint[]): readonly string[] {
  return telecom.flatMap((point) => isPhone(point) && point.value !== undefined ? [point.value] : [])
}

function wordOf (concept: CodeableConcept | undefined): string | null {
  return concept?.coding?.[0]?.code ?? concept?.text ?? null
}

/** A relative or guardian that a hospital named (FHIR RelatedPerson, NK1). */
export interface KnownContact {
  readonly hospitalId: string | null
  readonly name: string | null
  readonly relation: string | null
  readonly phones: readonly string[]
}

export function knownContactOf ({ hospitalId, resource }: RecordVersion): KnownContact {
  const { name, relationship, telecom = [] } = resource as Omit<PatientElements, 'contact'> & { readonly relationship?: readonly CodeableConcept[] }
  const [relation] = relationship ?? []
  return { hospitalId, name: nameOf(name?.[0]), relation: relation?.text ?? relation?.coding?.[0]?.display ?? wordOf(relation), phones: phonesIn(telecom) }
}

/** Enough to recognise one's own document by, not to use it: at most the first and the last three characters. */
function masked (number: string): string {
  const shown = number.length >= 12 ? 3 : number.length >= 6 ? 1 : 0
  return number.slice(0, shown) + '*'.repeat(number.length - 2 * shown) + number.slice(number.length - shown)
}

export function isPhone ({ system }: ContactPoint): boolean {
  return system === 'phone' || system === 'sms' || system === undefined
}

export function isHome ({ use }: FhirAddress): boolean {
  return use === undefined || use === 'home'
}

export function isEmergencyContact ({ relationship = [] }: FhirContact): boolean {
  return relationship.some(({ coding = [] }) => coding.some(({ code }) => code === emergencyContactCode.code))
}

function nameOf (name: { readonly text?: string, readonly family?: string, readonly given?: readonly string[] } | undefined): string | null {
  if (name === undefined) return null
  if (name.text !== undefined) return name.text
  const { family = '', given = [] } = name
  // 张 + 三 is one word; Zhang + San are two.
  const isChinese = /\p{Script=Han}/u.test(family)
  return [family, ...given].filter((part) => part !== '').join(isChinese ? '' : ' ') || null
}

function addressOf (address: FhirAddress | undefined): PostalAddress | null {
  if (address === undefined) return null
  const { line = [], district = null, city = null, state = null, postalCode = null, text = null } = address
  return { line: line.length > 0 ? line.join(' ') : text, district, city, province: state, postalCode }
}

function languageOf (communication: NonNullable<PatientElements['communication']>): string | null {
  const language = (communication.find(({ preferred }) => preferred === true) ?? communication[0])?.language
  return wordOf(language)
}

function contactOf (contact: FhirContact | undefined): EmergencyContact | null {
  const name = nameOf(contact?.name)
  const phone = contact?.telecom?.find(isPhone)?.value
  return contact === undefined || name === null || phone === undefined ? null : { name, phone, relation: contact.relationship?.find(({ text }) => text !== undefined)?.text ?? null }
}
