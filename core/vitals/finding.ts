import type { ConditionGroup } from './condition-group.ts'
import type { TextKey } from './texts-zh.ts'
import type { ValueName, Vitals } from './vitals.ts'

/**
 * How much a finding asks for, least first. recheck_now: a reading that would be an emergency if it holds; it is taken
 * again after five minutes, and the second one is `emergency`.
 */
export const severities = ['normal', 'notice', 'see_doctor', 'see_doctor_today', 'recheck_now', 'emergency'] as const
export type Severity = typeof severities[number]

export interface FindingInput {
  readonly name: ValueName | 'pressureSetting' | 'glucoseContext' | 'supply' | 'consciousness' | 'ecgStatement'
  readonly value: number | string
}

/** What one rule makes of what was measured. */
export interface Finding {
  readonly ruleId: string
  readonly input: readonly FindingInput[]
  readonly band: string
  readonly severity: Severity
  readonly textKey: TextKey
  /** The publication that the limits are from. */
  readonly source: string
  readonly ruleSetVersion: string
}

/** What is known of the person besides today's readings. Null: not known. */
export interface PersonFacts {
  readonly ageYears: number | null
  readonly sex: 'male' | 'female' | null
  readonly isPregnant: boolean | null
  /** On record, from past visits. */
  readonly conditions: readonly ConditionGroup[]
}

/** What a deployment decides (SITE_CONFIG advice). */
export interface AdviceSettings {
  /** The guidelines of 2024 and 2022 disagree (domain document D7). */
  readonly bloodPressure: '2024' | '2022'
  readonly bodyMass: 'china' | 'who'
  /** Percent by which healthy people's saturation is lower at this altitude; 0 below 2,500 m. */
  readonly oxygenSaturationOffset: number
}

export interface Facts {
  readonly vitals: Vitals
  readonly person: PersonFacts
  readonly settings: AdviceSettings
}

export type NotAssessedReason = 'age_unknown' | 'sex_unknown' | 'under_16' | 'under_18' | 'pregnant' | 'prescribed_target'

export interface Judgement {
  readonly band: string
  readonly severity: Severity
  readonly textKey: TextKey
}

/** One rule. It is silent where what it reads was not measured. */
export interface Rule {
  readonly id: string
  readonly reads: readonly ValueName[]
  readonly source: string | ((settings: AdviceSettings) => string)
  /** Why it does not hold for this person; null: it does. */
  readonly unless: (facts: Facts) => NotAssessedReason | null
  readonly judge: (facts: Facts) => Judgement | null
}

/** A band ends at `upTo`, which belongs to it; the last has no end. Ascending. */
export type Bands<Band> = ReadonlyArray<readonly [upTo: number, band: Band]>

export function bandOf<Band> (bands: Bands<Band>, value: number): Band {
  const found = bands.find(([upTo]) => value <= upTo)
  if (found === undefined) throw new Error('the last band has no end')
  return found[1]
}

export const atAnyAge = (): null => null
/** Whose age nobody knows counts as an adult: silence about a dangerous reading would be worse. */
export const ofAdults = ({ person: { ageYears } }: Facts): NotAssessedReason | null => ageYears !== null && ageYears < 18 ? 'under_18' : null
export const from16 = ({ person: { ageYears } }: Facts): NotAssessedReason | null => ageYears !== null && ageYears < 16 ? 'under_16' : null

/** For rules whose `reads` were measured. */
export function valueOf ({ vitals: { values } }: Facts, name: ValueName): number {
  const value = values[name]
  if (value === undefined) throw new Error(`${name} was measured where its rule is asked`)
  return value
}
