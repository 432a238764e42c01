import { DomainError } from '../errors.ts'

/** A number with its UCUM unit, as a device or a person gives it. */
export interface Quantity {
  readonly value: number
  readonly unit: string
}

type Conversion = (value: number) => number

interface QuantityRow {
  /** UCUM unit in which it is kept, and in which the rules of advice read it. */
  readonly unit: string
  /** Further UCUM units in which it may come. */
  readonly from: Readonly<Record<string, Conversion>>
  /** What no living person has, or no device measures, lies outside (telemedicine domain document §3.4). */
  readonly plausible: readonly [least: number, most: number]
  /** Decimals that are kept. Rounded half up before any band is looked up. */
  readonly decimals: 0 | 1
}

const times = (factor: number): Conversion => (value) => value * factor
/** 1 kPa = 7.50061683 mm[Hg] (UCUM: m[Hg] = 133.322 kPa). */
const pressure = { kPa: times(7.50061683) }
const perMinute = { '{beats}/min': times(1), '{breaths}/min': times(1) }
const length = { m: times(100), mm: times(0.1), '[in_i]': times(2.54), '[ft_i]': times(30.48) }
const seconds = { s: times(1000) }

/** Everything that is measured as one number. */
const quantities = {
  systolic: { unit: 'mm[Hg]', from: pressure, plausible: [40, 300], decimals: 0 },
  diastolic: { unit: 'mm[Hg]', from: pressure, plausible: [20, 200], decimals: 0 },
  pulse: { unit: '/min', from: perMinute, plausible: [20, 300], decimals: 0 },
  respiration: { unit: '/min', from: perMinute, plausible: [1, 80], decimals: 0 },
  oxygenSaturation: { unit: '%', from: {}, plausible: [50, 100], decimals: 0 },
  oxygenFlow: { unit: 'L/min', from: { 'mL/min': times(0.001) }, plausible: [0, 100], decimals: 1 },
  temperature: { unit: 'Cel', from: { '[degF]': (value: number) => (value - 32) / 1.8, K: (value: number) => value - 273.15 }, plausible: [25, 45], decimals: 1 },
  // 1 mmol of glucose is 18.016 mg/dL.
  glucose: { unit: 'mmol/L', from: { 'mg/dL': times(1 / 18.016) }, plausible: [0.6, 50], decimals: 1 },
  weight: { unit: 'kg', from: { g: times(0.001), '[lb_av]': times(0.45359237) }, plausible: [1, 400], decimals: 1 },
  height: { unit: 'cm', from: length, plausible: [30, 250], decimals: 1 },
  waist: { unit: 'cm', from: length, plausible: [30, 250], decimals: 1 },
  qt: { unit: 'ms', from: seconds, plausible: [150, 900], decimals: 0 },
  qrs: { unit: 'ms', from: seconds, plausible: [20, 400], decimals: 0 },
  pr: { unit: 'ms', from: seconds, plausible: [40, 600], decimals: 0 },
  ecgRate: { unit: '/min', from: perMinute, plausible: [20, 300], decimals: 0 }
} as const satisfies Readonly<Record<string, QuantityRow>>

export type QuantityName = keyof typeof quantities

export function unitOf (name: QuantityName): string {
  return quantities[name].unit
}

/** Half up; what floating point makes of 38.05 or 120.5 counts as what it stands for. */
export function roundHalfUp (value: number, decimals: 0 | 1): number {
  const scale = decimals === 0 ? 1 : 10
  return Math.floor(value * scale + 0.5 + 1e-6) / scale
}

/** The number in the unit that is kept. Refuses with VITAL_UNIT_UNKNOWN and VITAL_IMPLAUSIBLE. */
export function measured (name: QuantityName, { value, unit }: Quantity, place: string): number {
  const row: QuantityRow = quantities[name]
  const convert = unit === row.unit ? times(1) : Object.hasOwn(row.from, unit) ? row.from[unit] : undefined
  if (convert === undefined) throw new DomainError('VITAL_UNIT_UNKNOWN', `This cannot be read in that unit. Send it in ${[row.unit, ...Object.keys(row.from)].join(', ')} (UCUM).`, place)
  const found = convert(value)
  const [least, most] = row.plausible
  // What a conversion leaves behind the ninth digit puts nothing outside.
  if (!(found > least - 1e-9 && found < most + 1e-9)) throw implausible(`from ${least} to ${most} ${row.unit}`, place)
  return roundHalfUp(found, row.decimals)
}

export function implausible (expected: string, place: string): DomainError {
  return new DomainError('VITAL_IMPLAUSIBLE', `This cannot be so of a person; ${expected} can. Measure again.`, place)
}
