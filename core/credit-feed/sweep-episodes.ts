import type { CalendarDate } from '../clock.ts'
import { addDays } from '../days.ts'
import { DomainError } from '../errors.ts'
import type { BillStore, ContractStore, DefaultStore, Moment } from '../pay-after-care/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { decideEpisodes } from './decide-episodes.ts'
import { liveStates } from './episode.ts'
import type { CreditFeedStore } from './ports.ts'
import { saveChanges, type SaveStores } from './save-changes.ts'
import { takeLooks, type LookDeps, type LookStores } from './take-look.ts'

export type EpisodeStores = LookStores & SaveStores & {
  readonly contracts: Pick<ContractStore, 'find' | 'lockPerson'>
}

export type SweepStores = EpisodeStores & {
  readonly creditFeed: Pick<CreditFeedStore, 'episodesIn' | 'held' | 'rejectedRecords'>
  readonly bills: Pick<BillStore, 'owingContracts'>
  readonly defaults: Pick<DefaultStore, 'disputes'>
}

export interface SweepDeps<Stores> extends LookDeps<Stores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  /** Lets others have their turn. */
  readonly breathe: () => Promise<unknown>
}

const perPage = 100

/**
 * 征信事件巡检. Compares what is overdue with what stands and closes the gap; run 0, 1 or 5 times it ends the same. It goes
 * over what is close to its deadline or past it, lives, is held or was rejected, so its cost grows with these and not with
 * all contracts.
 */
export async function sweepEpisodes <Stores extends SweepStores> (deps: SweepDeps<Stores>, moment: Moment): Promise<{ readonly looked: number, readonly changed: number }> {
  const seen = new Set<string>()
  let changed = 0
  for await (const page of contractsToSweep(deps, addDays(moment.today, deps.settings.reportNoticeDays))) {
    const fresh = page.filter((contractId) => !seen.has(contractId))
    for (const contractId of fresh) seen.add(contractId)
    const differing = await deps.inReading((stores) => withGap(stores, { ...deps, moment }, fresh))
    for (const contractId of differing) changed += await deps.inTransaction((stores) => sweepContract(stores, { ...deps, moment }, contractId))
    await deps.breathe()
  }
  return { looked: seen.size, changed }
}

/** Decides anew under the lock of the person, and writes. Answers how many episodes changed. */
export async function sweepContract <Stores extends EpisodeStores> (stores: Stores, deps: LookDeps<Stores> & { readonly moment: Moment }, contractId: string): Promise<number> {
  const contract = await stores.contracts.find(contractId)
  const patient = contract === null ? null : await stores.patients.find(contract.patientId)
  if (patient !== null) await stores.contracts.lockPerson(patient.personId)
  let changed = 0
  for (const look of await takeLooks(stores, deps, [contractId])) {
    const changes = decideEpisodes(look, deps)
    await saveChanges(stores, { look, changes }, deps)
    changed += changes.length
  }
  return changed
}

async function withGap <Stores extends LookStores> (stores: Stores, deps: LookDeps<Stores> & { readonly moment: Moment }, contractIds: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const look of await takeLooks(stores, deps, contractIds)) if (!found.has(look.contract.id) && decideEpisodes(look, deps).length > 0) found.add(look.contract.id)
  return found
}

/** Ids of contracts, a page at a time; the same one may come more than once. */
async function * contractsToSweep <Stores extends SweepStores> ({ inReading, creditors }: SweepDeps<Stores>, dueBy: CalendarDate): AsyncGenerator<readonly string[]> {
  if (creditors.length === 0) return
  yield * pages((after) => inReading(({ bills }) => bills.owingContracts({ limit: perPage, after, dueBy })), (contractId) => contractId, (contractId) => contractId)
  const byId = ({ id }: OfContract): string => id
  const byContract = ({ contractId }: OfContract): string => contractId
  yield * pages<OfContract>((after) => inReading(({ creditFeed }) => creditFeed.episodesIn({ states: liveStates, creditors: null }, { limit: perPage, after })), byId, byContract)
  yield * pages<OfContract>((after) => inReading(({ creditFeed }) => creditFeed.held({ limit: perPage, after })), byId, byContract)
  yield * pages<OfContract>((after) => inReading(({ creditFeed }) => creditFeed.rejectedRecords({ limit: perPage, after })), byId, byContract)
  for (let offset = 0; ; offset += perPage) {
    const page = await inReading(({ defaults }) => defaults.disputes({ contractId: null, isOpen: true, hospitalId: null }, { limit: perPage, offset }))
    yield page.map(byContract)
    if (page.length < perPage) return
  }
}

interface OfContract {
  readonly id: string
  readonly contractId: string
}

async function * pages <Row> (load: (after: string | null) => Promise<readonly Row[]>, keyOf: (row: Row) => string, contractOf: (row: Row) => string): AsyncGenerator<readonly string[]> {
  for (let after: string | null = null; ;) {
    const page: readonly Row[] = await load(after)
    yield page.map(contractOf)
    const last = page.at(-1)
    if (last === undefined || page.length < perPage) return
    after = keyOf(last)
  }
}

export const noEpisode = (): DomainError => new DomainError('EPISODE_NOT_FOUND', 'No episode has this id; list those that are ready.')
