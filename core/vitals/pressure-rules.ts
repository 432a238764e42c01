import { atAnyAge, ofAdults, valueOf, type AdviceSettings, type Facts, type Judgement, type Rule, type Severity } from './finding.ts'
import { news2Source } from './news2.ts'
import type { TextKey } from './texts-zh.ts'
import type { PressureSetting } from './vitals.ts'

interface PressureClass {
  readonly band: string
  /** Reached by either of the two; the higher class wins. */
  readonly systolic: number
  readonly diastolic: number
  readonly severity: Severity
  readonly textKey: TextKey
}

/** 高血压. Office readings of adults, highest first. */
const officeClasses: Readonly<Record<AdviceSettings['bloodPressure'], readonly PressureClass[]>> = {
  2024: [
    { band: 'grade_3', systolic: 180, diastolic: 110, severity: 'see_doctor_today', textKey: 'pressure.grade_3' },
    { band: 'grade_2', systolic: 160, diastolic: 100, severity: 'see_doctor', textKey: 'pressure.grade_2' },
    { band: 'grade_1', systolic: 140, diastolic: 90, severity: 'see_doctor', textKey: 'pressure.grade_1' },
    { band: 'high_normal', systolic: 120, diastolic: 80, severity: 'notice', textKey: 'pressure.high_normal' }
  ],
  2022: [
    { band: 'grade_2', systolic: 140, diastolic: 90, severity: 'see_doctor', textKey: 'pressure.grade_2' },
    { band: 'grade_1', systolic: 130, diastolic: 80, severity: 'see_doctor', textKey: 'pressure.grade_1' }
  ]
}
/** From which on a reading out of the office counts as elevated; the grades are of the office. */
const outOfOffice: Readonly<Record<Exclude<PressureSetting, 'office'>, readonly [systolic: number, diastolic: number]>> = {
  home: [135, 85],
  ambulatory_24h: [130, 80],
  ambulatory_day: [135, 85],
  ambulatory_night: [120, 70]
}
const sources = { 2024: '中国高血压防治指南（2024 年修订版）', 2022: '中国高血压临床实践指南（2022）' } as const
const reads = ['systolic', 'diastolic'] as const
const normal: Judgement = { band: 'normal', severity: 'normal', textKey: 'pressure.normal' }
/** Where NEWS2 gives 3 points; a rule of its own tells of it. */
const lowest = 90

function judgePressure (facts: Facts): Judgement | null {
  const [systolic, diastolic] = [valueOf(facts, 'systolic'), valueOf(facts, 'diastolic')]
  // In the range of a hypertensive crisis: measured again before anybody is alarmed.
  if (systolic > 180 || diastolic > 120) return { band: 'red_flag', severity: 'recheck_now', textKey: 'pressure.red_flag' }
  if (systolic <= lowest) return null
  const { pressureSetting } = facts.vitals
  return withHistory(facts, pressureSetting === null || pressureSetting === 'office' ? inOffice(facts, { systolic, diastolic }) : atHome(pressureSetting, { systolic, diastolic }))
}

interface Reading {
  readonly systolic: number
  readonly diastolic: number
}

function inOffice ({ settings }: Facts, { systolic, diastolic }: Reading): Judgement {
  const found = officeClasses[settings.bloodPressure].find((each) => systolic >= each.systolic || diastolic >= each.diastolic)
  return found === undefined ? normal : { band: found.band, severity: found.severity, textKey: found.textKey }
}

function atHome (setting: Exclude<PressureSetting, 'office'>, { systolic, diastolic }: Reading): Judgement {
  const [most, mostDiastolic] = outOfOffice[setting]
  if (systolic < most && diastolic < mostDiastolic) return normal
  const severity = systolic >= 180 || diastolic >= 110 ? 'see_doctor_today' : 'see_doctor'
  return { band: 'elevated', severity, textKey: 'pressure.elevated' }
}

/** Who is under care for it already is sent to that care, not to find out what it is. */
function withHistory ({ person: { conditions } }: Facts, judged: Judgement): Judgement {
  return judged.severity === 'see_doctor' && conditions.includes('hypertension') ? { ...judged, textKey: 'pressure.known' } : judged
}

/** 单纯收缩期、舒张期: which of the two is high. */
function judgePattern (facts: Facts): Judgement | null {
  const [systolic, diastolic] = [valueOf(facts, 'systolic') >= 140, valueOf(facts, 'diastolic') >= 90]
  if (systolic === diastolic) return null
  return { band: systolic ? 'isolated_systolic' : 'isolated_diastolic', severity: 'notice', textKey: systolic ? 'pressure.isolated_systolic' : 'pressure.isolated_diastolic' }
}

function judgeInPregnancy (facts: Facts): Judgement | null {
  const [systolic, diastolic] = [valueOf(facts, 'systolic'), valueOf(facts, 'diastolic')]
  if (systolic >= 160 || diastolic >= 110) return { band: 'severe', severity: 'recheck_now', textKey: 'pressure.pregnant_red_flag' }
  return systolic >= 140 || diastolic >= 90 ? { band: 'elevated', severity: 'see_doctor_today', textKey: 'pressure.pregnant' } : null
}

export const pressureRules: readonly Rule[] = [
  { id: 'blood-pressure', reads, source: ({ bloodPressure }) => sources[bloodPressure], unless: ofAdults, judge: judgePressure },
  {
    id: 'blood-pressure.low',
    reads,
    source: news2Source,
    unless: ofAdults,
    judge: (facts) => valueOf(facts, 'systolic') <= lowest ? { band: 'low', severity: 'see_doctor_today', textKey: 'pressure.low' } : null
  },
  {
    id: 'blood-pressure.pattern',
    reads,
    source: sources[2024],
    unless: ofAdults,
    // The pattern is one of office readings by the guideline of 2024.
    judge: (facts) => facts.settings.bloodPressure === '2024' && (facts.vitals.pressureSetting ?? 'office') === 'office' ? judgePattern(facts) : null
  },
  { id: 'blood-pressure.pregnancy', reads, source: '妊娠期高血压疾病诊治指南（2020）', unless: atAnyAge, judge: (facts) => facts.person.isPregnant === true ? judgeInPregnancy(facts) : null }
]
