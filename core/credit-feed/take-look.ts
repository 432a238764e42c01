import { isMinor } from '../access/index.ts'
import type { CalendarDate } from '../clock.ts'
import { addDays } from '../days.ts'
import { namedPersonOf, type PatientStore } from '../identity/index.ts'
import type { NoticeRecord, NoticeStore } from '../notice.ts'
import { billsPurpose, isPastDeadline, type Bill, type BillStore, type Contract, type ContractStore, type DefaultStore, type Dispute } from '../pay-after-care/index.ts'
import type { DayStore, PaymentStore } from '../payments/index.ts'
import type { Creditor } from './creditor.ts'
import { isCloseToDeadline } from './episode-bills.ts'
import { isLive, isUnreported, type CreditAccount, type Episode, type EpisodeBill } from './episode.ts'
import { disputesAbout } from './new-records.ts'
import { nothingProven, type DecideTools, type Look, type Proofs } from './look.ts'
import type { CreditFeedStore, IsDeceased } from './ports.ts'

export interface LookStores {
  readonly creditFeed: Pick<CreditFeedStore, 'accountsOfContract' | 'episodesOfContract' | 'recordsOfEpisodes' | 'toldToTheEnd'>
  readonly contracts: Pick<ContractStore, 'find'>
  readonly bills: Pick<BillStore, 'find' | 'outstanding'>
  readonly defaults: Pick<DefaultStore, 'disputes'>
  readonly notices: Pick<NoticeStore, 'find'>
  readonly days: DayStore
  readonly payments: Pick<PaymentStore, 'hasOpen'>
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
}

export interface LookDeps<Stores> extends Omit<DecideTools, 'moment'> {
  readonly creditors: readonly Creditor[]
  readonly isDeceased: IsDeceased<Stores>
}

/** A contract has few disputes and episodes; more are not looked at. */
const mostDisputes = 100

/** One look for each creditor at which a deadline of the contract is close or missed, or that has episodes of it. */
export async function takeLooks <Stores extends LookStores> (stores: Stores, deps: LookDeps<Stores> & Pick<DecideTools, 'moment'>, contractId: string): Promise<readonly Look[]> {
  const contract = await stores.contracts.find(contractId)
  if (contract === null) return []
  const outstanding = await stores.bills.outstanding(contractId)
  const accounts = await stores.creditFeed.accountsOfContract(contractId)
  const episodes = accounts.length === 0 ? [] : await stores.creditFeed.episodesOfContract(contractId)
  const looks: Look[] = []
  for (const creditor of deps.creditors) {
    const seen: Seen = {
      contract, creditor, account: accounts.find((account) => account.creditor === creditor.code) ?? null,
      outstanding: outstanding.filter(({ hospitalId }) => creditor.hospitals.includes(hospitalId)), episodes: episodes.filter((episode) => episode.creditor === creditor.code)
    }
    const isSomething = seen.episodes.length > 0 || seen.outstanding.some((bill) => isCloseToDeadline(bill, deps))
    if (isSomething) looks.push(await lookAt(stores, deps, seen))
  }
  return looks
}

interface Seen {
  readonly contract: Contract
  readonly creditor: Creditor
  readonly account: CreditAccount | null
  readonly outstanding: readonly Bill[]
  readonly episodes: readonly Episode[]
}

async function lookAt <Stores extends LookStores> (stores: Stores, deps: LookDeps<Stores> & Pick<DecideTools, 'moment'>, { contract, creditor, account: known, outstanding, episodes }: Seen): Promise<Look> {
  const account = known ?? newAccount(deps, contract, creditor)
  const bills = await billsOf(stores.bills, outstanding, episodes)
  const disputes = await stores.defaults.disputes({ contractId: contract.id, isOpen: null, hospitalId: null }, { limit: mostDisputes, offset: 0 })
  const overdue = [...bills.values()].filter((bill) => isPastDeadline(bill, deps.moment.today))
  return {
    contract, creditor, account, isNewAccount: known === null, episodes, records: await recordsOf(stores.creditFeed, episodes, disputes), bills, disputes,
    notices: await noticesOf(stores.notices, episodes),
    proofs: overdue.length === 0 || !maySomethingOpen(episodes) ? nothingProven : await proofsOf(stores, deps, { contract, overdue })
  }
}

