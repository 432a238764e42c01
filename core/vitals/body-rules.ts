import { ofAdults, valueOf, type AdviceSettings, type Bands, type Facts, type Judgement, type NotAssessedReason, type Rule } from './finding.ts'

const bodySources = { china: 'WS/T 428-2013; 体重管理指导原则（2024 年版）', who: 'WHO, Obesity: preventing and managing the global epidemic (TRS 894)' } as const
const judged = {
  low: { band: 'underweight', severity: 'notice', textKey: 'body.low' },
  normal: { band: 'normal', severity: 'normal', textKey: 'body.normal' },
  over: { band: 'overweight', severity: 'notice', textKey: 'body.over' },
  obese: { band: 'obesity', severity: 'see_doctor', textKey: 'body.obese' }
} as const satisfies Readonly<Record<string, Judgement>>

type Below = ReadonlyArray<readonly [below: number, judgement: Judgement]>

/** 体质指数, kg/m2 to one decimal. A class ends below its number. */
const bodyClasses: Readonly<Record<AdviceSettings['bodyMass'], Below>> = {
  china: [[18.5, judged.low], [24, judged.normal], [28, judged.over], [Infinity, judged.obese]],
  who: [[18.5, judged.low], [25, judged.normal], [30, judged.over], [35, { ...judged.obese, band: 'obesity_1' }], [40, { ...judged.obese, band: 'obesity_2' }], [Infinity, { ...judged.obese, band: 'obesity_3' }]]
}
/** From 80 years on another range is aimed at (体重管理指导原则 2024). */
const oldAge = { fromYears: 80, least: 22, most: 26.9 } as const

function judgeBodyMass (facts: Facts): Judgement {
  const bodyMass = valueOf(facts, 'bodyMass')
  const { settings, person } = facts
  if (settings.bodyMass === 'china' && (person.ageYears ?? 0) >= oldAge.fromYears) {
    if (bodyMass < oldAge.least) return { band: 'below_target', severity: 'notice', textKey: 'body.old_low' }
    return bodyMass > oldAge.most ? { band: 'above_target', severity: 'notice', textKey: 'body.old_high' } : judged.normal
  }
  return below(bodyClasses[settings.bodyMass], bodyMass)
}

/** 中心型肥胖, cm. */
const waistClasses: Readonly<Record<'male' | 'female', Below>> = {
  male: waistOf(85, 90),
  female: waistOf(80, 85)
}

function waistOf (pre: number, central: number): Below {
  return [
    [pre, { band: 'normal', severity: 'normal', textKey: 'waist.normal' }],
    [central, { band: 'pre_central', severity: 'notice', textKey: 'waist.pre_central' }],
    [Infinity, { band: 'central', severity: 'see_doctor', textKey: 'waist.central' }]
  ]
}

function below (classes: Below, value: number): Judgement {
  const found = classes.find(([limit]) => value < limit)
  if (found === undefined) throw new Error('the last class has no end')
  return found[1]
}

/** Neither weight nor waist tells this of a pregnant woman. */
const ofAdultsNotPregnant = (facts: Facts): NotAssessedReason | null => facts.person.isPregnant === true ? 'pregnant' : ofAdults(facts)

/** QTc by Fridericia, ms; Bazett is told beside it. */
const qtcClasses = (prolongedFrom: number): Bands<Judgement> => [
  [390, { band: 'short', severity: 'see_doctor', textKey: 'qtc.short' }],
  [prolongedFrom - 1, { band: 'normal', severity: 'normal', textKey: 'qtc.normal' }],
  [500, { band: 'prolonged', severity: 'see_doctor', textKey: 'qtc.prolonged' }],
  [Infinity, { band: 'high_risk', severity: 'see_doctor_today', textKey: 'qtc.high_risk' }]
]
const qtcBySex = { male: qtcClasses(450), female: qtcClasses(460) } as const

function judgeQtc (facts: Facts): Judgement {
  const qtc = valueOf(facts, 'qtcFridericia')
  // Where the sex is not known, the limit that misses nobody.
  const found = qtcBySex[facts.person.sex ?? 'male'].find(([upTo]) => qtc <= upTo)
  if (found === undefined) throw new Error('the last class has no end')
  return found[1]
}

export const bodyRules: readonly Rule[] = [
  { id: 'body-mass', reads: ['bodyMass', 'weight', 'height'], source: ({ bodyMass }) => bodySources[bodyMass], unless: ofAdultsNotPregnant, judge: judgeBodyMass },
  {
    id: 'waist',
    reads: ['waist'],
    source: 'WS/T 428-2013',
    unless: (facts) => facts.person.sex === null ? 'sex_unknown' : ofAdultsNotPregnant(facts),
    judge: (facts) => facts.person.sex === null ? null : below(waistClasses[facts.person.sex], valueOf(facts, 'waist'))
  },
  { id: 'qtc', reads: ['qtcFridericia', 'qtcBazett', 'qt'], source: 'AHA/ACCF/HRS Recommendations for the Standardization and Interpretation of the ECG, part IV, 2009', unless: ofAdults, judge: judgeQtc }
]
