import { DomainError } from '../errors.ts'
import { learn } from './learn-notice.ts'
import { gatewayOf, type PaymentStores, type PaymentTools } from './payment-tools.ts'
import type { PaymentOrder } from './payment-order.ts'
import type { ChannelNotice, PaymentGateway } from './ports.ts'

export const isRefused = (error: unknown): boolean => error instanceof DomainError && error.code === 'OUTSIDE_REFUSED'
export const isNoAnswer = (error: unknown): boolean => error instanceof DomainError && error.kind === 'unavailable'

/** 查单. Asks the channel for an order and learns its answer; an order to be closed is closed there first. False: no answer came. */
export async function askChannel<Stores extends PaymentStores> (tools: PaymentTools<Stores>, order: PaymentOrder, { isToClose }: { readonly isToClose: boolean }): Promise<boolean> {
  const gateway = gatewayOf(tools, order.channel)
  try {
    const notice = await gateway.query(order)
    const said = isToClose && isUndecided(notice) ? await closeThere(gateway, order) : notice
    if (said !== null) await tools.inTransaction((stores) => learn(stores, tools, { channel: order.channel, notice: said, at: tools.clock.now() }))
    return true
  } catch (error) {
    if (isNoAnswer(error) && !isStore(error)) return false
    throw error
  }
}

/** Also where of a mixed order one half failed and the other one may still be paid. */
function isUndecided (notice: ChannelNotice | null): boolean {
  return notice === null || [notice.state, notice.cashState, notice.insuranceState].some((state) => state === 'pending' || state === 'created' || state === 'unknown')
}

const isStore = (error: unknown): boolean => error instanceof DomainError && error.code.startsWith('STORE_')

/** A channel refuses to close what is paid, or what it has never heard of: then it is asked once more. */
async function closeThere (gateway: PaymentGateway, order: PaymentOrder): Promise<ChannelNotice | null> {
  const closed: ChannelNotice = { orderNumber: order.orderNumber, state: 'closed', amountFen: order.amountFen, channelNumber: null, at: null }
  try {
    await gateway.close(order)
  } catch (error) {
    if (!isRefused(error)) throw error
    return await gateway.query(order) ?? closed
  }
  // Of a mixed order a half may have been paid before the rest was closed.
  return order.channel === 'mixed' ? await gateway.query(order) ?? closed : closed
}
