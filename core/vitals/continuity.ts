import type { VisitRecord } from './visit-record.ts'

const dayMs = 86_400_000
const halfLifeDays = 180

/** A visit half a year ago counts half. */
function weightOf (at: Date, now: Date): number {
  return 0.5 ** (Math.max(0, now.getTime() - at.getTime()) / dayMs / halfLifeDays)
}

/**
 * 连续性. Usual Provider of Care: each doctor's share of the visits, by doctor; empty where no visit names one. Higher
 * continuity goes with lower mortality in 18 of 22 studies (Pereira Gray, BMJ Open 2018;8:e021161; observational).
 */
export function continuityShares (visits: readonly VisitRecord[], now: Date): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  let total = 0
  for (const { practitionerId, at } of visits) {
    if (practitionerId === null || at === null) continue
    const weight = weightOf(at, now)
    weights.set(practitionerId, (weights.get(practitionerId) ?? 0) + weight)
    total += weight
  }
  return new Map([...weights].map(([id, weight]) => [id, weight / total]))
}

export function daysSince (at: Date, now: Date): number {
  return Math.floor((now.getTime() - at.getTime()) / dayMs)
}
