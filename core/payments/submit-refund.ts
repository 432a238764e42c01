import { DomainError } from '../errors.ts'
import { isNoAnswer, isRefused } from './ask-channel.ts'
import { learnRefund } from './learn-refund.ts'
import { isFinalRefund, movedRefund } from './payment-states.ts'
import { gatewayOf, noPayment, noRefund, type PaymentStores, type PaymentTools } from './payment-tools.ts'
import type { PaymentOrder, Refund } from './payment-order.ts'
import type { PaymentGateway, RefundNotice } from './ports.ts'
import { nextRefundQuery } from './query-schedule.ts'

interface Standing {
  readonly refund: Refund
  readonly order: PaymentOrder
}

/**
 * 提交退款. Hands an approved refund to its channel, always under the same number. Of one whose answer does not come it
 * is not known whether the money went: it is queried. Nothing was sent (OUTSIDE_DOWN): the outbox tries again.
 */
export async function submitRefund<Stores extends PaymentStores> (tools: PaymentTools<Stores>, refundId: string): Promise<void> {
  const standing = await tools.inTransaction(async (stores) => {
    const { order, refund } = await forChange(stores, refundId)
    if (refund.state !== 'approved') return { order, refund }
    const submitted = { ...movedRefund(refund, 'submitted'), nextQueryAt: nextRefundQuery(refund, tools.clock.now()) }
    await stores.payments.saveRefund(submitted)
    return { order, refund: submitted }
  })
  if (isFinalRefund(standing.refund) || standing.refund.state === 'requested') return
  const gateway = gatewayOf(tools, standing.order.channel)
  try {
    await told(tools, standing, await refundThere(gateway, standing))
  } catch (error) {
    if (!isNoAnswer(error) || isDown(error)) throw error
    await inDoubt(tools, refundId)
  }
}

/** 退款查询. False: no answer came. What the channel has never heard of is handed to it again. */
export async function askRefund<Stores extends PaymentStores> (tools: PaymentTools<Stores>, refundId: string): Promise<boolean> {
  const standing = await tools.inTransaction((stores) => forChange(stores, refundId))
  if (isFinalRefund(standing.refund)) return true
  const gateway = gatewayOf(tools, standing.order.channel)
  try {
    await told(tools, standing, await gateway.queryRefund(standing.refund, standing.order) ?? await refundThere(gateway, standing))
    return true
  } catch (error) {
    if (!isNoAnswer(error)) throw error
    return false
  }
}

/** The next query of one that is asked for now. */
export async function scheduleRefund<Stores extends PaymentStores> (tools: PaymentTools<Stores>, refundId: string): Promise<void> {
  await tools.inTransaction(async (stores) => {
    const { refund } = await forChange(stores, refundId)
    const queries = refund.queries + 1
    const nextQueryAt = isFinalRefund(refund) ? null : nextRefundQuery({ queries }, tools.clock.now())
    await stores.payments.saveRefund({ ...refund, queries, nextQueryAt })
  })
}

const isDown = (error: unknown): boolean => error instanceof DomainError && error.code === 'OUTSIDE_DOWN'

async function forChange ({ payments }: PaymentStores, refundId: string): Promise<Standing> {
  const found = await payments.findRefund(refundId)
  if (found === null) throw noRefund()
  const order = await payments.findForChange(found.orderId)
  if (order === null) throw noPayment()
  return { order, refund: await payments.findRefund(refundId) ?? found }
}

/** A refusal may mean that the first call had come through after all: only what the channel does not know has failed. */
async function refundThere (gateway: PaymentGateway, { refund, order }: Standing): Promise<RefundNotice> {
  try {
    return await gateway.refund(refund, order)
  } catch (error) {
    if (!isRefused(error)) throw error
    const failed = { refundNumber: refund.refundNumber, state: 'failed' as const, amountFen: refund.amountFen, channelNumber: null, at: null }
    return await gateway.queryRefund(refund, order) ?? failed
  }
}

async function told<Stores extends PaymentStores> (tools: PaymentTools<Stores>, { order }: Standing, notice: RefundNotice): Promise<void> {
  await tools.inTransaction((stores) => learnRefund(stores, tools, { channel: order.channel, notice, at: tools.clock.now() }))
}

async function inDoubt<Stores extends PaymentStores> (tools: PaymentTools<Stores>, refundId: string): Promise<void> {
  await tools.inTransaction(async (stores) => {
    const { refund } = await forChange(stores, refundId)
    if (refund.state !== 'submitted') return
    await stores.payments.saveRefund({ ...movedRefund(refund, 'unknown'), nextQueryAt: nextRefundQuery(refund, tools.clock.now()) })
  })
}
