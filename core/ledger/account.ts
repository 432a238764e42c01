/** Chart of accounts. Every hospital has its own books, so the hospital stands on the entry, not in the account. */
export const patientReceivable = (patientId: string): string => `AR:patient:${patientId}`
export const unsettledRevenue = 'REV:unsettled'
/** Money that the hospital's own window took and the HIS told us of. */
export const windowClearing = 'CLEAR:window'
