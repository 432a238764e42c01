import { continuityShares } from './continuity.ts'
import { departmentFit, type WantedDepartment } from './department.ts'
import type { VisitRecord } from './visit-record.ts'

/** online: may be asked now. free_in: first free time. full: at work, no time left. off: has a roster, and no shift on it. unknown: no roster is here. */
export type Availability =
  | { readonly kind: 'online' }
  | { readonly kind: 'free_in', readonly minutes: number }
  | { readonly kind: 'full' }
  | { readonly kind: 'off' }
  | { readonly kind: 'unknown' }

/** A doctor who may be recommended; what nobody has said is null. */
export interface Candidate {
  readonly practitionerId: string
  readonly hospitalId: string
  readonly name: string | null
  readonly department: string | null
  readonly active: boolean
  readonly availability: Availability
  /** Of verified evaluations, 1 to 5 stars each. */
  readonly rating: { readonly sum: number, readonly count: number } | null
  readonly priceFen: number | null
}

export const factorNames = ['department', 'continuity', 'availability', 'rating', 'price'] as const
export type FactorName = typeof factorNames[number]
export type Weights = Readonly<Record<FactorName, number>>

export interface Factor {
  readonly name: FactorName
  /** From 0 to 1. */
  readonly value: number
  readonly weight: number
  /** false: nobody has said, so that the value is a neutral one. */
  readonly isKnown: boolean
}

export interface RecommendedDoctor {
  readonly candidate: Candidate
  readonly score: number
  readonly factors: readonly Factor[]
  readonly fit: WantedDepartment
  /** Visits of this person to the doctor, as far as the records go. */
  readonly visits: number
}

interface Question {
  readonly wanted: readonly WantedDepartment[]
  readonly visits: readonly VisitRecord[]
  readonly weights: Weights
  readonly now: Date
}

/** What is not known neither helps nor harms. */
const neutral = 0.5
/** A doctor with few evaluations is held to be like most: as if ten had given 4.0. */
const prior = { mean: 4, count: 10 } as const
const mostStars = 5

/** 医生推荐. Active doctors of a department that fits, best first, with every factor of the score. */
export function recommendDoctors (candidates: readonly Candidate[], question: Question): readonly RecommendedDoctor[] {
  const { wanted, visits, weights, now } = question
  const shares = continuityShares(visits, now)
  const fitting = candidates.flatMap((candidate) => {
    const fit = candidate.active ? departmentFit(candidate.department, wanted) : null
    return fit === null ? [] : [{ candidate, fit }]
  })
  const prices = fitting.flatMap(({ candidate }) => candidate.priceFen ?? [])
  const scored = fitting.map(({ candidate, fit }) => {
    const values: Readonly<Record<FactorName, number | null>> = {
      department: fit.fit,
      continuity: shares.size === 0 ? null : shares.get(candidate.practitionerId) ?? 0,
      availability: availabilityValue(candidate.availability),
      rating: candidate.rating === null || candidate.rating.count === 0 ? null : bayesianMean(candidate.rating) / mostStars,
      price: candidate.priceFen === null ? null : priceValue(candidate.priceFen, prices)
    }
    const factors = factorNames.map((name): Factor => ({ name, value: rounded(values[name] ?? neutralOf(name)), weight: weights[name], isKnown: values[name] !== null }))
    return { candidate, fit, factors, score: scoreOf(factors), visits: visits.filter(({ practitionerId }) => practitionerId === candidate.practitionerId).length }
  })
  return scored.sort((one, other) => other.score - one.score || (one.candidate.practitionerId < other.candidate.practitionerId ? -1 : 1))
}

/** Weights need not add up to 1. */
function scoreOf (factors: readonly Factor[]): number {
  const total = factors.reduce((sum, { weight }) => sum + weight, 0)
  return total === 0 ? 0 : rounded(factors.reduce((sum, { value, weight }) => sum + value * weight, 0) / total)
}

function neutralOf (name: FactorName): number {
  return name === 'rating' ? prior.mean / mostStars : neutral
}

function availabilityValue (availability: Availability): number | null {
  switch (availability.kind) {
    case 'online': return 1
    case 'free_in': return 1 / (1 + availability.minutes / 120)
    case 'full': case 'off': return 0
    case 'unknown': return null
  }
}

/** (C·m + sum) / (C + n): one evaluation of 5 gives 4.091, fifty of 4.7 give 4.583. */
export function bayesianMean ({ sum, count }: { readonly sum: number, readonly count: number }): number {
  return (prior.count * prior.mean + sum) / (prior.count + count)
}

/** 1 for the cheapest of those that fit, 0 for the dearest. */
function priceValue (price: number, prices: readonly number[]): number {
  const [least, most] = [Math.min(...prices), Math.max(...prices)]
  return most === least ? 1 : (most - price) / (most - least)
}

function rounded (value: number): number {
  return Math.round(value * 1000) / 1000
}
