import type { JobResult } from '../operations/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { lastDayOf } from './hand-out.ts'
import { tellPerson } from './keep-voucher.ts'
import type { VoucherStores, VoucherUseStore } from './ports.ts'
import { monthOf, type VoucherTools } from './settings.ts'
import { redeemUse } from './use-voucher.ts'
import type { VoucherBatch } from './voucher.ts'
import { open, piece, tellHolders } from './work-on-batch.ts'

export interface LookAfterVouchers<Stores extends VoucherStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly tools: VoucherTools
  /** Lets others in between two pieces of long work. */
  readonly breathe: () => Promise<void>
}

const batchesAtOnce = 100
const usesAtOnce = 100
const mostPages = 1_000

/**
 * 过期 (V-05). What is not booked, used or over when its batch has ended expires, piece by piece, by the same conditional
 * step as everything else; after a stop the same run does the rest, and a run again does nothing.
 */
export async function expireVouchers<Stores extends VoucherStores> (deps: LookAfterVouchers<Stores>, dueAt: Date): Promise<JobResult> {
  const counts = { batches: 0, expired: 0 }
  for (let page = 0; page < mostPages; page += 1) {
    const ended = await deps.inReading(({ voucherBatches }) => voucherBatches.ended(dueAt, batchesAtOnce))
    for (const batch of ended) {
      counts.expired += await expireBatch(deps, batch, dueAt)
      counts.batches += 1
    }
    if (ended.length < batchesAtOnce) break
  }
  return counts
}

async function expireBatch<Stores extends VoucherStores> ({ inTransaction, tools, breathe }: LookAfterVouchers<Stores>, { number: batch, count: size }: VoucherBatch, at: Date): Promise<number> {
  let expired = 0
  for (let fromSeq = 1; fromSeq <= size; fromSeq += piece) {
    expired += await inTransaction(async (stores) => {
      const moved = await stores.vouchers.move({ batch, fromSeq, toSeq: Math.min(size, fromSeq + piece - 1), states: open, what: 'expired', to: 'expired', communityId: null, month: monthOf(at, tools.calendar), reason: null, by: 'time', at })
      await tellHolders(stores, tools, { moved, template: 'voucher_expired' }, at)
      return moved.count
    })
    await breathe()
  }
  await inTransaction(({ voucherBatches }) => voucherBatches.markEnded(batch))
  return expired
}

/** 到期提醒 (V-27): who has one that ends on the day in question and may still use it, once. */
export async function remindHolders<Stores extends VoucherStores> ({ inTransaction, inReading, tools, breathe }: LookAfterVouchers<Stores>, dueAt: Date): Promise<JobResult> {
  let reminded = 0
  for (let page = 0; page < mostPages; page += 1) {
    const due = await inReading(({ vouchers }) => vouchers.toRemind({ from: dueAt, to: new Date(dueAt.getTime() + tools.settings.remindDays * 86_400_000) }, usesAtOnce))
    await inTransaction(async (stores) => {
      for (const voucher of due) {
        await stores.vouchers.markReminded(voucher.id)
        await tellPerson(stores, tools, { template: 'voucher_expiring', voucher, occasion: 'expiring', params: { lastDay: lastDayOf(voucher, tools) } }, dueAt)
      }
    })
    reminded += due.length
    if (due.length < usesAtOnce) break
    await breathe()
  }
  return { reminded }
}

const minuteMs = 60_000

/** V-24: whose examination is done is redeemed, also where nobody at the hospital says so. */
export async function redeemExamined<Stores extends VoucherStores> ({ inTransaction, inReading, tools }: LookAfterVouchers<Stores>, dueAt: Date): Promise<JobResult> {
  const by = new Date(dueAt.getTime() - tools.settings.redeemAfterMinutes * minuteMs)
  let redeemed = 0
  for (let page = 0; page < mostPages; page += 1) {
    const due = await inReading(({ voucherUses }) => voucherUses.examinedBy(by, usesAtOnce))
    for (const { id } of due) {
      const isDone = await inTransaction(async (stores) => (await stores.voucherUses.find(id))?.state === 'examined' && (await redeemUse(stores, tools, { useId: id, by: 'timer' }, dueAt)).state === 'redeemed')
      if (isDone) redeemed += 1
    }
    if (due.length < usesAtOnce) break
  }
  return { redeemed }
}

export async function nextExaminedDue ({ voucherUses }: { readonly voucherUses: Pick<VoucherUseStore, 'nextExamined'> }, { redeemAfterMinutes }: { readonly redeemAfterMinutes: number }): Promise<Date | null> {
  const first = await voucherUses.nextExamined()
  return first === null ? null : new Date(first.getTime() + redeemAfterMinutes * minuteMs)
}
