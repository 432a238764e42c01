import type { Stores } from '../../adapters/store/index.ts'
import { firstLevel } from '../../core/invitations/index.ts'
import type { DoctorStanding, StandingOf } from '../../core/marketplace/index.ts'

/** 星级与评价 of doctors (M6, M13), and how often each was invited and refused, as core/invitations keeps them. */
export const doctorStandings: StandingOf<Stores> = async ({ stars }, doctorIds) => {
  const shown = await stars.shown(doctorIds)
  return new Map(doctorIds.map((doctorId): readonly [string, DoctorStanding] => {
    const { level, ratings, ratingSum, received, refused } = shown.get(doctorId) ?? { level: null, ratings: 0, ratingSum: 0, received: 0, refused: 0 }
    return [doctorId, { stars: level ?? firstLevel.level, evaluations: { count: ratings, mean: ratings === 0 ? null : Math.round(100 * ratingSum / ratings) / 100 }, invitations: received, refused }]
  }))
}