/** Gates are asked of what the bureau has not heard of, or has refused. */
function maySomethingOpen (episodes: readonly Episode[]): boolean {
  const live = episodes.filter(isLive)
  return live.length === 0 || live.some((episode) => isUnreported(episode) || episode.state === 'rejected')
}

/** An ended episode about which nobody disputes, and whose end the bureau has accepted, has nothing more to tell. */
async function recordsOf (store: LookStores['creditFeed'], episodes: readonly Episode[], disputes: readonly Dispute[]): Promise<Look['records']> {
  const over = new Set<string>()
  for (const [state, end] of [['cured', 'cure'], ['withdrawn', 'withdraw']] as const) {
    const ended = episodes.filter((episode) => episode.state === state && !episode.isHeld && disputesAbout(episode, { disputes }).length === 0)
    for (const id of ended.length === 0 ? [] : await store.toldToTheEnd(ended.map(({ id }) => id), end)) over.add(id)
  }
  const telling = episodes.map(({ id }) => id).filter((id) => !over.has(id))
  const found = telling.length === 0 ? null : await store.recordsOfEpisodes(telling)
  return new Map(telling.map((id) => [id, found?.get(id) ?? []]))
}

function newAccount ({ stableId, calendar }: Pick<DecideTools, 'stableId' | 'calendar'>, contract: Contract, creditor: Creditor): CreditAccount {
  return { accountNumber: stableId(creditor.code, 'CreditAccount', contract.id).replaceAll('-', '').slice(0, 30), contractId: contract.id, creditor: creditor.code, openedOn: calendar(contract.signedAt) }
}

async function billsOf (store: Pick<BillStore, 'find'>, outstanding: readonly Bill[], episodes: readonly Episode[]): Promise<ReadonlyMap<string, Bill>> {
  const bills = new Map(outstanding.map((bill) => [bill.id, bill]))
  for (const { billId } of episodes.filter(isLive).flatMap((episode) => episode.bills)) {
    const bill = bills.has(billId) ? null : await store.find(billId)
    if (bill !== null) bills.set(billId, bill)
  }
  return bills
}

/** Of bills that do not count yet, and of all where an opening is to be told: those that count have kept their proof. */
async function noticesOf (store: Pick<NoticeStore, 'find'>, episodes: readonly Episode[]): Promise<ReadonlyMap<string, NoticeRecord>> {
  const isAsked = (episode: Episode, { claimedFen }: EpisodeBill): boolean => claimedFen === null || isUnreported(episode) || episode.state === 'rejected'
  const keys = new Set(episodes.filter(isLive).flatMap((episode) => episode.bills.flatMap((bill) => isAsked(episode, bill) ? bill.noticeKey ?? [] : [])))
  const notices = new Map<string, NoticeRecord>()
  for (const key of keys) {
    const notice = await store.find(key)
    if (notice !== null) notices.set(key, notice)
  }
  return notices
}

async function proofsOf <Stores extends LookStores> (stores: Stores, { isDeceased, moment: { today } }: LookDeps<Stores> & Pick<DecideTools, 'moment'>, { contract, overdue }: { readonly contract: Contract, readonly overdue: readonly Bill[] }): Promise<Proofs> {
  const patient = await stores.patients.find(contract.patientId)
  const person = patient === null ? [] : await stores.patients.byPerson(patient.personId)
  return {
    isReconciled: await areReconciled(stores.days, overdue, today),
    isPaymentPending: await stores.payments.hasOpen(billsPurpose, contract.id),
    // A ward's debt is the guardian's, who has no contract of their own: nobody is reported for it (D-9).
    isMinor: contract.guardianPatientId !== null || isMinor(person.map(({ birthDate }) => birthDate), today),
    isDeceased: await isDeceased(stores, contract.patientId),
    isNamed: await namedPersonOf(stores, contract.patientId) !== null
  }
}

/** The day of each missed deadline, and yesterday: what was paid then is known (D-6). */
async function areReconciled (days: DayStore, overdue: readonly Bill[], today: CalendarDate): Promise<boolean> {
  const needed = new Set(overdue.flatMap(({ hospitalId, dueOn }) => [...dueOn === null ? [] : [`${hospitalId} ${dueOn}`], `${hospitalId} ${addDays(today, -1)}`]))
  for (const one of needed) {
    const [hospitalId = '', day = ''] = one.split(' ')
    if (!await days.isReconciled(day as CalendarDate, hospitalId)) return false
  }
  return true
}
