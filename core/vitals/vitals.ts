import { implausible, measured, roundHalfUp, type Quantity, type QuantityName } from './quantity.ts'

/** Where a blood pressure was taken: out of the office other limits hold. */
export const pressureSettings = ['office', 'home', 'ambulatory_24h', 'ambulatory_day', 'ambulatory_night'] as const
export type PressureSetting = typeof pressureSettings[number]
export const glucoseContexts = ['fasting', 'two_hours', 'random', 'unknown'] as const
export type GlucoseContext = typeof glucoseContexts[number]
/** ACVPU. */
export const consciousnessLevels = ['alert', 'confused', 'voice', 'pain', 'unresponsive'] as const
export type Consciousness = typeof consciousnessLevels[number]

/** One lead; FHIR SampledData. */
export interface Waveform {
  readonly lead: string
  /** Value of a sample = origin + factor × number, in `unit` (UCUM). */
  readonly origin: number
  readonly factor: number
  readonly unit: string
  readonly periodMs: number
  /** Decimal numbers, `E`, `U` or `L`, apart by one space (R4 SampledData). */
  readonly data: string
}

export interface Recording {
  readonly contentType: string
  /** Base64. */
  readonly data: string
  /** Where on the body. */
  readonly bodySite: string | null
}

/** What a device or person gives, each in its own unit. Null: not measured. */
export interface GivenVitals {
  readonly bloodPressure: { readonly systolic: Quantity, readonly diastolic: Quantity, readonly setting: PressureSetting } | null
  readonly glucose: Quantity & { readonly context: GlucoseContext } | null
  readonly oxygenSaturation: Quantity & { readonly supply: 'air' | 'oxygen' | 'unknown', readonly scale: 1 | 2, readonly flow: Quantity | null } | null
  readonly single: Readonly<Partial<Record<SingleName, Quantity>>>
  readonly consciousness: Consciousness | null
  readonly ecg: Readonly<Partial<Record<EcgName, Quantity>>> & { readonly statement: string | null, readonly leads: readonly Waveform[] } | null
  readonly stethoscope: Recording | null
}

export const singleNames = ['temperature', 'weight', 'height', 'waist', 'pulse', 'respiration'] as const satisfies readonly QuantityName[]
type SingleName = typeof singleNames[number]
export const ecgNames = ['qt', 'qrs', 'pr', 'ecgRate'] as const satisfies readonly QuantityName[]
type EcgName = typeof ecgNames[number]

/** What follows from measured numbers: kg/m2, and ms after Bazett and Fridericia. */
export type DerivedName = 'bodyMass' | 'qtcBazett' | 'qtcFridericia'
export type ValueName = QuantityName | DerivedName

/** Vital signs in the units that are kept, with what follows from them. */
export interface Vitals {
  readonly values: Readonly<Partial<Record<ValueName, number>>>
  readonly pressureSetting: PressureSetting | null
  readonly glucoseContext: GlucoseContext | null
  /** Null: nobody has said. */
  readonly supply: 'air' | 'oxygen' | null
  /** Of NEWS2: 2 only under a prescribed target of 88–92 %. */
  readonly scale: 1 | 2
  readonly consciousness: Consciousness | null
  readonly ecgStatement: string | null
}

type Given = readonly [name: QuantityName, quantity: Quantity | null | undefined, place: string]

/** Converts and checks what was given. Refuses with VITAL_UNIT_UNKNOWN and VITAL_IMPLAUSIBLE; then nothing of it holds. */
export function vitalsOf (given: GivenVitals): Vitals {
  const values: Partial<Record<ValueName, number>> = {}
  for (const [name, quantity, place] of quantitiesOf(given)) if (quantity !== null && quantity !== undefined) values[name] = measured(name, quantity, place)
  const { systolic, diastolic } = values
  if (systolic !== undefined && diastolic !== undefined && systolic <= diastolic) throw implausible('a systolic pressure above the diastolic one', 'bloodPressure')
  return { values: { ...values, ...derivedFrom(values) }, ...circumstancesOf(given) }
}

function quantitiesOf ({ bloodPressure, glucose, oxygenSaturation, single, ecg }: GivenVitals): readonly Given[] {
  return [
    ['systolic', bloodPressure?.systolic, 'bloodPressure.systolic'],
    ['diastolic', bloodPressure?.diastolic, 'bloodPressure.diastolic'],
    ['glucose', glucose, 'glucose'],
    ['oxygenSaturation', oxygenSaturation, 'oxygenSaturation'],
    ['oxygenFlow', oxygenSaturation?.flow, 'oxygenSaturation.flow'],
    ...singleNames.map((name): Given => [name, single[name], name]),
    ...ecgNames.map((name): Given => [name, ecg?.[name], `ecg.${name}`])
  ]
}

function circumstancesOf ({ bloodPressure, glucose, oxygenSaturation, consciousness, ecg }: GivenVitals): Omit<Vitals, 'values'> {
  return {
    pressureSetting: bloodPressure?.setting ?? null,
    glucoseContext: glucose?.context ?? null,
    supply: oxygenSaturation === null || oxygenSaturation.supply === 'unknown' ? null : oxygenSaturation.supply,
    scale: oxygenSaturation?.scale ?? 1,
    consciousness,
    ecgStatement: ecg?.statement ?? null
  }
}

/** Bazett: QT/√RR; Fridericia: QT/∛RR, with RR in seconds. Bazett over-corrects above about 85/min. */
function derivedFrom ({ weight, height, qt, ecgRate, pulse }: Vitals['values']): Vitals['values'] {
  const rate = ecgRate ?? pulse
  const seconds = rate === undefined ? undefined : 60 / rate
  return {
    ...weight === undefined || height === undefined ? {} : { bodyMass: roundHalfUp(weight / (height / 100) ** 2, 1) },
    ...qt === undefined || seconds === undefined ? {} : { qtcBazett: roundHalfUp(qt / Math.sqrt(seconds), 0), qtcFridericia: roundHalfUp(qt / Math.cbrt(seconds), 0) }
  }
}
