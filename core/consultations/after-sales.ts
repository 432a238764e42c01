import { DomainError } from '../errors.ts'

export const afterSalesTypes = ['support', 'urge', 'refund', 'switch_doctor'] as const
export type AfterSalesType = typeof afterSalesTypes[number]

/** open → approved | rejected (refund); open → done (support). An urge and a switch are done at once. */
export const afterSalesStates = ['open', 'approved', 'rejected', 'done'] as const
export type AfterSalesState = typeof afterSalesStates[number]

/** 售后 (C9). What a patient asks for about an order, and what became of it; its status is seen by whoever sees the order. */
export interface AfterSales {
  readonly id: string
  readonly consultationId: string
  readonly hospitalId: string
  readonly patientId: string
  readonly type: AfterSalesType
  readonly state: AfterSalesState
  /** The person's own words; seen by the person and those who decide. */
  readonly reason: string | null
  /** Of a switch. */
  readonly doctorId: string | null
  readonly askedAt: Date
  /** The person or token that asked, which may not decide. */
  readonly askedBy: string
  /** Of a refund: until when it should be decided. */
  readonly dueAt: Date | null
  /** When somebody on call was told that nobody decides. */
  readonly alertedAt: Date | null
  readonly decidedAt: Date | null
  readonly decidedBy: string | null
  readonly decision: string | null
}

export interface AfterSalesDecision {
  readonly isApproved: boolean
  readonly reason: string
  readonly by: string
}

/** 双人复核 (§7): whoever asked, also for somebody else, does not decide. */
export function decideAfterSales (asked: AfterSales, { isApproved, reason, by }: AfterSalesDecision, at: Date): AfterSales {
  if (asked.state !== 'open') throw new DomainError('AFTER_SALES_DECIDED', 'This request is decided already, or was carried out at once. Read it again.')
  if (by === asked.askedBy) throw new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Whoever asked for it may not decide on it. Let another person decide.')
  const state = asked.type === 'refund' ? isApproved ? 'approved' : 'rejected' : 'done'
  return { ...asked, state, decidedAt: at, decidedBy: by, decision: reason }
}
