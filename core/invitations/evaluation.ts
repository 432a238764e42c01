import type { Payer, WalletId } from '../escrow/index.ts'
import type { Fen } from '../money.ts'

/** 评价 (M11). One of each settled invitation, by whoever paid for it; so every one is proven. */
export interface Evaluation {
  readonly id: string
  readonly invitationId: string
  readonly hospitalId: string
  readonly doctorId: string
  readonly payer: Payer
  /** 1 to 5. */
  readonly stars: number
  readonly words: string | null
  /** Hidden words are shown to nobody but the platform; the stars count all the same. */
  readonly hiddenBy: string | null
  readonly hiddenFor: string | null
  readonly at: Date
}

export const tipStates = ['open', 'paid', 'expired'] as const

/** 打赏 (M11, D3). Off unless the site switches it on; one of each invitation, with a limit; it goes to whom the fee went. */
export interface Tip {
  /** That of its escrow. */
  readonly id: string
  readonly invitationId: string
  readonly hospitalId: string
  readonly doctorId: string
  readonly payer: Payer
  readonly payee: WalletId
  readonly amountFen: Fen
  readonly state: typeof tipStates[number]
  readonly createdAt: Date
  readonly paidAt: Date | null
  /** Unpaid until then it is over. */
  readonly dueAt: Date | null
}
