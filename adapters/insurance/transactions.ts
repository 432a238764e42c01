/** 交易编号 of the national interface (domain document §4.1). */
export const transactions = {
  personInfo: '1101',
  registerVisit: '2201',
  visitInfo: '2203',
  uploadLines: '2204',
  cancelLines: '2205',
  preSettle: '2206',
  settle: '2207',
  reverse: '2208',
  undo: '2601',
  checkTotals: '3201',
  statement: '3202',
  /** 移动支付: upload of what is to be paid, order, refund, query, notice of the result, close. */
  paymentUpload: '6201',
  paymentOrder: '6202',
  paymentRefund: '6203',
  paymentQuery: '6301',
  paymentNotice: '6302',
  paymentClose: '6401',
  /** Of a local platform: there is no national transaction that locks a card. */
  lockCard: 'L101',
  unlockCard: 'L102'
} as const

/** Credential types 就诊凭证类型: 02 is the resident id. */
export const residentIdCredential = '02'

/** 订单状态 of 6301 and 6302. */
export const orderStates = { '0': 'pending', '1': 'pending', '2': 'success', '3': 'failed', '4': 'closed' } as const
/** 退款状态 of 6203 and 6301. */
export const refundStates = { '0': 'pending', '1': 'success', '2': 'failed' } as const

/** 3202: what a line is of. */
export const lineKinds = ['settle', 'reverse', 'pay', 'refund'] as const
export type LineKind = typeof lineKinds[number]
