import type { RecordedAdvice } from './advice-record.ts'
import type { Advice } from './advise.ts'
import type { Finding } from './finding.ts'

/** What the readings of a day say together: a terminal may send each device's by itself. */
export interface Today {
  /** Of each thing that was measured the last. */
  readonly findings: readonly Finding[]
  /** Of the last set; null: nothing was measured. */
  readonly newest: RecordedAdvice | null
  /** The advice to be heard before anything else: an emergency, or a reading that is to be taken again. */
  readonly alarm: { readonly kind: 'emergency' | 'recheck', readonly basis: RecordedAdvice } | null
}

/** Readings of yesterday say nothing of today; an alarm that nobody measured again within the hour was seen to. */
const findingHoldsMs = 24 * 3_600_000
const alarmHoldsMs = 3_600_000

/** `recent`: advice of one person, the last first. */
export function todaysFindings (recent: readonly RecordedAdvice[], now: Date): Today {
  const ageMs = ({ measuredAt }: RecordedAdvice): number => now.getTime() - measuredAt.getTime()
  const today = recent.filter((one) => ageMs(one) <= findingHoldsMs)
  const held = today.map((one, place) => ({ basis: one, findings: one.advice.findings.filter(({ ruleId }) => !today.slice(0, place).some(({ advice }) => says(advice, ruleId))) }))
  const alarming = held.filter(({ basis }) => ageMs(basis) <= alarmHoldsMs)
  const emergency = alarming.find(({ findings }) => findings.some(({ severity }) => severity === 'emergency'))
  const recheck = alarming.find(({ findings }) => findings.some(({ severity }) => severity === 'recheck_now'))
  return {
    findings: held.flatMap(({ findings }) => findings),
    newest: today[0] ?? null,
    alarm: emergency !== undefined ? { kind: 'emergency', basis: emergency.basis } : recheck !== undefined ? { kind: 'recheck', basis: recheck.basis } : null
  }
}

/** Whether later advice speaks of what a rule spoke of, also where it now finds nothing to tell. */
function says ({ findings, news2 }: Advice, ruleId: string): boolean {
  if (findings.some((finding) => subjectOf(finding.ruleId) === subjectOf(ruleId))) return true
  if (ruleId === 'news2') return news2.kind === 'total'
  return ruleId === 'consciousness' && (news2.kind === 'total' || (news2.kind === 'partial' && !news2.missing.includes('consciousness')))
}

function subjectOf (ruleId: string): string {
  return ruleId.split('.')[0] ?? ruleId
}
