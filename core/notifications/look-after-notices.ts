import { DomainError } from '../errors.ts'
import type { NoticeState } from '../notice.ts'
import type { OutboxStore } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { nextAsk } from './notice-plan.ts'
import type { KeptNotice, NoticeBook, SmsReceipt, SmsSender } from './ports.ts'
import { templates } from './templates.ts'

export interface LookAfterDeps {
  readonly inTransaction: InTransaction<{ readonly notices: NoticeBook, readonly outbox: Pick<OutboxStore, 'reopen'> }>
  readonly inReading: InTransaction<{ readonly notices: NoticeBook }>
  readonly sms: SmsSender | null
}

/** So many are read at a time; each one moves on, so that the next page is another one. */
const perPage = 200
const mostPages = 500

/** What waited for the end of the quiet hours goes on; receipts of what was sent are asked for. */
export async function lookAfterNotices (deps: LookAfterDeps, now: Date): Promise<{ readonly resumed: number, readonly proven: number, readonly undelivered: number }> {
  const counts = { resumed: 0, proven: 0, undelivered: 0 }
  for (let page = 0; page < mostPages; page += 1) {
    const due = await deps.inReading(({ notices }) => notices.toLookAfter(now, perPage))
    for (const { key, state } of due) {
      const receipt = state === 'queued' ? null : await receiptOf(deps.sms, key)
      const after = await deps.inTransaction(({ notices, outbox }) => settle({ notices, outbox }, { key, receipt, now }))
      if (after === 'resumed') counts.resumed += 1
      if (after === 'delivered') counts.proven += 1
      if (after === 'undelivered') counts.undelivered += 1
    }
    if (due.length < perPage) break
  }
  return counts
}

/** Null: the carrier does not answer now. */
async function receiptOf (sms: SmsSender | null, key: string): Promise<SmsReceipt | null> {
  if (sms === null) return null
  try {
    return await sms.receipt(key)
  } catch (error) {
    if (error instanceof DomainError) return null
    throw error
  }
}

type Stores = { readonly notices: NoticeBook, readonly outbox: Pick<OutboxStore, 'reopen'> }

/** As it stands now: it may have been read, or suppressed, since it was found. */
async function settle ({ notices, outbox }: Stores, { key, receipt, now }: { readonly key: string, readonly receipt: SmsReceipt | null, readonly now: Date }): Promise<NoticeState | 'resumed' | null> {
  const kept = await notices.findKept(key)
  if (kept === null || kept.lookAt === null || kept.lookAt > now) return null
  if (kept.state === 'queued') {
    await notices.keep({ ...kept, lookAt: null })
    await outbox.reopen(kept.messageId)
    return 'resumed'
  }
  const after = kept.state === 'sent' ? withReceipt(kept, receipt, now) : { ...kept, lookAt: null }
  await notices.keep(after)
  if (after.state === 'undelivered') await outbox.reopen(after.messageId)
  return after.state
}

/** What a receipt makes of a notice. One that never comes leaves it `sent`, but for what must be proven: that goes another way. */
function withReceipt (kept: KeptNotice, receipt: SmsReceipt | null, now: Date): KeptNotice {
  switch (receipt?.kind) {
    case 'delivered': return { ...kept, state: 'delivered', proofId: receipt.proofId, provenAt: receipt.at, lookAt: null }
    case 'undelivered': return failed(kept, receipt.code)
    case 'not_known': return failed(kept, 'not_known')
    case 'pending':
    case undefined: {
      const asks = kept.asks + 1
      const lookAt = nextAsk(asks, now)
      if (lookAt !== null) return { ...kept, asks, lookAt }
      return templates[kept.template].needsProof ? failed(kept, 'no_receipt') : { ...kept, asks, lookAt: null }
    }
  }
}

const failed = (kept: KeptNotice, reason: string): KeptNotice => ({ ...kept, state: 'undelivered', reason, tried: [...kept.tried, 'sms'], lookAt: null })
