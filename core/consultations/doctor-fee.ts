import type { Fen } from '../money.ts'
import { consultationKinds, consultationModes, type Product } from './consultation.ts'

/** What a doctor may set a price for: each kind and mode of consultations, and both kinds of invitations (M7). */
export const feeProducts = [...consultationKinds.flatMap((kind) => consultationModes.map((mode) => `${kind}.${mode}` as const)), 'invitation.invite', 'invitation.consult'] as const
export type FeeProduct = typeof feeProducts[number]

/** 定价 (C4): a doctor's preset price of one product. What has none is not offered by this doctor; 0 is free of charge. */
export interface DoctorFee {
  readonly doctorId: string
  readonly hospitalId: string
  readonly product: FeeProduct
  readonly priceFen: Fen
  readonly setAt: Date
  readonly setBy: string
}

export const feeProductOf = ({ kind, mode }: Product): FeeProduct => `${kind}.${mode}`
