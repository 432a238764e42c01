import { bodyRules } from './body-rules.ts'
import { severities, type Facts, type Finding, type FindingInput, type Judgement, type NotAssessedReason, type Rule, type Severity } from './finding.ts'
import { glucoseRules } from './glucose-rules.ts'
import { news2Of, newsJudgement, news2Source, newsParameters, type News2 } from './news2.ts'
import { pressureRules } from './pressure-rules.ts'
import { signRules } from './sign-rules.ts'
import type { ValueName } from './vitals.ts'

/** Changes with every change of a limit, a severity or a key; kept with each finding. */
const rulesVersion = '2026.1'
const rules: readonly Rule[] = [...pressureRules, ...glucoseRules, ...bodyRules, ...signRules]

export interface Advice {
  /** Of the rules and of the site's choice among them. */
  readonly ruleSetVersion: string
  /** The greatest of the findings; `normal` where there is none. */
  readonly severity: Severity
  /** What asks for most stands first. */
  readonly findings: readonly Finding[]
  readonly news2: News2
  readonly notAssessed: ReadonlyArray<{ readonly ruleId: string, readonly because: NotAssessedReason }>
}

/** A red flag of a reading some minutes ago. */
export interface EarlierFlag {
  readonly ruleId: string
  readonly measuredAt: Date
}

export interface Repetition {
  readonly measuredAt: Date
  readonly earlier: readonly EarlierFlag[]
}

/** A second reading confirms the first from five minutes on, within an hour. */
const confirmsFromMs = 5 * 60_000
export const confirmsUntilMs = 60 * 60_000

/**
 * 健康建议. The findings of one set of vital signs, by tables only: the same facts under the same rules give the same
 * bytes. It never names a disease that somebody has, and never a drug.
 */
export function advise (facts: Facts, repetition: Repetition): Advice {
  const ruleSetVersion = ruleSetOf(facts)
  const news2 = news2Of(facts)
  const found: Finding[] = []
  const notAssessed: Array<Advice['notAssessed'][number]> = []
  const add = (ruleId: string, judged: Judgement | null, from: Pick<Finding, 'input' | 'source'>): void => {
    if (judged !== null) found.push({ ruleId, ...from, ...confirmed(ruleId, judged, repetition), ruleSetVersion })
  }
  for (const rule of rules.filter(({ reads }) => reads.every((name) => facts.vitals.values[name] !== undefined))) {
    const because = rule.unless(facts)
    if (because !== null) notAssessed.push({ ruleId: rule.id, because })
    else add(rule.id, rule.judge(facts), { input: inputOf(facts, rule.reads), source: typeof rule.source === 'string' ? rule.source : rule.source(facts.settings) })
  }
  add('news2', newsJudgement(news2), { input: newsInput(facts), source: news2Source })
  addWords(facts, add)
  const findings = found.sort((one, other) => rank(other) - rank(one) || (one.ruleId < other.ruleId ? -1 : 1))
  return { ruleSetVersion, severity: findings[0]?.severity ?? 'normal', findings, news2, notAssessed }
}

/** What is no number: the level of consciousness, and what the ECG device printed, which is passed on as it is. */
function addWords ({ vitals: { consciousness, ecgStatement } }: Facts, add: (ruleId: string, judged: Judgement, from: Pick<Finding, 'input' | 'source'>) => void): void {
  if (consciousness !== null && consciousness !== 'alert') add('consciousness', { band: consciousness, severity: 'emergency', textKey: 'consciousness.altered' }, { input: [{ name: 'consciousness', value: consciousness }], source: news2Source })
  if (ecgStatement !== null) add('ecg-device', { band: 'statement', severity: 'notice', textKey: 'ecg.device' }, { input: [{ name: 'ecgStatement', value: ecgStatement }], source: 'ECG device' })
}

function ruleSetOf ({ settings: { bloodPressure, bodyMass, oxygenSaturationOffset } }: Facts): string {
  return `${rulesVersion}+bp-${bloodPressure}.bmi-${bodyMass}.spo2-${oxygenSaturationOffset}`
}

function confirmed (ruleId: string, judged: Judgement, { measuredAt, earlier }: Repetition): Judgement {
  if (judged.severity !== 'recheck_now') return judged
  const isAgain = earlier.some((flag) => {
    const apartMs = measuredAt.getTime() - flag.measuredAt.getTime()
    return flag.ruleId === ruleId && apartMs >= confirmsFromMs && apartMs <= confirmsUntilMs
  })
  return isAgain ? { ...judged, severity: 'emergency' } : judged
}

/** What says how a number was taken is read with it. */
const circumstances = { diastolic: 'pressureSetting', glucose: 'glucoseContext', oxygenSaturation: 'supply' } as const satisfies Partial<Record<ValueName, keyof Facts['vitals']>>

function inputOf ({ vitals }: Facts, names: readonly ValueName[]): readonly FindingInput[] {
  return names.flatMap((name): readonly FindingInput[] => {
    const value = vitals.values[name]
    const circumstance = circumstances[name as keyof typeof circumstances] as typeof circumstances[keyof typeof circumstances] | undefined
    const said = circumstance === undefined ? null : vitals[circumstance]
    return value === undefined ? [] : [{ name, value }, ...circumstance === undefined || said === null ? [] : [{ name: circumstance, value: said }]]
  })
}

function newsInput (facts: Facts): readonly FindingInput[] {
  const { values, consciousness } = facts.vitals
  const numbers = newsParameters.flatMap((name) => name === 'supply' || name === 'consciousness' ? [] : [name === 'pulse' && values.pulse === undefined ? 'ecgRate' as const : name])
  return [...inputOf(facts, numbers), ...consciousness === null ? [] : [{ name: 'consciousness', value: consciousness } as const]]
}

const rank = ({ severity }: { readonly severity: Severity }): number => severities.indexOf(severity)

/** What a later reading may confirm. */
export function flagsOf ({ findings }: Pick<Advice, 'findings'>): readonly string[] {
  return findings.flatMap(({ ruleId, severity }) => severity === 'recheck_now' || severity === 'emergency' ? [ruleId] : [])
}
