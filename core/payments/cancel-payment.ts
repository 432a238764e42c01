import { DomainError } from '../errors.ts'
import { askChannel, isNoAnswer, isRefused } from './ask-channel.ts'
import { isOpen } from './payment-states.ts'
import { gatewayOf, noPayment, type PaymentStores, type PaymentTools } from './payment-tools.ts'
import type { PaymentOrder } from './payment-order.ts'

/**
 * 撤销. Closes an order, at its channel first. Again: nothing happens. Paid in the meantime: refused, and what was
 * learned stands.
 */
export async function cancelPayment<Stores extends PaymentStores> (tools: PaymentTools<Stores>, id: string): Promise<PaymentOrder> {
  const order = await read(tools, id)
  const isAnswered = !isOpen(order) || await askChannel(tools, order, { isToClose: true })
  if (!isAnswered) throw new DomainError('PAYMENT_CHANNEL_UNAVAILABLE', 'The channel does not answer, so the payment may still be made there. Cancel it again shortly.')
  const now = await read(tools, id)
  if (now.state === 'success') throw new DomainError('PAYMENT_NOT_PAYABLE', 'The payment is made. Ask for a refund instead.')
  return now
}

/** What nobody is to pay any more: closed where it is open, and at the channel also where it failed here. */
export async function closePayment<Stores extends PaymentStores> (tools: PaymentTools<Stores>, id: string): Promise<void> {
  const order = await read(tools, id)
  if (isOpen(order)) {
    if (!await askChannel(tools, order, { isToClose: true })) throw new DomainError('OUTSIDE_UNAVAILABLE', 'The channel does not answer; it is asked again.')
    return
  }
  if (order.state !== 'failed') return
  try {
    await gatewayOf(tools, order.channel).close(order)
  } catch (error) {
    if (isNoAnswer(error) || !isRefused(error)) throw error
  }
}

async function read<Stores extends PaymentStores> ({ inTransaction }: PaymentTools<Stores>, id: string): Promise<PaymentOrder> {
  const order = await inTransaction(({ payments }) => payments.find(id))
  if (order === null) throw noPayment()
  return order
}
