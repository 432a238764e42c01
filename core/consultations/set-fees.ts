import { DomainError } from '../errors.ts'
import { fen, type Fen } from '../money.ts'
import type { DoctorFee, FeeProduct } from './doctor-fee.ts'
import type { DoctorFeeStore } from './ports.ts'

interface SetFees {
  readonly doctor: { readonly id: string, readonly hospitalId: string }
  /** All of them: what is left out is not offered any more. */
  readonly fees: ReadonlyArray<{ readonly product: FeeProduct, readonly priceFen: number }>
  readonly by: string
}

/** Orders keep the price that they were made with. */
export async function setFees ({ doctorFees }: { readonly doctorFees: DoctorFeeStore }, { doctor, fees, by }: SetFees, at: Date): Promise<readonly DoctorFee[]> {
  if (new Set(fees.map(({ product }) => product)).size < fees.length) throw new DomainError('REQUEST_INVALID', 'Name each product once.', 'fees')
  const set = fees.map(({ product, priceFen }): DoctorFee => ({ doctorId: doctor.id, hospitalId: doctor.hospitalId, product, priceFen: fen(priceFen), setAt: at, setBy: by }))
  await doctorFees.replace(doctor.id, set)
  return set
}

/** Null: not offered by this doctor. */
export async function feeOf ({ doctorFees }: { readonly doctorFees: Pick<DoctorFeeStore, 'ofDoctors'> }, doctorId: string, product: FeeProduct): Promise<Fen | null> {
  return (await doctorFees.ofDoctors([doctorId])).find((fee) => fee.product === product)?.priceFen ?? null
}
