import { DomainError } from '../errors.ts'
import { isInForce, noMembership, stateRefused } from './membership.ts'
import type { MembershipStore, MembershipUsage } from './ports.ts'
import type { MembershipTools } from './settings.ts'

type WantedUse = Pick<MembershipUsage, 'membershipId' | 'kind' | 'reference' | 'by'>

/** 用量核减. One use of a kind for one thing, once whatever how often it is said; never beyond what there is. */
export async function useMembership ({ memberships }: { readonly memberships: MembershipStore }, { ids }: Pick<MembershipTools, 'ids'>, wanted: WantedUse, at: Date): Promise<MembershipUsage> {
  const membership = await memberships.findForChange(wanted.membershipId)
  if (membership === null) throw noMembership()
  const before = await memberships.usageOf(wanted)
  if (before !== null) return before
  if (!isInForce(membership, at) || membership.refund?.state === 'asked') throw stateRefused(membership)
  if (!await memberships.takeUse({ ...wanted, at })) throw new DomainError('MEMBERSHIP_USES_SPENT', 'The membership has no use of this kind left, or never had one. See its counts.', 'kind')
  const usage: MembershipUsage = { ...wanted, id: ids.next(), at }
  await memberships.addUsage(usage)
  return usage
}
