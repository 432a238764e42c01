import { isStoreTrouble } from '../back-off.ts'
import { askChannel } from './ask-channel.ts'
import type { PaymentStores, PaymentTools } from './payment-tools.ts'
import type { PaymentOrder } from './payment-order.ts'
import { askedForMs } from './query-schedule.ts'

/** So many are asked for in one run; while they do not move, the rest waits with them. */
const mostAsked = 200

export interface Undecided {
  readonly asked: number
  /** Still neither paid nor failed, up to the most that are looked at. */
  readonly left: readonly PaymentOrder[]
}

/**
 * 悬单. Payments of which a day after their expiry nobody knows what became of them: the queries have ended. Their channels
 * are asked once more, which settles them when a channel is back after a long outage; the day's statement settles those
 * that were paid, too. What is left is for people.
 */
export async function askUndecided<Stores extends PaymentStores> (tools: PaymentTools<Stores>, at: Date): Promise<Undecided> {
  const before = new Date(at.getTime() - askedForMs)
  const look = (): Promise<readonly PaymentOrder[]> => tools.inTransaction(({ payments }) => payments.undecided(before, mostAsked))
  const silent = new Set<string>()
  let asked = 0
  for (const order of await look()) {
    if (silent.has(order.channel) || !tools.gateways.some(({ channel }) => channel === order.channel)) continue
    asked += 1
    if (!await isAnswered(tools, order)) silent.add(order.channel)
  }
  return { asked, left: await look() }
}

/** One that surprises must not keep the others from being asked. */
async function isAnswered<Stores extends PaymentStores> (tools: PaymentTools<Stores>, order: PaymentOrder): Promise<boolean> {
  try {
    return await askChannel(tools, order, { isToClose: true })
  } catch (error) {
    if (isStoreTrouble(error)) throw error
    return true
  }
}
