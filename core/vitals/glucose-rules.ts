import { atAnyAge, valueOf, type Facts, type Judgement, type Rule } from './finding.ts'

/**
 * 血糖, mmol/L, to one decimal. A capillary meter monitors and does not diagnose (ADA, Standards of Care, section 2), so
 * every text of a raised value asks for venous plasma. What was not said is taken as random.
 */
function judgeGlucose (facts: Facts): Judgement {
  const glucose = valueOf(facts, 'glucose')
  const isKnown = facts.person.conditions.includes('diabetes')
  if (glucose < 3) return { band: 'hypo_level_2', severity: 'emergency', textKey: 'glucose.hypo_2' }
  if (glucose < 3.9) return { band: 'hypo_level_1', severity: 'see_doctor_today', textKey: isKnown ? 'glucose.hypo_1_known' : 'glucose.hypo_1' }
  if (glucose >= 16.7) return { band: 'very_high', severity: 'recheck_now', textKey: 'glucose.very_high' }
  const judged = byContext(facts, glucose)
  return isKnown && judged.severity === 'see_doctor' ? { ...judged, textKey: 'glucose.known' } : judged
}

const normal: Judgement = { band: 'normal', severity: 'normal', textKey: 'glucose.normal' }

function byContext ({ vitals: { glucoseContext } }: Facts, glucose: number): Judgement {
  if (glucoseContext === 'fasting') {
    if (glucose >= 7) return { band: 'diabetes_range', severity: 'see_doctor', textKey: 'glucose.fasting_range' }
    return glucose >= 6.1 ? { band: 'impaired_fasting', severity: 'see_doctor', textKey: 'glucose.impaired_fasting' } : normal
  }
  if (glucoseContext === 'two_hours') {
    if (glucose >= 11.1) return { band: 'diabetes_range', severity: 'see_doctor', textKey: 'glucose.two_hours_range' }
    return glucose >= 7.8 ? { band: 'impaired_tolerance', severity: 'see_doctor', textKey: 'glucose.impaired_tolerance' } : normal
  }
  if (glucose >= 11.1) return { band: 'raised_random', severity: 'see_doctor', textKey: 'glucose.raised_random' }
  // The tables have no class for a random value below it.
  return { band: 'unclassified', severity: 'normal', textKey: 'glucose.unclassified' }
}

export const glucoseRules: readonly Rule[] = [
  { id: 'glucose', reads: ['glucose'], source: 'WHO 1999; 中国糖尿病防治指南; ADA Standards of Care, sections 2 and 6', unless: atAnyAge, judge: judgeGlucose }
]
