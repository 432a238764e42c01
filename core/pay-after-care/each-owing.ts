import type { CalendarDate } from '../clock.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { BillStore } from './ports.ts'

const perPage = 500
/** A commit costs more than the work on one contract. */
const perTransaction = 50

export type Counts = Readonly<Record<string, number>>

interface OwingDeps<Stores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly breathe: () => Promise<unknown>
  /** Only where a deadline up to this day is missed or near; null: whoever owes. */
  readonly dueBy: CalendarDate | null
}

/**
 * Every contract that owes something on a closed visit, some in one transaction; where one fails, each of them alone, so
 * that it undoes nothing of the others. A failure is thrown when all are through: the job is then tried again, and finds
 * only what is left. The cost grows with the owing, not with all contracts (acc C-10). Answers how many contracts that were,
 * and the sums of what `work` counts.
 */
export async function eachOwing <Stores extends { readonly bills: Pick<BillStore, 'owingContracts'> }, Counted extends Counts> (
  deps: OwingDeps<Stores>, nothing: Counted, work: (stores: Stores, contractId: string) => Promise<Partial<Counted>>
): Promise<Counted & { readonly contracts: number }> {
  const sums: Record<string, number> = { ...nothing, contracts: 0 }
  const failures: unknown[] = []
  const count = (found: readonly Counts[]): void => {
    for (const one of found) for (const [name, value] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + value
  }
  for (let after: string | null = null; ;) {
    const page: readonly string[] = await deps.inReading(({ bills }) => bills.owingContracts({ limit: perPage, after, dueBy: deps.dueBy }))
    for (let start = 0; start < page.length; start += perTransaction) {
      const { counted, failed } = await together(deps, page.slice(start, start + perTransaction), work)
      count(counted as readonly Counts[])
      failures.push(...failed)
      await deps.breathe()
    }
    sums['contracts'] = (sums['contracts'] ?? 0) + page.length
    const last = page.at(-1)
    if (last === undefined || page.length < perPage) break
    after = last
  }
  if (failures.length > 0) throw failures[0]
  return sums as Counted & { readonly contracts: number }
}

interface Done<Counted> {
  readonly counted: ReadonlyArray<Partial<Counted>>
  readonly failed: readonly unknown[]
}

async function together <Stores, Counted> (deps: OwingDeps<Stores>, contractIds: readonly string[], work: (stores: Stores, contractId: string) => Promise<Partial<Counted>>): Promise<Done<Counted>> {
  try {
    const counted = await deps.inTransaction(async (stores) => {
      const found: Array<Partial<Counted>> = []
      for (const contractId of contractIds) found.push(await work(stores, contractId))
      return found
    })
    return { counted, failed: [] }
  } catch (error) {
    const [only, ...others] = contractIds
    if (only === undefined || others.length === 0) return { counted: [], failed: [error] }
    const alone: Array<Done<Counted>> = []
    for (const contractId of contractIds) alone.push(await together(deps, [contractId], work))
    return { counted: alone.flatMap(({ counted }) => counted), failed: alone.flatMap(({ failed }) => failed) }
  }
}
