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
import type { DecideTools, Look, Proofs } from './look.ts'
import type { CreditFeedStore, IsDeceased } from './ports.ts'

export interface LookStores {
  readonly creditFeed: Pick<CreditFeedStore, 'accountsOfContracts' | 'episodesToTell' | 'lastEpisodeNumbers' | 'recordsOfEpisodes'>
  readonly contracts: Pick<ContractStore, 'findAll'>
  readonly bills: Pick<BillStore, 'findAll' | 'outstandingOf'>
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
 * Of each contract one look for each creditor at which a deadline of it is close or missed, or that may have to be told
 * something; in the order given. What stands is read for all of them together.
 */
export async function takeLooks <Stores extends LookStores> (stores: Stores, deps: Deps<Stores>, contractIds: readonly string[]): Promise<readonly Look[]> {
  const seen = await seeSome(stores, deps, contractIds)
  if (seen.length === 0) return []
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
  const episodes = accounts.size === 0 ? null : groupedBy(await creditFeed.episodesToTell([...accounts.keys()]), ({ contractId }) => contractId)
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
  /** By episode. */
  readonly records: ReadonlyMap<string, readonly FeedRecord[]>
  readonly notices: ReadonlyMap<string, NoticeRecord>
  /** In an episode and settled since. */
  readonly bills: ReadonlyMap<string, Bill>
  readonly lastEpisodeNumbers: ReadonlyMap<string, number>
}

async function toldOf (stores: LookStores, seen: readonly Seen[]): Promise<Told> {
  const episodes = seen.flatMap((one) => one.episodes)
  const outstanding = new Set(seen.flatMap((one) => one.outstanding).map(({ id }) => id))
  const found = async <Row>(wanted: readonly string[], find: (wanted: readonly string[]) => Promise<readonly Row[]>): Promise<readonly Row[]> => wanted.length === 0 ? [] : await find([...new Set(wanted)])
  const billIds = episodes.filter(isLive).flatMap(({ bills }) => bills).map(({ billId }) => billId).filter((id) => !outstanding.has(id))
  return {
    disputes: groupedBy(await found(seen.map(({ contract }) => contract.id), (ids) => stores.defaults.disputesOf(ids, mostDisputes)), ({ contractId }) => contractId),
    records: groupedBy(await found(episodes.map(({ id }) => id), stores.creditFeed.recordsOfEpisodes), ({ episodeId }) => episodeId),
    notices: new Map((await found(noticeKeysOf(episodes), stores.notices.findAll)).map((notice) => [notice.key, notice])),
    bills: new Map((await found(billIds, stores.bills.findAll)).map((bill) => [bill.id, bill])),
    lastEpisodeNumbers: await stores.creditFeed.lastEpisodeNumbers(seen.flatMap(({ account }) => account === null ? [] : [account.accountNumber]))
  }
}

/** Of bills that do not count yet, and of all where an opening is to be told: those that count have kept their proof. */
function noticeKeysOf (episodes: readonly Episode[]): readonly string[] {
  const isAsked = (episode: Episode, { claimedFen }: EpisodeBill): boolean => claimedFen === null || isUnreported(episode) || episode.state === 'rejected'
  return [...new Set(episodes.filter(isLive).flatMap((episode) => episode.bills.flatMap((bill) => isAsked(episode, bill) ? bill.noticeKey ?? [] : [])))]
}

async function lookAt <Stores extends LookStores> (stores: Stores, deps: Deps<Stores>, { contract, creditor, account: known, outstanding, episodes }: Seen, told: Told): Promise<Look> {
  const account = known ?? newAccount(deps, contract, creditor)
  const settled = episodes.filter(isLive).flatMap((episode) => episode.bills).flatMap(({ billId }) => told.bills.get(billId) ?? [])
  const bills = new Map([...outstanding, ...settled].map((bill) => [bill.id, bill]))
  const overdue = [...bills.values()].filter((bill) => isPastDeadline(bill, deps.moment.today))
  return {
    contract, creditor, account, isNewAccount: known === null, episodes, bills, lastEpisodeNumber: told.lastEpisodeNumbers.get(account.accountNumber) ?? 0,
    disputes: told.disputes.get(contract.id) ?? [], notices: told.notices, records: told.records,
    proofs: overdue.length === 0 || !maySomethingOpen(episodes) ? null : await proofsOf(stores, deps, { contract, overdue })
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
