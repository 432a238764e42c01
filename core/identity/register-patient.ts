import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { StableId } from '../ids.ts'
import type { RecordChange } from '../records/index.ts'
import type { IdentityReading } from './identity-reading.ts'
import { placerSystem } from './own-number.ts'
import type { PatientStore, WantedIdentifier } from './ports.ts'
import { fileNumber } from './read-identity.ts'
import { checkResidentId } from './resident-id.ts'

export interface RegisterPatient {
  readonly reading: IdentityReading
  readonly name: string
  readonly birthDate: CalendarDate
  readonly gender: 'male' | 'female' | 'other' | 'unknown'
  readonly phone: string | null
  /** Who did it. */
  readonly by: string
}

interface RegisterDeps {
  readonly patients: Pick<PatientStore, 'find'>
  readonly takeIn: (changes: readonly RecordChange[]) => Promise<unknown>
  readonly stableId: StableId
  readonly opened: (text: string) => string
}

/**
 * 建档. A file for somebody whose document was read and whom the hospital does not know; it goes out to the hospital
 * (ADT^A28, Patient). Once per document: a second wish gets the file that stands.
 */
export async function registerPatient ({ patients, takeIn, stableId, opened }: RegisterDeps, command: RegisterPatient, at: Date): Promise<{ readonly patientId: string }> {
  const { patientId, hospitalId, unknownIdentifier } = command.reading
  if (unknownIdentifier === null || await patients.find(patientId) !== null) return { patientId }
  const identifier = JSON.parse(opened(unknownIdentifier)) as WantedIdentifier
  refuseContradiction(identifier, command)
  await takeIn([{
    resource: patientOf(command, { identifier, number: fileNumber(stableId, hospitalId, identifier) }),
    removed: [],
    weak: false,
    asOf: at,
    hospitalId,
    patientId,
    isOurs: true,
    source: command.by,
    mappingVersion: null
  }])
  return { patientId }
}

/** A card is given out by a hospital: one that its hospital does not know is no paper to open a file on. */
function refuseContradiction ({ type, value }: WantedIdentifier, { birthDate, gender, phone }: RegisterPatient): void {
  if (type !== 'NI') throw new DomainError('REQUEST_INVALID', 'The hospital does not know this card. Read a resident id or an insurance credential to make a file.', 'readingId')
  const residentId = checkResidentId(value)
  if (residentId !== null && residentId.birthDate !== birthDate) throw new DomainError('REQUEST_INVALID', 'The document that was read says another day of birth. Take it from the document.', 'birthDate')
  if (residentId !== null && (gender === 'male' || gender === 'female') && residentId.gender !== gender) throw new DomainError('REQUEST_INVALID', 'The document that was read says another sex. Take it from the document.', 'gender')
  if (phone !== null && !/^\+?[0-9][0-9 -]{4,19}$/.test(phone)) throw new DomainError('REQUEST_INVALID', 'Write the phone number in digits.', 'phone')
}

const kinds = 'http://terminology.hl7.org/CodeSystem/v2-0203'
const typed = (code: string): object => ({ coding: [{ system: kinds, code }] })

/** Our number first: whoever refers to the file names it by that. */
function patientOf ({ reading, name, birthDate, gender, phone }: RegisterPatient, { identifier, number }: { readonly identifier: WantedIdentifier, readonly number: string }): RecordChange['resource'] {
  return {
    resourceType: 'Patient',
    id: reading.patientId,
    identifier: [
      { type: typed('PI'), system: placerSystem, value: number, assigner: { display: 'YIQIAO' } },
      { type: typed(identifier.type), system: identifier.system, value: identifier.value }
    ],
    active: true,
    name: [{ use: 'official', text: name, ...partsOf(name) }],
    gender,
    birthDate,
    ...phone === null ? {} : { telecom: [{ system: 'phone', value: phone, use: 'mobile' }] }
  }
}

/** 复姓. Family names of two characters; any other Chinese name begins with one. */
const doubleFamilyNames = ['欧阳', '司马', '诸葛', '上官', '夏侯', '东方', '皇甫', '尉迟', '公孙', '慕容', '令狐', '长孙', '宇文', '司徒']

export function partsOf (name: string): { readonly family?: string, readonly given?: readonly string[] } {
  if (!/^\p{Script=Han}{2,6}$/u.test(name)) return {}
  const characters = [...name]
  const length = characters.length > 2 && doubleFamilyNames.includes(characters.slice(0, 2).join('')) ? 2 : 1
  return { family: characters.slice(0, length).join(''), given: [characters.slice(length).join('')] }
}
