import { seededChance } from './random.ts'

/** What an outside party does wrong on purpose: how often, at most how many times (null = no end), by which seed. */
export interface Fault<Kind extends string = string> {
  readonly kind: Kind
  readonly rate: number
  readonly count: number | null
  readonly seed: number
}

/** Decides at each occasion which fault strikes, if any: the first of the list whose turn it is. */
export type Striking<Kind extends string> = () => Kind | null

export function strikingFaults<Kind extends string> (faults: ReadonlyArray<Fault<Kind>>): Striking<Kind> {
  const armed = faults.map((fault) => ({ ...fault, chance: seededChance(fault.seed), left: fault.count ?? Infinity }))
  return () => {
    // Every fault draws at every occasion, so that one fault's sequence does not depend on its neighbours.
    const due = armed.filter((fault) => fault.chance.happens(fault.rate) && fault.left > 0)[0]
    if (due === undefined) return null
    due.left -= 1
    return due.kind
  }
}
