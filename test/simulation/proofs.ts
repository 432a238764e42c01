import { proveBooks } from './proofs-books.ts'
import { proveDefault } from './proofs-default.ts'
import { proveFeed } from './proofs-feed.ts'
import { proveMoney } from './proofs-money.ts'
import type { Town } from './town.ts'
import type { Watch } from './watch.ts'

export interface Proof {
  readonly name: string
  readonly holds: boolean
  /** Numbers when it holds, what is wrong when not. */
  readonly detail: string
}

export interface Asked {
  readonly watch: Watch
  readonly day: string
  /** Nothing is under way any more, so nothing is excused. */
  readonly isLast: boolean
  readonly creditors: readonly string[]
  readonly outage: { readonly from: string, readonly days: number, readonly catchUpMs: number } | null
}

export type Row = Readonly<Record<string, string | number | null>>
export type Query = (text: string) => Promise<readonly Row[]>

/** A proof of a list of faults. */
export function proof (name: string, faults: readonly string[], detail: string): Proof {
  return { name, holds: faults.length === 0, detail: faults.length === 0 ? detail : `${faults.length}: ${faults.slice(0, 5).join(' · ')}` }
}

/** From the recorded rows, the parties' own books and the public interface; nothing is taken on the product's word. */
export async function prove (town: Town, asked: Asked): Promise<readonly Proof[]> {
  const { store } = town.product.parts()
  const query: Query = async (text) => await store.runByHand(text) as readonly Row[]
  return [
    ...await proveBooks(town, query),
    ...await proveMoney(town, query, asked),
    ...await proveDefault(town, query, asked),
    ...await proveFeed(town, query, asked)
  ]
}
