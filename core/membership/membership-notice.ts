import { noticeMessage, type NoticeTemplate } from '../notice.ts'
import type { OutboxStore } from '../outbox.ts'
import type { Membership } from './membership.ts'
import type { MembershipTools } from './settings.ts'

interface Telling {
  readonly template: Extract<NoticeTemplate, `membership_${string}`>
  readonly membership: Membership
}

/** A person is told by the channels of notices; a hospital sees its orders in its module. Once for each step of a term. */
export async function tellMember ({ outbox }: { readonly outbox: Pick<OutboxStore, 'add'> }, { ids, calendar }: Pick<MembershipTools, 'ids' | 'calendar'>, { template, membership }: Telling, at: Date): Promise<void> {
  const { id, member, endsAt } = membership
  if (member.kind !== 'patient') return
  const lastDay = endsAt === null ? {} : { lastDay: calendar(new Date(endsAt.getTime() - 1)) }
  await outbox.add(noticeMessage({ template, patientId: member.id, phone: null, params: { membershipId: id, ...lastDay } }, { id: ids.next(), key: `${template}:${id}`, at }))
}
