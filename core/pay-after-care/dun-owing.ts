import type { PatientStore } from '../identity/index.ts'
import type { Ids } from '../ids.ts'
import { yuanText } from '../money.ts'
import { noticeMessage } from '../notice.ts'
import type { OutboxStore } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { Bill } from './bill.ts'
import type { Contract } from './contract.ts'
import type { DefaultStore } from './default-ports.ts'
import { dunningOn } from './dunning.ts'
import { eachOwing } from './each-owing.ts'
import type { BillStore, ContractStore } from './ports.ts'
import type { Moment } from './settings.ts'

export interface DunningStores {
  readonly contracts: Pick<ContractStore, 'find' | 'ofPatient'>
  readonly bills: Pick<BillStore, 'owingContracts' | 'outstanding'>
  readonly defaults: Pick<DefaultStore, 'takeDunning'>
  readonly patients: Pick<PatientStore, 'find'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

export interface DunningDeps<Stores extends DunningStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly breathe: () => Promise<unknown>
  readonly ids: Ids
  /** Whether a hospital has told that the person died. */
  readonly isDeceased: (stores: Stores, patientId: string) => Promise<boolean>
}

const dunningKey = (contractId: string, on: string): string => `dunning:${contractId}:${on}`

/**
 * 催款 of a business day: at most one reminder per person and day, whatever how often it runs (I-24, I-27). Who has ended a
 * contract, signed another and owes on both is reminded once, of all of it.
 */
export async function dunOwing <Stores extends DunningStores> (deps: DunningDeps<Stores>, { now, today }: Moment): Promise<{ readonly contracts: number, readonly reminded: number, readonly suppressed: number }> {
  return eachOwing({ ...deps, dueBy: null }, { reminded: 0, suppressed: 0 }, async (stores, contractId) => {
    const contract = await stores.contracts.find(contractId)
    if (contract === null) return {}
    const owing = await owingOf(stores, contract)
    const bills = owing.flatMap((one) => one.bills)
    const decision = dunningOn(contract, bills, { today, isDeceased: await deps.isDeceased(stores, contract.patientId) })
    if (decision.kind === 'none') return {}
    const noticeKey = decision.kind === 'remind' ? dunningKey(contractId, today) : null
    const owedFen = decision.kind === 'remind' ? decision.reminder.owedFen : decision.owedFen
    const dunning = { on: today, noticeKey, suppressedBecause: decision.kind === 'suppress' ? decision.because : null, owedFen, at: now }
    const taken = await Promise.all(owing.map((one) => stores.defaults.takeDunning({ ...dunning, contractId: one.contractId })))
    if (taken.includes(false)) return {}
    if (decision.kind === 'suppress') return { suppressed: 1 }
    await remind(stores, contract, { ...decision.reminder, key: dunningKey(contractId, today), id: deps.ids.next(), at: now })
    return { reminded: 1 }
  })
}

async function owingOf ({ contracts, bills }: DunningStores, { patientId }: Contract): Promise<ReadonlyArray<{ readonly contractId: string, readonly bills: readonly Bill[] }>> {
  const found = []
  for (const { id } of await contracts.ofPatient(patientId)) found.push({ contractId: id, bills: await bills.outstanding(id) })
  return found.filter((one) => one.bills.length > 0)
}

async function remind ({ outbox }: Pick<DunningStores, 'outbox'>, contract: Contract, { template, owedFen, bills, dueOn, ...message }: Extract<ReturnType<typeof dunningOn>, { kind: 'remind' }>['reminder'] & { readonly key: string, readonly id: string, readonly at: Date }): Promise<void> {
  const params = { amount: yuanText(owedFen), bills: String(bills), dueOn }
  await outbox.add(noticeMessage({ template, patientId: contract.patientId, phone: contract.phone, params }, message))
}
