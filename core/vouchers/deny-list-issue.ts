import { DomainError } from '../errors.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { denyListLimits, entryOf, signDenyList, type ListedBatch, type SignedDenyList } from './deny-list.ts'
import type { CodeSigner, HashBytes } from './voucher-code.ts'
import type { DenyListStore } from './voucher-code-ports.ts'

interface IssueStores {
  readonly denyLists: DenyListStore
}

export interface IssueDeps<Stores extends IssueStores> {
  readonly inReading: InTransaction<Stores>
  readonly inTransaction: InTransaction<Stores>
  readonly signer: CodeSigner
  readonly hash: HashBytes
  /** Lets other work in between the pages of a long list. */
  readonly breathe: () => Promise<unknown>
}

const pageSize = 5_000
const batchesAtOnce = 100
/** Uses are told for a week after; their list must still be known. */
const headsKeptMs = 30 * 86_400_000

/** The list that is good now: the last one while it is fresh, else a new one. Of two nodes that issue at once, one's list stands for both. */
export async function currentDenyList<Stores extends IssueStores> (deps: IssueDeps<Stores>, now: Date): Promise<SignedDenyList> {
  const last = await deps.inReading(async ({ denyLists }) => {
    const head = await denyLists.lastHead()
    return head === null ? null : { head, signed: await denyLists.signed(head.sequence) }
  })
  const isFresh = last !== null && now >= last.head.issuedAt && now.getTime() - last.head.issuedAt.getTime() < denyListLimits.staleMs
  if (isFresh && last.signed !== null) return last.signed
  return await issued(deps, (last?.head.sequence ?? 0) + 1, now)
}

async function issued<Stores extends IssueStores> (deps: IssueDeps<Stores>, sequence: number, now: Date): Promise<SignedDenyList> {
  const batches = await deps.inReading(({ denyLists }) => denyLists.liveBatches(now, denyListLimits.batches + 1))
  if (batches.length > denyListLimits.batches) throw tooLarge()
  const facts = { sequence, issuedAt: now, validUntil: new Date(now.getTime() + denyListLimits.livesMs), batches }
  const signed = signDenyList(facts, await entriesOf(deps, batches), deps)
  const standing = await deps.inTransaction(async ({ denyLists }) => {
    await denyLists.dropHeads(new Date(now.getTime() - headsKeptMs))
    return await denyLists.add({ ...signed, ...facts }) ? signed : await denyLists.signed(sequence)
  })
  return standing ?? signed
}

/** What is spent behind the place that is read stands in the next list. */
async function entriesOf<Stores extends IssueStores> ({ inReading, hash, breathe }: IssueDeps<Stores>, batches: readonly ListedBatch[]): Promise<Float64Array> {
  let entries = new Float64Array(pageSize)
  let filled = 0
  const take = (ids: readonly string[]): void => {
    if (filled + ids.length > denyListLimits.entries) throw tooLarge()
    if (filled + ids.length > entries.length) {
      const larger = new Float64Array(Math.min(denyListLimits.entries, entries.length * 2))
      larger.set(entries)
      entries = larger
    }
    for (const id of ids) entries[filled++] = entryOf(id, hash)
  }
  const place = { index: 0, seq: 0 }
  while (place.index < batches.length) {
    const page = await inReading(({ denyLists }) => nextPage(denyLists, batches, place))
    take(page)
    await breathe()
  }
  return entries.slice(0, filled)
}

/** Moves `place` on: through one large batch in pages, through small ones several at a time. */
async function nextPage (denyLists: Pick<DenyListStore, 'denied'>, batches: readonly ListedBatch[], place: { index: number, seq: number }): Promise<readonly string[]> {
  const ids: string[] = []
  for (let looked = 0; looked < batchesAtOnce && ids.length < pageSize; looked++) {
    const batch = batches[place.index]?.batch
    if (batch === undefined) break
    const limit = pageSize - ids.length
    const found = await denyLists.denied({ batch, afterSeq: place.seq, limit })
    for (const { id } of found) ids.push(id)
    if (found.length < limit) Object.assign(place, { index: place.index + 1, seq: 0 })
    else place.seq = found.at(-1)?.seq ?? place.seq
  }
  return ids
}

function tooLarge (): DomainError {
  return new DomainError('DENY_LIST_TOO_LARGE', 'More vouchers or batches would have to be listed than a list may hold. Use vouchers online until some have run out.')
}
