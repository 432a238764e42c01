/** Chart of accounts. Every hospital has its own books, so the hospital stands on the entry, not in the account. */
export const patientReceivable = (patientId: string): string => `AR:patient:${patientId}`
/** Owed by an insurance fund after its settlement. */
export const insuranceReceivable = (fund: string): string => `AR:insurance:${fund}`
/** Owed by a bank or insurer that took the debt over. */
export const funderReceivable = (funder: string): string => `AR:funder:${funder}`
export const unsettledRevenue = 'REV:unsettled'
export const settledRevenue = 'REV:settled'
/** 药品、配送收入 of drug orders, which no charge of the HIS stands for. */
export const drugRevenue = 'REV:drugs'
export const logisticsRevenue = 'REV:logistics'
/** Money that a payment channel has taken and not yet paid out to the bank account: wechat, alipay, bank, insurance. */
export const channelClearing = (channel: string): string => `CLEAR:${channel}`
/** Money that the hospital's own window took and the HIS told us of. */
export const windowClearing = channelClearing('window')
export const bankAccount = (account: string): string => `BANK:${account}`
/** Refunds that are accepted and not yet confirmed by their channel. */
export const refundPayable = 'REFUND_PAYABLE'
/** Money of the patient that no bill stands against. */
export const creditBalance = (patientId: string): string => `CREDIT_BAL:patient:${patientId}`
/** A channel has money that we know no order for. */
export const suspense = (channel: string): string => `SUSPENSE:${channel}`
/** 担保. Paid for one thing and not yet anybody's; the channel keeps the cash frozen (D4). */
export const escrowAccount = (id: string): string => `ESCROW:${id}`
/** Owed to a doctor or hospital for what was done: what its wallet may take out. */
export const walletPayable = (walletId: string): string => `PAYABLE:${walletId}`
/** The part of it that is on its way out: asked for, or being split off at the channel. */
export const walletFrozen = (walletId: string): string => `PAYABLE_FROZEN:${walletId}`
/** 平台服务费. */
export const platformIncome = 'INCOME:platform_fee'
/** 会员费. */
export const membershipIncome = 'INCOME:membership'
export const badDebt = 'BADDEBT'
export const roundingAdjustment = 'ADJ:rounding'
export const channelFee = (channel: string): string => `FEE:${channel}`
