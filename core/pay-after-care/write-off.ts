import type { Fen } from '../money.ts'

/** A decision on a bill that needs two persons: one asks, another approves or refuses (four eyes). */
export interface Decision {
  readonly id: string
  readonly kind: 'write_off' | 'assignment'
  readonly billId: string
  readonly hospitalId: string
  readonly amountFen: Fen
  /** Of an assignment: who takes the debt over. */
  readonly funder: string | null
  readonly reason: string
  readonly state: 'requested' | 'approved' | 'refused'
  readonly requestedBy: string
  readonly requestedAt: Date
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
}
