import type { JobResult } from '../operations/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { ended, lapsed, type Membership } from './membership.ts'
import { tellMember } from './membership-notice.ts'
import type { OrderStores } from './order-membership.ts'
import type { MembershipStore } from './ports.ts'
import type { MembershipTools } from './settings.ts'

export interface LookAfterMemberships<Stores extends OrderStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly tools: MembershipTools
}

const perPage = 100
const mostPages = 500
const dayMs = 86_400_000

/** 到期. Terms that are over, and orders that nobody paid, each in a transaction of its own. */
export async function endMemberships<Stores extends OrderStores> (deps: LookAfterMemberships<Stores>, dueAt: Date): Promise<JobResult> {
  const counts = { expired: 0, cancelled: 0 }
  for (let page = 0; page < mostPages; page += 1) {
    const due = await deps.inReading(({ memberships }) => memberships.due(dueAt, perPage))
    for (const { id } of due) {
      const state = await deps.inTransaction((stores) => endOne(stores, deps.tools, id, dueAt))
      if (state === 'expired') counts.expired += 1
      if (state === 'cancelled') counts.cancelled += 1
    }
    if (due.length < perPage) break
  }
  return counts
}

export const nextMembershipDue = ({ memberships }: { readonly memberships: Pick<MembershipStore, 'nextDue'> }): Promise<Date | null> => memberships.nextDue()

async function endOne (stores: OrderStores, tools: MembershipTools, id: string, dueAt: Date): Promise<Membership['state'] | null> {
  const membership = await stores.memberships.findForChange(id)
  if (membership === null) return null
  const isUnpaid = membership.state === 'pending' && membership.payUntil !== null && membership.payUntil <= dueAt
  const after = isUnpaid ? lapsed(membership) : ended(membership, dueAt)
  if (after === membership) return null
  await stores.memberships.save(after)
  if (after.state === 'expired') await tellMember(stores, tools, { template: 'membership_expired', membership: after }, dueAt)
  return after.state
}

/** 到期提醒. Once for each term that nothing follows yet. */
export async function remindMembers<Stores extends OrderStores> (deps: LookAfterMemberships<Stores>, dueAt: Date): Promise<JobResult> {
  const span = { from: dueAt, to: new Date(dueAt.getTime() + deps.tools.settings.remindDays * dayMs) }
  const due = await deps.inReading(({ memberships }) => memberships.toRemind(span, perPage * mostPages))
  for (const { id } of due) {
    await deps.inTransaction(async (stores) => {
      const membership = await stores.memberships.findForChange(id)
      if (membership === null || membership.remindedAt !== null || membership.state !== 'active') return
      await stores.memberships.save({ ...membership, remindedAt: dueAt })
      await tellMember(stores, deps.tools, { template: 'membership_expiring', membership }, dueAt)
    })
  }
  return { reminded: due.length }
}
