import { isInTime, type Voucher } from './voucher.ts'

/** 四种状态 (V-17), as the person sees them. */
export interface VoucherStatus {
  readonly appointment: 'to_be_booked' | 'booked'
  readonly examination: 'to_be_examined' | 'examined'
  readonly redemption: 'not_redeemed' | 'redeemed'
  readonly validity: 'valid' | 'not_yet_valid' | 'expired' | 'void'
}

export function statusOf (voucher: Voucher, at: Date): VoucherStatus {
  const { state, appointment } = voucher
  return {
    appointment: appointment !== null ? 'booked' : 'to_be_booked',
    examination: state === 'examined' || state === 'redeemed' ? 'examined' : 'to_be_examined',
    redemption: state === 'redeemed' ? 'redeemed' : 'not_redeemed',
    validity: validityOf(voucher, at)
  }
}

/** By the clock, not by the job: it is told at once. What is booked or begun in time stays good for that. */
function validityOf (voucher: Voucher, at: Date): VoucherStatus['validity'] {
  const { state, appointment, validFrom } = voucher
  if (state === 'void' || state === 'expired') return state
  if (at < validFrom) return 'not_yet_valid'
  if (isInTime(voucher, at) || state === 'used' || state === 'examined' || state === 'redeemed') return 'valid'
  return appointment !== null && at < appointment.honouredUntil ? 'valid' : 'expired'
}

/** Whether an appointment is offered (V-19). */
export function mayBeBooked (voucher: Voucher, at: Date): boolean {
  const { appointment, examination, redemption, validity } = statusOf(voucher, at)
  return voucher.state === 'issued' && appointment === 'to_be_booked' && examination === 'to_be_examined' && redemption === 'not_redeemed' && validity === 'valid'
}
