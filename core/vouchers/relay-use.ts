import type { Clock } from '../clock.ts'
import type { CarryOut } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { tellPerson } from './keep-voucher.ts'
import type { VoucherStores } from './ports.ts'
import type { VoucherTools } from './settings.ts'
import type { Voucher } from './voucher.ts'
import type { VoucherUse } from './voucher-use.ts'

type RelayStores = Pick<VoucherStores, 'vouchers' | 'voucherUses' | 'voucherCopies' | 'outbox'>

/** 核销信息 (V-25): one outbox message for each who must hear of it. */
export const voucherRelayKinds = { person: 'voucher_use_to_person', backOffice: 'voucher_use_to_back_office', community: 'voucher_use_to_community' } as const

export async function relayUse ({ outbox }: Pick<RelayStores, 'outbox'>, { ids }: Pick<VoucherTools, 'ids'>, { id: useId, state }: VoucherUse, at: Date): Promise<void> {
  for (const kind of Object.values(voucherRelayKinds)) await outbox.add({ id: ids.next(), kind, key: `${useId}:${state}`, payload: { useId }, createdAt: at })
}

export interface RelayDeps<Stores extends RelayStores> {
  readonly inTransaction: InTransaction<Stores>
  /** Business time. */
  readonly clock: Clock
  readonly tools: Pick<VoucherTools, 'ids'>
}

interface Heard {
  readonly use: VoucherUse
  readonly voucher: Voucher
  readonly at: Date
}

/**
 * What each of them makes of it. They go by what stands now and not by the message, so any number of them in any order
 * ends in the same (I-45).
 */
export function carryVoucherRelays<Stores extends RelayStores> (deps: RelayDeps<Stores>): Readonly<Record<string, CarryOut>> {
  return {
    [voucherRelayKinds.person]: hearing(deps, toPerson),
    [voucherRelayKinds.backOffice]: hearing(deps, toBackOffice),
    [voucherRelayKinds.community]: hearing(deps, toCommunity)
  }
}

type Hear<Stores> = (stores: Stores, heard: Heard, tools: Pick<VoucherTools, 'ids'>) => Promise<void>

function hearing<Stores extends RelayStores> ({ inTransaction, clock, tools }: RelayDeps<Stores>, hear: Hear<RelayStores>): CarryOut {
  return async ({ payload }) => {
    await inTransaction(async (stores) => {
      const found = await stores.voucherUses.find(String(payload['useId']))
      const voucher = found === null ? null : await stores.vouchers.findForChange(found.voucherId)
      const use = found === null ? null : await stores.voucherUses.find(found.id)
      if (use !== null && voucher !== null) await hear(stores, { use, voucher, at: clock.now() }, tools)
    })
  }
}

/** V-21: what is redeemed leaves the person's list, what was rolled back is in it again; the terminal is told. */
async function toPerson (stores: RelayStores, { use, voucher, at }: Heard, tools: Pick<VoucherTools, 'ids'>): Promise<void> {
  await stores.vouchers.show(voucher.id, voucher.state !== 'redeemed')
  const template = use.state === 'rolled_back' ? 'voucher_restored' : 'voucher_redeemed'
  await tellPerson(stores, tools, { template, voucher, hospitalId: use.hospitalId, occasion: use.id }, at)
}

/** V-06, V-07. */
async function toBackOffice ({ voucherCopies }: RelayStores, { use, voucher, at }: Heard): Promise<void> {
  if (use.redeemedAt === null) return
  const state = use.state === 'rolled_back' ? 'rolled_back' : 'redeemed'
  await voucherCopies.keepWriteOff({ useId: use.id, voucherId: voucher.id, batch: voucher.batch, hospitalId: use.hospitalId, state, redeemedAt: use.redeemedAt, receivedAt: at })
}

/** V-14: what the community keeps is spent, and is not handed out again. */
async function toCommunity ({ voucherCopies }: RelayStores, { voucher: { id, state }, at }: Heard): Promise<void> {
  const because = state === 'redeemed' || state === 'void' || state === 'expired' ? state : null
  await voucherCopies.spendCode(id, because === null ? null : { at, because })
}
