import { DomainError } from '../errors.ts'
import type { Fen } from '../money.ts'

export const memberKinds = ['patient', 'hospital'] as const
export type MemberKind = typeof memberKinds[number]

/**
 * 会员服务. What is sold, in one version: who has bought it keeps what it was then. Only the newest version is on sale.
 */
export interface MembershipProduct {
  /** What the newest version replaces; part of links and orders. */
  readonly code: string
  readonly version: number
  readonly name: string
  readonly english: string
  readonly forKind: MemberKind
  readonly priceFen: Fen
  readonly days: number
  /** Uses that it holds, by kind: { consultations: 3 }. */
  readonly usages: Readonly<Record<string, number>>
  /** What its member may besides, e.g. `anaesthesiologists.see_all`. */
  readonly benefits: readonly string[]
  /** In whose books the money stands. */
  readonly hospitalId: string
  readonly isOnSale: boolean
  readonly madeAt: Date
  readonly madeBy: string
}

/** 麻醉医师市场 VIP (M5): a third-party hospital with it sees every anaesthesiologist. */
export const seeAllBenefit = 'anaesthesiologists.see_all'

export const noProduct = (): DomainError => new DomainError('MEMBERSHIP_PRODUCT_NOT_FOUND', 'No membership of this code is on sale for you; list them: GET /v1/memberships.', 'product')
