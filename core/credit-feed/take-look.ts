import { isMinor } from '../access/index.ts'
import type { CalendarDate } from '../clock.ts'
import { addDays } from '../days.ts'
import { groupedBy } from '../grouped-by.ts'
import { namedPersonOf, type PatientStore } from '../identity/index.ts'
import type { NoticeRecord, NoticeStore } from '../notice.ts'
import { billsPurpose, isPastDeadline, type Bill, type BillStore, type Contract, type ContractStore, type DefaultStore, type Dispute } from '../pay-after-care/index.ts'
import type { DayStore, PaymentStore } from '../payments/index.ts'
import type { Creditor } from './creditor.ts'
import { isCloseToDeadline } from './episode-bills.ts'
import { isLive, isUnreported, type CreditAccount, type Episode, type EpisodeBill } from './episode.ts'
import type { FeedRecord } from './feed.ts'
import { disputesAbout } from './new-records.ts'
import { nothingProven, type DecideTools, type Look, type Proofs } from './look.ts'
import type { CreditFeedStore, IsDeceased } from './ports.ts'

export interface LookStores {
  readonly creditFeed: Pick<CreditFeedStore, 'accountsOfContracts' | 'episodesOfContracts' | 'recordsOfEpisodes' | 'toldToTheEnd'>
  readonly contracts: Pick<ContractStore, 'findAll'>
  readonly bills: Pick<BillStore, 'find' | 'outstandingOf'>
  readonly defaults: Pick<DefaultStore, 'disputesOf'>
  readonly notices: Pick<NoticeStore, 'findAll'>
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

type Deps<Stores> = LookDeps<Stores> & Pick<DecideTools, 'moment'>

/**
 * Of each contract one look for each creditor at which a deadline of it is close or missed, or that has episodes of it; in
 * the order given. What stands is read for all of them together.
 */
export async function takeLooks <Stores extends LookStores> (stores: Stores, deps: Deps<Stores>, contractIds: readonly string[]): Promise<readonly Look[]> {
  const seen = await seeSome(stores, deps, contractIds)
  const told = await toldOf(stores, seen)
  const looks: Look[] = []
  for (const one of seen) looks.push(await lookAt(stores, deps, one, told))
  return looks
}

interface Seen {
  readonly contract: Contract
  readonly creditor: Creditor
  readonly account: CreditAccount | null
  readonly outstanding: readonly Bill[]
  readonly episodes: readonly Episode[]
}

async function seeSome <Stores extends LookStores> ({ contracts, bills, creditFeed }: Stores, deps: Deps<Stores>, contractIds: readonly string[]): Promise<readonly Seen[]> {
  if (contractIds.length === 0) return []
  const known = new Map((await contracts.findAll(contractIds)).map((contract) => [contract.id, contract]))
  const outstanding = groupedBy(await bills.outstandingOf(contractIds), ({ contractId }) => contractId)
  const accounts = groupedBy(await creditFeed.accountsOfContracts(contractIds), ({ contractId }) => contractId)
  const episodes = accounts.size === 0 ? null : groupedBy(await creditFeed.episodesOfContracts([...accounts.keys()]), ({ contractId }) => contractId)
  return contractIds.flatMap((contractId) => known.get(contractId) ?? []).flatMap((contract) => deps.creditors.map((creditor) => ({
    contract, creditor, account: accounts.get(contract.id)?.find((account) => account.creditor === creditor.code) ?? null,
    outstanding: (outstanding.get(contract.id) ?? []).filter(({ hospitalId }) => creditor.hospitals.includes(hospitalId)),
    episodes: (episodes?.get(contract.id) ?? []).filter((episode) => episode.creditor === creditor.code)
  }))).filter((one) => one.episodes.length > 0 || one.outstanding.some((bill) => isCloseToDeadline(bill, deps)))
}

/** What persons and the bureau have said and been told. */
interface Told {
  /** By contract, the newest first. */
  readonly disputes: ReadonlyMap<string, readonly Dispute[]>
  /** By episode; none of those that have nothing more to tell. */
  readonly records: ReadonlyMap<string, readonly FeedRecord[]>
  readonly over: ReadonlySet<string>
  readonly notices: ReadonlyMap<string, NoticeRecord>
}

async function toldOf (stores: LookStores, seen: readonly Seen[]): Promise<Told> {
  if (seen.length === 0) return { disputes: new Map(), records: new Map(), over: new Set(), notices: new Map() }
  const disputes = groupedBy(await stores.defaults.disputesOf([...new Set(seen.map(({ contract }) => contract.id))], mostDisputes), ({ contractId }) => contractId)
  const over = await toldToTheEnd(stores.creditFeed, seen, disputes)
  const telling = seen.flatMap(({ episodes }) => episodes).map(({ id }) => id).filter((id) => !over.has(id))
  const keys = noticeKeysOf(seen.flatMap(({ episodes }) => episodes))
  return {
    disputes, over, records: groupedBy(telling.length === 0 ? [] : await stores.creditFeed.recordsOfEpisodes(telling), ({ episodeId }) => episodeId),
    notices: new Map((keys.length === 0 ? [] : await stores.notices.findAll(keys)).map((notice) => [notice.key, notice]))
  }
}

/** An ended episode about which nobody disputes, and whose end the bureau has accepted, has nothing more to tell. */
async function toldToTheEnd (store: LookStores['creditFeed'], seen: readonly Seen[], disputes: Told['disputes']): Promise<ReadonlySet<string>> {
  const over = new Set<string>()
  for (const [state, end] of [['cured', 'cure'], ['withdrawn', 'withdraw']] as const) {
    const ended = seen.flatMap(({ contract, episodes }) => episodes.filter((episode) => episode.state === state && !episode.isHeld && disputesAbout(episode, { disputes: disputes.get(contract.id) ?? [] }).length === 0))
    for (const id of ended.length === 0 ? [] : await store.toldToTheEnd(ended.map(({ id }) => id), end)) over.add(id)
  }
  return over
}

/** Of bills that do not count yet, and of all where an opening is to be told: those that count have kept their proof. */
function noticeKeysOf (episodes: readonly Episode[]): readonly string[] {
  const isAsked = (episode: Episode, { claimedFen }: EpisodeBill): boolean => claimedFen === null || isUnreported(episode) || episode.state === 'rejected'
  return [...new Set(episodes.filter(isLive).flatMap((episode) => episode.bills.flatMap((bill) => isAsked(episode, bill) ? bill.noticeKey ?? [] : [])))]
}

async function lookAt <Stores extends LookStores> (stores: Stores, deps: Deps<Stores>, { contract, creditor, account: known, outstanding, episodes }: Seen, told: Told): Promise<Look> {
  const account = known ?? newAccount(deps, contract, creditor)
  const bills = await billsOf(stores.bills, outstanding, episodes)
  const overdue = [...bills.values()].filter((bill) => isPastDeadline(bill, deps.moment.today))
  return {
    contract, creditor, account, isNewAccount: known === null, episodes, bills, disputes: told.disputes.get(contract.id) ?? [], notices: told.notices,
    records: new Map(episodes.flatMap(({ id }) => told.over.has(id) ? [] : [[id, told.records.get(id) ?? []]])),
    proofs: overdue.length === 0 || !maySomethingOpen(episodes) ? nothingProven : await proofsOf(stores, deps, { contract, overdue })
  }
}

/** Gates are asked of what the bureau has not heard of, or has refused. */
function maySomethingOpen (episodes: readonly Episode[]): boolean {
  const live = episodes.filter(isLive)
  return live.length === 0 || live.some((episode) => isUnreported(episode) || episode.state === 'rejected')
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

async function proofsOf <Stores extends LookStores> (stores: Stores, { isDeceased, moment: { today } }: Deps<Stores>, { contract, overdue }: { readonly contract: Contract, readonly overdue: readonly Bill[] }): Promise<Proofs> {
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
