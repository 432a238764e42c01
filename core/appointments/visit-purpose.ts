import type { AppointmentPurpose } from './ports.ts'

/** 普通就诊. Booked for a visit and nothing else: there is nothing more to ask, and nobody else to tell. */
export const visitPurposeKind = 'visit'

export const visitPurpose: AppointmentPurpose<object> = {
  mayBook: async () => undefined,
  moved: async () => undefined
}
