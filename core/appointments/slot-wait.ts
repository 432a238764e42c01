import type { AppointmentFor } from './appointment.ts'

/**
 * 候补. A place in the line for one slot. waiting → offered (a seat is held) → taken | passed: the offer ran out, or
 * the person may not have it any more; waiting | offered → left by the person's wish. The slot itself may end: closed.
 */
export interface SlotWait {
  readonly id: string
  readonly slotId: string
  readonly hospitalId: string
  readonly patientId: string
  readonly purpose: AppointmentFor
  readonly state: WaitState
  readonly appointmentId: string | null
  readonly joinedAt: Date
  readonly by: string
}

export const waitStates = ['waiting', 'offered', 'taken', 'passed', 'left'] as const
export type WaitState = typeof waitStates[number]
