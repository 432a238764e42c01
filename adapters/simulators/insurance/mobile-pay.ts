import { fen, type Fen } from '../../../core/money.ts'
import { fenOfYuan, interfaceTime, objectOf, textOf, yuanOfFen } from '../../insurance/index.ts'
import { accountOf, addLine, changeBalance, nextNumber, refuse, type Carried, type InsurerState, type Order } from './insurer-state.ts'

type Input = Readonly<Record<string, unknown>>

const done = (data: Input): Carried => ({ answer: { data }, undo: null })
const no = (code: string): Carried => ({ answer: refuse(code), undo: null })
const dataOf = (input: Input): Input => objectOf(input['data']) ?? {}

const codes = { pending: '1', success: '2', failed: '3', closed: '4' } as const

/** 6201: what is to be paid, once an order number. */
export function uploadPayment (state: InsurerState, input: Input): Carried {
  const { mdtrt_cert_no: residentId, medOrgOrd: number, feeSumamt: amount } = dataOf(input)
  const account = accountOf(state, textOf(residentId))
  const amountFen = fenOfYuan(amount)
  if (account.region !== state.options.region) return no('NOT_INSURED_HERE')
  if (amountFen === null || amountFen <= 0 || textOf(number) === '') return no('AMOUNT_INVALID')
  const known = state.orders.get(textOf(number))
  if (known !== undefined && (known.account !== account || known.amountFen !== amountFen)) return no('ORDER_NUMBER_REUSED')
  const order: Order = known ?? { number: textOf(number), id: nextNumber(state, 'P'), account, amountFen, state: 'pending', paidAt: null, refunds: new Map() }
  state.orders.set(order.number, order)
  return done({ medOrgOrd: order.number, payOrdId: order.id, payToken: `token-${order.id}` })
}

/** 6202: the order stands until the person agrees in the insurer's app. A locked card does not keep a debt from being paid. */
export function placeOrder (state: InsurerState, input: Input): Carried {
  const { medOrgOrd: number, payToken: token } = dataOf(input)
  const order = state.orders.get(textOf(number))
  if (order === undefined || token !== `token-${order.id}`) return no('ORDER_NOT_FOUND')
  state.journal.note({ at: state.options.clock.now(), kind: 'order', key: order.number, body: { payOrdId: order.id, amountFen: order.amountFen } })
  return done({ ...said(order), payUrl: `https://insurance.example/pay/${order.id}` })
}

const said = (order: Order): Input => ({
  medOrgOrd: order.number, payOrdId: order.id, feeSumamt: yuanOfFen(order.amountFen), ordStas: codes[order.state], ...order.paidAt === null ? {} : { tradeTime: interfaceTime(order.paidAt) }
})

/** 6301: an order, or one of its refunds. */
export function queryPayment (state: InsurerState, input: Input): Carried {
  const { medOrgOrd: number, appRefdSn: refundNumber } = dataOf(input)
  const order = state.orders.get(textOf(number))
  if (order === undefined) return no('ORDER_NOT_FOUND')
  if (refundNumber === undefined) return done(said(order))
  const refund = order.refunds.get(textOf(refundNumber))
  return refund === undefined ? no('ORDER_NOT_FOUND') : done(saidOfRefund(textOf(refundNumber), refund))
}

/** 6401. What is paid stays paid. */
export function closePayment (state: InsurerState, input: Input): Carried {
  const order = state.orders.get(textOf(dataOf(input)['medOrgOrd']))
  if (order === undefined) return no('ORDER_NOT_FOUND')
  if (order.state === 'success') return no('ORDER_PAID')
  if (order.state === 'pending') order.state = 'closed'
  return done(said(order))
}

/** 6203: back to the account; the sum of all never exceeds what was paid. */
export function refundPayment (state: InsurerState, input: Input): Carried {
  const { medOrgOrd: number, appRefdSn, refdAmt } = dataOf(input)
  const order = state.orders.get(textOf(number))
  const amountFen = fenOfYuan(refdAmt)
  const refundNumber = textOf(appRefdSn)
  if (order === undefined) return no('ORDER_NOT_FOUND')
  if (order.state !== 'success' || amountFen === null || amountFen <= 0 || refundNumber === '') return no('NOT_REFUNDABLE')
  const known = order.refunds.get(refundNumber)
  if (known !== undefined) return known.amountFen === amountFen ? done(saidOfRefund(refundNumber, known)) : no('REFUND_NUMBER_REUSED')
  const refundedFen = [...order.refunds.values()].reduce((sum, refund) => sum + refund.amountFen, 0)
  if (refundedFen + amountFen > order.amountFen) return no('REFUND_EXCEEDS_PAYMENT')
  const refund = { id: nextNumber(state, 'R'), amountFen, at: state.options.clock.now() }
  order.refunds.set(refundNumber, refund)
  changeBalance(order.account, amountFen)
  addLine(state, { ...emptyLine(amountFen, refund.at), kind: 'refund', ourNumber: refundNumber, channelNumber: refund.id, orderNumber: order.number })
  state.journal.note({ at: refund.at, kind: 'refund', key: refundNumber, body: { order: order.number, amountFen } })
  return done(saidOfRefund(refundNumber, refund))
}

const saidOfRefund = (refundNumber: string, { id, amountFen, at }: { readonly id: string, readonly amountFen: Fen, readonly at: Date }): Input =>
  ({ appRefdSn: refundNumber, refdOrdId: id, refdAmt: yuanOfFen(amountFen), refStatus: '1', refdTime: interfaceTime(at) })

const emptyLine = (amountFen: Fen, at: Date) =>
  ({ settlementNumber: '', orderNumber: '', at, totalFen: amountFen, fundFen: fen(0), accountFen: amountFen, cashFen: fen(0) }) as const

/** What the person does in the insurer's app; answers what the call-back says, or null where nothing is open. */
export function decideOrder (state: InsurerState, order: Order, isAgreed: boolean): Input | null {
  if (order.state !== 'pending') return null
  const at = state.options.clock.now()
  const isPaid = isAgreed && order.account.balanceFen >= order.amountFen
  order.state = isPaid ? 'success' : 'failed'
  if (isPaid) {
    order.paidAt = at
    changeBalance(order.account, 0 - order.amountFen)
    addLine(state, { ...emptyLine(order.amountFen, at), kind: 'pay', ourNumber: order.number, channelNumber: order.id })
  }
  state.journal.note({ at, kind: 'pay', key: order.number, body: { state: order.state, amountFen: order.amountFen } })
  return said(order)
}
