import type { CarryOut } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { tellPerson } from './keep-voucher.ts'
import type { BatchWork } from './office-ports.ts'
import type { MovedRun, VoucherRun, VoucherStores } from './ports.ts'
import { monthOf, type VoucherTools } from './settings.ts'
import type { VoucherState } from './voucher.ts'

type WorkStores = Pick<VoucherStores, 'vouchers' | 'voucherBatches' | 'outbox'>
type WorkTools = Pick<VoucherTools, 'ids' | 'calendar'>

export const voucherWorkKind = 'voucher_work'
/** So many places at a time, each in a transaction of its own: redemptions wait for none of them long. */
export const piece = 5_000

/** What is neither booked nor used nor over, in the order in which a voucher goes through it: who moves on meanwhile is met again. */
export const open: readonly VoucherState[] = ['generated', 'sent', 'converted', 'issued']

/** One piece is done at once; more is carried out afterwards. */
export async function startWork (stores: WorkStores, tools: WorkTools, wanted: Omit<BatchWork, 'id' | 'nextSeq' | 'changed'>): Promise<BatchWork> {
  const work: BatchWork = { ...wanted, id: tools.ids.next(), nextSeq: wanted.fromSeq, changed: 0 }
  await stores.voucherBatches.addWork(work)
  const begun = await workOnce(stores, tools, work)
  if (isLeft(begun)) await stores.outbox.add({ id: tools.ids.next(), kind: voucherWorkKind, key: work.id, payload: { workId: work.id }, createdAt: work.at })
  return begun
}

const isLeft = ({ nextSeq, toSeq }: BatchWork): boolean => nextSeq <= toSeq

/** Carries out outbox messages of kind `voucher_work`, piece by piece; after a stop it goes on where it was. */
export function carryVoucherWork<Stores extends WorkStores> ({ inTransaction, breathe, tools }: { readonly inTransaction: InTransaction<Stores>, readonly breathe: () => Promise<void>, readonly tools: WorkTools }): CarryOut {
  return async ({ payload }) => {
    const id = String(payload['workId'])
    for (;;) {
      const work = await inTransaction(async (stores) => {
        const standing = await stores.voucherBatches.findWork(id)
        return standing === null || !isLeft(standing) ? null : await workOnce(stores, tools, standing)
      })
      if (work === null || !isLeft(work)) return
      await breathe()
    }
  }
}

async function workOnce (stores: WorkStores, tools: WorkTools, work: BatchWork): Promise<BatchWork> {
  const { batch, nextSeq: fromSeq, at, by, reason, communityId } = work
  const toSeq = Math.min(work.toSeq, fromSeq + piece - 1)
  const run = { batch, fromSeq, toSeq, month: monthOf(at, tools.calendar), at, by }
  const changed = await doPiece[work.kind](stores, tools, { ...run, communityId, reason })
  const done = { nextSeq: toSeq + 1, changed: work.changed + changed }
  await stores.voucherBatches.noteWork(work.id, done)
  return { ...work, ...done }
}

type Piece = Omit<VoucherRun, 'what' | 'to' | 'states'>

const doPiece: Readonly<Record<BatchWork['kind'], (stores: WorkStores, tools: WorkTools, piece: Piece) => Promise<number>>> = {
  generate: async ({ vouchers, voucherBatches }, _tools, run) => {
    const made = await vouchers.generate(run)
    await voucherBatches.noteGenerated(run.batch, run.toSeq)
    return made
  },
  send: async ({ vouchers }, _tools, run) => (await vouchers.move({ ...run, states: ['generated'], what: 'sent', to: 'sent' })).count,
  void: async (stores, tools, run) => {
    const moved = await stores.vouchers.move({ ...run, states: open, what: 'voided', to: 'void' })
    await tellHolders(stores, tools, { moved, template: 'voucher_void' }, run.at)
    return moved.count
  }
}

export async function tellHolders (stores: Pick<VoucherStores, 'outbox'>, tools: WorkTools, { moved, template }: { readonly moved: MovedRun, readonly template: 'voucher_void' | 'voucher_expired' }, at: Date): Promise<void> {
  for (const voucher of moved.held) await tellPerson(stores, tools, { template, voucher, occasion: 'batch' }, at)
}
