import { atAnyAge, bandOf, from16, ofAdults, valueOf, type Bands, type Facts, type Judgement, type NotAssessedReason, type Rule } from './finding.ts'
import { news2Source } from './news2.ts'

/** 体温, °C to one decimal. */
const temperatures: Bands<Judgement> = [
  [35, { band: 'low', severity: 'recheck_now', textKey: 'temperature.low' }],
  [37.2, { band: 'normal', severity: 'normal', textKey: 'temperature.normal' }],
  [38, { band: 'low_fever', severity: 'notice', textKey: 'temperature.low_fever' }],
  [39, { band: 'moderate_fever', severity: 'see_doctor', textKey: 'temperature.moderate_fever' }],
  [41, { band: 'high_fever', severity: 'see_doctor_today', textKey: 'temperature.high_fever' }],
  [Infinity, { band: 'hyperpyrexia', severity: 'emergency', textKey: 'temperature.hyperpyrexia' }]
]

/** 血氧饱和度, % as a healthy person has it near sea level. */
const saturations: Bands<Judgement> = [
  [92, { band: 'low', severity: 'recheck_now', textKey: 'oxygen.low' }],
  [94, { band: 'borderline', severity: 'see_doctor_today', textKey: 'oxygen.borderline' }],
  [Infinity, { band: 'normal', severity: 'normal', textKey: 'oxygen.normal' }]
]

/** 脉搏, by the bands of NEWS2. */
const pulses: Bands<Judgement> = [
  [40, { band: 'very_slow', severity: 'recheck_now', textKey: 'pulse.extreme' }],
  [50, { band: 'slow', severity: 'notice', textKey: 'pulse.slow' }],
  [90, { band: 'normal', severity: 'normal', textKey: 'pulse.normal' }],
  [110, { band: 'fast', severity: 'notice', textKey: 'pulse.fast' }],
  [130, { band: 'faster', severity: 'see_doctor_today', textKey: 'pulse.faster' }],
  [Infinity, { band: 'very_fast', severity: 'recheck_now', textKey: 'pulse.extreme' }]
]

/** 呼吸, by the bands of NEWS2. */
const respirations: Bands<Judgement> = [
  [8, { band: 'very_slow', severity: 'recheck_now', textKey: 'respiration.extreme' }],
  [11, { band: 'slow', severity: 'notice', textKey: 'respiration.slow' }],
  [20, { band: 'normal', severity: 'normal', textKey: 'respiration.normal' }],
  [24, { band: 'fast', severity: 'see_doctor_today', textKey: 'respiration.fast' }],
  [Infinity, { band: 'very_fast', severity: 'recheck_now', textKey: 'respiration.extreme' }]
]

/** A saturation of 88 to 92 % is what is aimed at where that was prescribed. A low one matters at any age. */
const unlessPrescribed = ({ vitals }: Facts): NotAssessedReason | null => vitals.scale === 2 ? 'prescribed_target' : null

/** What one sign says by itself. */
export const signRules: readonly Rule[] = [
  { id: 'temperature', reads: ['temperature'], source: '诊断学（人民卫生出版社）: 发热分度; NEWS2', unless: atAnyAge, judge: (facts) => bandOf(temperatures, valueOf(facts, 'temperature')) },
  { id: 'oxygen-saturation', reads: ['oxygenSaturation'], source: 'NHS England, pulse oximetry to detect early deterioration at home', unless: unlessPrescribed, judge: (facts) => bandOf(saturations, valueOf(facts, 'oxygenSaturation') + facts.settings.oxygenSaturationOffset) },
  { id: 'pulse', reads: ['pulse'], source: news2Source, unless: ofAdults, judge: (facts) => bandOf(pulses, valueOf(facts, 'pulse')) },
  { id: 'respiration', reads: ['respiration'], source: news2Source, unless: from16, judge: (facts) => bandOf(respirations, valueOf(facts, 'respiration')) }
]
