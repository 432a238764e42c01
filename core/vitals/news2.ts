import { bandOf, from16, type Bands, type Facts, type Judgement, type NotAssessedReason } from './finding.ts'

/**
 * NEWS2, the national early warning score of the Royal College of Physicians (RCP 2017, Chart 1). A total is shown only
 * of a whole set; of a part, what is missing and which single parameters have 3 points.
 */
export const newsParameters = ['respiration', 'oxygenSaturation', 'supply', 'systolic', 'pulse', 'consciousness', 'temperature'] as const
export type NewsParameter = typeof newsParameters[number]
type Points = 0 | 1 | 2 | 3
export type NewsRisk = 'low' | 'low_medium' | 'medium' | 'high'

export type News2 =
  | { readonly kind: 'total', readonly total: number, readonly risk: NewsRisk, readonly points: Readonly<Record<NewsParameter, Points>> }
  | { readonly kind: 'partial', readonly missing: readonly NewsParameter[], readonly threes: readonly NewsParameter[] }
  | { readonly kind: 'not_applicable', readonly because: NotAssessedReason }

export const news2Source = 'Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017, Chart 1'

const end = Infinity
/** Whole numbers; the temperature to 0.1 °C. Each row ends where it says, the next begins with the next step. */
const newsBands = {
  respiration: [[8, 3], [11, 1], [20, 0], [24, 2], [end, 3]],
  scale1: [[91, 3], [93, 2], [95, 1], [end, 0]],
  scale2OnAir: [[83, 3], [85, 2], [87, 1], [end, 0]],
  scale2OnOxygen: [[83, 3], [85, 2], [87, 1], [92, 0], [94, 1], [96, 2], [end, 3]],
  systolic: [[90, 3], [100, 2], [110, 1], [219, 0], [end, 3]],
  pulse: [[40, 3], [50, 1], [90, 0], [110, 1], [130, 2], [end, 3]],
  temperature: [[35, 3], [36, 1], [38, 0], [39, 1], [end, 2]]
} as const satisfies Readonly<Record<string, Bands<Points>>>

/** Null: not for this person, who is too young, of unknown age or pregnant. */
function notFor (facts: Facts): NotAssessedReason | null {
  const { ageYears, isPregnant } = facts.person
  return ageYears === null ? 'age_unknown' : from16(facts) ?? (isPregnant === true ? 'pregnant' : null)
}

export function news2Of (facts: Facts): News2 {
  const because = notFor(facts)
  if (because !== null) return { kind: 'not_applicable', because }
  const points = pointsOf(facts)
  const missing = newsParameters.filter((parameter) => points[parameter] === null)
  if (missing.length > 0) return { kind: 'partial', missing, threes: newsParameters.filter((parameter) => points[parameter] === 3) }
  const whole = points as Readonly<Record<NewsParameter, Points>>
  const total = newsParameters.reduce((sum, parameter) => sum + whole[parameter], 0)
  return { kind: 'total', total, risk: riskOf(total, whole), points: whole }
}

function pointsOf ({ vitals: { values, supply, scale, consciousness } }: Facts): Readonly<Record<NewsParameter, Points | null>> {
  const point = (bands: Bands<Points>, value: number | undefined): Points | null => value === undefined ? null : bandOf(bands, value)
  const saturationBands = scale === 1 ? newsBands.scale1 : supply === 'oxygen' ? newsBands.scale2OnOxygen : newsBands.scale2OnAir
  return {
    respiration: point(newsBands.respiration, values.respiration),
    // On scale 2 the same saturation counts differently on air and on oxygen.
    oxygenSaturation: scale === 2 && supply === null ? null : point(saturationBands, values.oxygenSaturation),
    supply: supply === null ? null : supply === 'oxygen' ? 2 : 0,
    systolic: point(newsBands.systolic, values.systolic),
    pulse: point(newsBands.pulse, values.pulse ?? values.ecgRate),
    consciousness: consciousness === null ? null : consciousness === 'alert' ? 0 : 3,
    temperature: point(newsBands.temperature, values.temperature)
  }
}

function riskOf (total: number, points: Readonly<Record<NewsParameter, Points>>): NewsRisk {
  if (total >= 7) return 'high'
  if (total >= 5) return 'medium'
  return newsParameters.some((parameter) => points[parameter] === 3) ? 'low_medium' : 'low'
}

const judgements: Readonly<Record<NewsRisk, Judgement>> = {
  low: { band: 'low', severity: 'normal', textKey: 'news2.low' },
  low_medium: { band: 'low_medium', severity: 'see_doctor_today', textKey: 'news2.single_three' },
  medium: { band: 'medium', severity: 'see_doctor_today', textKey: 'news2.medium' },
  high: { band: 'high', severity: 'emergency', textKey: 'news2.high' }
}

/** Null: nothing to tell of it. */
export function newsJudgement (news2: News2): Judgement | null {
  if (news2.kind === 'total') return judgements[news2.risk]
  return news2.kind === 'partial' && news2.threes.length > 0 ? { ...judgements.low_medium, band: 'single_three' } : null
}
