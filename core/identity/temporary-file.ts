import type { CalendarDate } from '../clock.ts'
import type { StableId } from '../ids.ts'
import type { RecordChange } from '../records/index.ts'
import { ownNumberFrom, placerSystem } from './own-number.ts'
import { partsOf } from './register-patient.ts'

/** What somebody without a document says of themselves. Nothing of it is proven, and nobody is looked up by it. */
export interface TypedFacts {
  readonly name: string | null
  readonly birthDate: CalendarDate | null
  readonly gender: 'male' | 'female' | 'other' | 'unknown'
  readonly phone: string | null
}

/** The number and record that an occasion leads to: the same occasion, repeated, leads to the same. */
export function temporaryNumber (stableId: StableId, hospitalId: string, occasionId: string): { readonly number: string, readonly patientId: string } {
  const number = ownNumberFrom(stableId(hospitalId, 'temporary-file', occasionId))
  return { number, patientId: stableId(hospitalId, 'Patient', number) }
}

/** 临时号. A file without a document: our number alone, for the time being. It goes out to the hospital, which merges it into its own (ADT^A40) once it knows who it is. */
export function temporaryFile ({ number, patientId, hospitalId, facts, by }: { readonly number: string, readonly patientId: string, readonly hospitalId: string, readonly facts: TypedFacts, readonly by: string }, at: Date): RecordChange {
  const { name, birthDate, gender, phone } = facts
  return {
    resource: {
      resourceType: 'Patient',
      id: patientId,
      identifier: [{ use: 'temp', type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'PI' }] }, system: placerSystem, value: number, assigner: { display: 'YIQIAO' } }],
      active: true,
      ...name === null ? {} : { name: [{ use: 'usual', text: name, ...partsOf(name) }] },
      gender,
      ...birthDate === null ? {} : { birthDate },
      ...phone === null ? {} : { telecom: [{ system: 'phone', value: phone, use: 'mobile' }] }
    },
    removed: [],
    weak: false,
    asOf: at,
    hospitalId,
    patientId,
    isOurs: true,
    source: by,
    mappingVersion: null
  }
}
