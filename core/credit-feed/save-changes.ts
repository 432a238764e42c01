import type { Ids } from '../ids.ts'
import { sumFen, yuanText } from '../money.ts'
import { noticeMessage } from '../notice.ts'
import type { OutboxStore } from '../outbox.ts'
import { undisputedOf } from '../pay-after-care/index.ts'
import type { Change, DecideTools, Look } from './look.ts'
import type { CreditFeedStore } from './ports.ts'

export interface SaveStores {
  readonly creditFeed: Pick<CreditFeedStore, 'addAccount' | 'saveEpisode' | 'addRecord' | 'saveRecord'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

/** Writes what was decided, with the notice to the person in the same transaction. */
export async function saveChanges ({ creditFeed, outbox }: SaveStores, { look, changes }: { readonly look: Look, readonly changes: readonly Change[] }, { ids, moment }: Pick<DecideTools, 'moment'> & { readonly ids: Ids }): Promise<void> {
  if (changes.length > 0 && look.isNewAccount) await creditFeed.addAccount(look.account)
  for (const { episode, newRecords, settledRecords, notice } of changes) {
    await creditFeed.saveEpisode(episode)
    for (const record of settledRecords) await creditFeed.saveRecord(record)
    for (const record of newRecords) await creditFeed.addRecord(record)
    if (notice !== null) await outbox.add(noticeMessage(preReportNotice(look, notice.bills), { id: ids.next(), key: notice.key, at: moment.now }))
  }
}

/** 上报前告知. Names the bureau, the amount and the last day; the words and how to object are the template's. */
function preReportNotice ({ contract, creditor }: Look, bills: NonNullable<Change['notice']>['bills']) {
  const [dueOn = ''] = bills.flatMap((bill) => bill.dueOn ?? []).sort()
  return { template: 'pre_report_notice' as const, patientId: contract.patientId, phone: contract.phone, params: { amount: yuanText(sumFen(bills.map(undisputedOf))), dueOn, bureau: creditor.bureau } }
}
