import type { Ids } from '../ids.ts'
import { noticeMessage } from '../notice.ts'
import type { OutboxStore } from '../outbox.ts'
import type { Contract } from './contract.ts'
import { arrearsOf } from './overdue.ts'
import type { BillStore, ContractStore } from './ports.ts'
import type { Moment } from './settings.ts'
import { reinstate, suspend } from './suspend-contract.ts'
import { noContract } from './terminate-contract.ts'

export interface ByHandDeps {
  readonly contracts: Pick<ContractStore, 'find' | 'save' | 'note'>
  readonly bills: Pick<BillStore, 'outstanding'>
  readonly outbox: Pick<OutboxStore, 'add'>
  readonly ids: Ids
}

export interface ByHand {
  readonly contractId: string
  readonly what: 'suspended' | 'reinstated'
  readonly reason: string
  /** The token of finance. */
  readonly by: string
}

/** 人工暂停、人工恢复. The reason is kept with the contract; the person is told when the privilege comes or goes. */
export async function decideByHand (deps: ByHandDeps, { contractId, what, reason, by }: ByHand, { now, today }: Moment): Promise<Contract> {
  const { contracts, outbox, ids } = deps
  const contract = await contracts.find(contractId)
  if (contract === null) throw noContract()
  const decided = what === 'suspended'
    ? suspend(contract, 'manual', now)
    : reinstate(contract, arrearsOf(await deps.bills.outstanding(contractId), today).overdueFen > 0)
  const eventId = ids.next()
  await contracts.save(decided)
  await contracts.note({ id: eventId, contractId, what, reason, by, at: now })
  if (decided.state !== contract.state) {
    const template = decided.state === 'suspended' ? 'contract_suspended' : 'contract_cured'
    await outbox.add(noticeMessage({ template, patientId: decided.patientId, phone: decided.phone, params: {} }, { id: ids.next(), key: `by-hand:${eventId}`, at: now }))
  }
  return decided
}
