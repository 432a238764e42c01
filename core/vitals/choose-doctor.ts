import { groupsOf, type ConditionGroup } from './condition-group.ts'
import { continuityShares, daysSince } from './continuity.ts'
import { departmentFit, wantedDepartments } from './department.ts'
import { severities, type Finding } from './finding.ts'
import type { Candidate } from './recommend-doctors.ts'
import type { VisitRecord } from './visit-record.ts'

/** 自动选择. Out of the visit records only; it always says why. */
export type ChosenDoctor =
  | { readonly kind: 'chosen', readonly candidate: Candidate, readonly because: ChosenBecause }
  | { readonly kind: 'none', readonly because: 'no_visit_names_a_doctor' | 'no_doctor_on_the_roster' | 'no_doctor_fits' }

export type ChosenBecause =
  | { readonly kind: 'matching_condition', readonly ruleId: string, readonly group: ConditionGroup, readonly condition: string | null, readonly days: number }
  | { readonly kind: 'usual_doctor', readonly share: number, readonly visits: number }

/** Which conditions of past visits a finding of today speaks to; by the rule's id or what stands before its first dot. */
const groupsByRule: Readonly<Record<string, readonly ConditionGroup[]>> = {
  'blood-pressure.pregnancy': ['pregnancy', 'hypertension'],
  'blood-pressure': ['hypertension', 'heart'],
  pulse: ['heart'],
  qtc: ['heart'],
  'ecg-device': ['heart'],
  glucose: ['diabetes', 'endocrine'],
  'body-mass': ['endocrine', 'diabetes'],
  waist: ['endocrine', 'diabetes'],
  'oxygen-saturation': ['respiratory'],
  respiration: ['respiratory'],
  temperature: ['infection', 'respiratory']
}
const mostDays = 365

interface History {
  readonly findings: readonly Finding[]
  readonly visits: readonly VisitRecord[]
  /** The doctors of these visits that are known here, active and on the roster or not. */
  readonly candidates: readonly Candidate[]
  readonly now: Date
}

/**
 * Weighs today's findings, the gravest first, against the conditions of past visits: the doctor who last saw the person
 * for a condition that fits, within a year. Else the usual doctor, unless a finding asks for a doctor of another
 * department.
 */
export function chooseDoctor ({ findings, visits, candidates, now }: History): ChosenDoctor {
  const named = visits.filter(({ practitionerId, at }) => practitionerId !== null && at !== null)
  if (named.length === 0) return { kind: 'none', because: 'no_visit_names_a_doctor' }
  const onRoster = new Map(candidates.filter(({ active, availability }) => active && availability.kind !== 'off').map((candidate) => [candidate.practitionerId, candidate]))
  const reachable = named.filter(({ practitionerId }) => onRoster.has(practitionerId ?? ''))
  if (reachable.length === 0) return { kind: 'none', because: 'no_doctor_on_the_roster' }
  const open = [...findings].filter(({ severity }) => severity !== 'normal').sort((one, other) => severities.indexOf(other.severity) - severities.indexOf(one.severity))
  return matching(open, reachable, { onRoster, now }) ?? usual(open, reachable, { onRoster, now }) ?? { kind: 'none', because: 'no_doctor_fits' }
}

interface Roster {
  readonly onRoster: ReadonlyMap<string, Candidate>
  readonly now: Date
}

function matching (findings: readonly Finding[], visits: readonly VisitRecord[], { onRoster, now }: Roster): ChosenDoctor | null {
  const recent = visits
    .flatMap((visit) => visit.at === null || daysSince(visit.at, now) > mostDays ? [] : [{ ...visit, at: visit.at }])
    .sort((one, other) => other.at.getTime() - one.at.getTime())
  for (const { ruleId } of findings) {
    const groups = groupsByRule[ruleId] ?? groupsByRule[ruleId.split('.')[0] ?? ''] ?? []
    for (const { practitionerId, conditions, at } of recent) {
      const candidate = onRoster.get(practitionerId ?? '')
      const found = conditions.flatMap((condition) => groupsOf(condition).filter((group) => groups.includes(group)).map((group) => ({ group, condition: condition.text ?? condition.code })))[0]
      if (candidate !== undefined && found !== undefined) return { kind: 'chosen', candidate, because: { kind: 'matching_condition', ruleId, ...found, days: daysSince(at, now) } }
    }
  }
  return null
}

function usual (findings: readonly Finding[], visits: readonly VisitRecord[], { onRoster, now }: Roster): ChosenDoctor | null {
  const asking = findings.filter(({ severity }) => severities.indexOf(severity) >= severities.indexOf('see_doctor'))
  const wanted = wantedDepartments(asking, [])
  const fits = ({ department }: Candidate): boolean => asking.length === 0 || department === null || departmentFit(department, wanted) !== null
  const best = [...continuityShares(visits, now)].sort(([one, share], [other, otherShare]) => otherShare - share || (one < other ? -1 : 1))
    .flatMap(([id, share]) => {
      const candidate = onRoster.get(id)
      return candidate !== undefined && fits(candidate) ? [{ candidate, share }] : []
    })[0]
  if (best === undefined) return null
  const { candidate, share } = best
  return { kind: 'chosen', candidate, because: { kind: 'usual_doctor', share: Math.round(share * 1000) / 1000, visits: visits.filter(({ practitionerId }) => practitionerId === candidate.practitionerId).length } }
}
