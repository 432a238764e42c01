import type { CalendarDate } from '../clock.ts'
import { groupsOf, type CodedCondition, type ConditionGroup } from './condition-group.ts'
import type { PersonFacts } from './finding.ts'

/** 就诊记录. What the decisions read of a past visit. */
export interface VisitRecord {
  readonly visitId: string
  readonly practitionerId: string | null
  readonly conditions: readonly CodedCondition[]
  readonly at: Date | null
}

interface Person {
  readonly birthDate: CalendarDate | null
  readonly gender: 'male' | 'female' | 'other' | 'unknown' | null
  /** As the person answered just now; null: not asked. */
  readonly isPregnant: boolean | null
}

const pregnancyLastsMs = 300 * 86_400_000

/** What the rules read of a person on a day. A pregnancy on record counts for as long as one lasts. */
export function personFacts ({ birthDate, gender, isPregnant }: Person, visits: readonly VisitRecord[], { now, today }: { readonly now: Date, readonly today: CalendarDate }): PersonFacts {
  const sex = gender === 'male' || gender === 'female' ? gender : null
  const groups = conditionsOn(visits, now)
  if (isPregnant === false || sex === 'male') groups.delete('pregnancy')
  return {
    ageYears: birthDate === null ? null : yearsBetween(birthDate, today),
    sex,
    isPregnant: isPregnant ?? (groups.has('pregnancy') ? true : null),
    conditions: [...groups].sort()
  }
}

function conditionsOn (visits: readonly VisitRecord[], now: Date): Set<ConditionGroup> {
  const groups = new Set<ConditionGroup>()
  for (const { conditions, at } of visits) {
    const isOver = at === null || now.getTime() - at.getTime() >= pregnancyLastsMs
    for (const group of conditions.flatMap(groupsOf)) if (group !== 'pregnancy' || !isOver) groups.add(group)
  }
  return groups
}

function yearsBetween (birthDate: CalendarDate, today: CalendarDate): number {
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4))
  return today.slice(5) < birthDate.slice(5) ? years - 1 : years
}
