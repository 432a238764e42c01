import { isStoreTrouble } from '../back-off.ts'
import { askChannel } from './ask-channel.ts'
import { isOpen, movedPayment } from './payment-states.ts'
import type { PaymentStores, PaymentTools } from './payment-tools.ts'
import type { PaymentOrder, Refund } from './payment-order.ts'
import { nextQuery } from './query-schedule.ts'
import { askRefund, scheduleRefund } from './submit-refund.ts'

/** Read at a time; asked beside each other. */
const pageSize = 8

export interface Queried {
  readonly payments: number
  readonly refunds: number
  /** Of both, where no answer came. */
  readonly unanswered: number
}

/**
 * 主动查单. Asks for every payment and refund whose query is due by an instant. A channel that does not answer is not
 * asked again in the same run: the rest of its orders wait for their next turn.
 */
export async function queryDue<Stores extends PaymentStores> (tools: PaymentTools<Stores>, dueAt: Date): Promise<Queried> {
  const silent = new Set<string>()
  const payments = await eachDue(({ payments }: Stores) => payments.toQuery(dueAt, pageSize), tools, (order) => queryOne(tools, order, silent))
  const refunds = await eachDue(({ payments }: Stores) => payments.refundsToQuery(dueAt, pageSize), tools, (refund) => queryRefund(tools, refund))
  return { payments: payments.length, refunds: refunds.length, unanswered: [...payments, ...refunds].filter((isAnswered) => !isAnswered).length }
}

async function eachDue<Stores extends PaymentStores, Item> (read: (stores: Stores) => Promise<readonly Item[]>, { inTransaction }: PaymentTools<Stores>, ask: (item: Item) => Promise<boolean>): Promise<readonly boolean[]> {
  const answers: boolean[] = []
  for (let due = await inTransaction(read); due.length > 0; due = await inTransaction(read)) answers.push(...await Promise.all(due.map(ask)))
  return answers
}

async function queryOne<Stores extends PaymentStores> (tools: PaymentTools<Stores>, order: PaymentOrder, silent: Set<string>): Promise<boolean> {
  const now = tools.clock.now()
  const isConfigured = tools.gateways.some(({ channel }) => channel === order.channel)
  const isAnswered = isConfigured && !silent.has(order.channel) && await answered(() => askChannel(tools, order, { isToClose: now >= order.expiresAt }))
  if (!isAnswered) silent.add(order.channel)
  await tools.inTransaction(async ({ payments }) => {
    const stands = await payments.findForChange(order.id)
    if (stands === null || !isOpen(stands)) return
    const nextQueryAt = nextQuery(stands, now)
    // Nobody will ask any more: only the day's statement can tell.
    const isLost = nextQueryAt === null && stands.state !== 'unknown'
    await payments.save({ ...isLost ? movedPayment(stands, 'unknown') : stands, queries: stands.queries + 1, nextQueryAt })
  })
  return isAnswered
}

async function queryRefund<Stores extends PaymentStores> (tools: PaymentTools<Stores>, { id }: Refund): Promise<boolean> {
  // First, so that it waits for its next turn whatever comes of this one.
  await scheduleRefund(tools, id)
  return await answered(() => askRefund(tools, id))
}

/** A surprise about one of them must not keep the others from being asked. */
async function answered (ask: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ask()
  } catch (error) {
    if (isStoreTrouble(error)) throw error
    return false
  }
}

/** The earliest instant at which something is to be asked. */
export async function nextQueryDue ({ payments }: Pick<PaymentStores, 'payments'>): Promise<Date | null> {
  const [order, refund] = [await payments.nextQueryAt(), await payments.nextRefundQueryAt()]
  if (order === null || refund === null) return order ?? refund
  return order < refund ? order : refund
}
