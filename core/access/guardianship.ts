import type { CalendarDate } from '../clock.ts'

/**
 * 监护. Whom a guardian speaks for. minor: a parent or guardian of a child, until the child is 18 (Civil Code, articles
 * 17 and 27). appointed: by a court or agreement for an adult (articles 28 and 33), until the desk ends it.
 */
export interface Guardianship {
  readonly id: string
  /** Any of the guardian's patient ids, or of the ward's. */
  readonly guardianPersonId: string
  /** Null while nobody is known by what the guardian typed; such a request can only be decided at the desk. */
  readonly wardPersonId: string | null
  readonly relation: Relation
  readonly basis: 'minor' | 'appointed'
  readonly state: 'asked' | 'confirmed' | 'ended'
  /** Fingerprint of the ward's own phone that a code went to. */
  readonly wardPhoneKey: string | null
  /** Business time. */
  readonly askedAt: Date
  readonly confirmedAt: Date | null
  readonly endedAt: Date | null
  /** Who confirmed: `code`, or the token of the desk. */
  readonly confirmedBy: string | null
}

export const relations = ['mother', 'father', 'grandparent', 'spouse', 'child', 'sibling', 'other'] as const
export type Relation = typeof relations[number]

const ofAge = 18

/** Of age from the 18th birthday on; born on 29 February, from 1 March of a year without that day. */
export function isOfAge (birthDate: string, today: CalendarDate): boolean {
  return `${Number(birthDate.slice(0, 4)) + ofAge}${birthDate.slice(4)}` <= today
}

/** Whether it holds on this day: a minor's ends by itself, as soon as any of the ward's records says that the day has come. */
export function isInForce ({ state, basis }: Guardianship, wardBirthDates: ReadonlyArray<string | null>, today: CalendarDate): boolean {
  if (state !== 'confirmed') return false
  return basis === 'appointed' || !wardBirthDates.some((birthDate) => birthDate !== null && isOfAge(birthDate, today))
}

/** A minor's guardianship begins only where the age is known. */
export function isMinor (wardBirthDates: ReadonlyArray<string | null>, today: CalendarDate): boolean {
  const known = wardBirthDates.filter((birthDate) => birthDate !== null)
  return known.length > 0 && !known.some((birthDate) => isOfAge(birthDate, today))
}
