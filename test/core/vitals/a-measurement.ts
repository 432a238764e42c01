import type { Facts, PersonFacts } from '../../../core/vitals/finding.ts'
import type { Quantity } from '../../../core/vitals/quantity.ts'
import { vitalsOf, type GivenVitals } from '../../../core/vitals/vitals.ts'

export const nothingMeasured: GivenVitals = { bloodPressure: null, glucose: null, oxygenSaturation: null, single: {}, consciousness: null, ecg: null, stethoscope: null }

export const q = (value: number, unit: string): Quantity => ({ value, unit })
export const mmHg = (systolic: number, diastolic: number): Pick<GivenVitals, 'bloodPressure'> => ({ bloodPressure: { systolic: q(systolic, 'mm[Hg]'), diastolic: q(diastolic, 'mm[Hg]'), setting: 'office' } })
export const saturation = (value: number, supply: 'air' | 'oxygen' | 'unknown' = 'air', scale: 1 | 2 = 1): Pick<GivenVitals, 'oxygenSaturation'> => ({ oxygenSaturation: { ...q(value, '%'), supply, scale, flow: null } })

export const aPerson = (person: Partial<PersonFacts> = {}): PersonFacts => ({ ageYears: 50, sex: 'female', isPregnant: null, conditions: [], ...person })

export function factsOf (given: Partial<GivenVitals>, person: Partial<PersonFacts> = {}, settings: Partial<Facts['settings']> = {}): Facts {
  return { vitals: vitalsOf({ ...nothingMeasured, ...given }), person: aPerson(person), settings: { bloodPressure: '2024', bodyMass: 'china', oxygenSaturationOffset: 0, ...settings } }
}

export const at = new Date('2027-03-01T09:00:00+08:00')
