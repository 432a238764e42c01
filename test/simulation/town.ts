import type { Chance } from '../../adapters/simulators/random.ts'
import type { Role } from '../../core/access/index.ts'
import type { His } from './his.ts'
import type { Parties } from './parties.ts'
import type { Person } from './person.ts'
import type { Answer, Product } from './product.ts'
import { minutes, type VirtualClock } from './virtual-time.ts'

/** What happens next, by instant. Things of one instant go in the order in which they were planned. */
export interface Agenda {
  readonly at: (instant: Date, act: () => Promise<void>) => void
  readonly next: () => Date | null
  readonly take: (until: Date) => ReadonlyArray<() => Promise<void>>
}

/** Money as the parties outside moved it, by their own word. */
export interface Tally {
  /** By order number. */
  readonly paid: Map<string, { readonly channel: string, readonly amountFen: number, readonly at: Date }>
  /** By channel and refund number. */
  readonly refunded: Map<string, { readonly channel: string, readonly amountFen: number, readonly at: Date }>
  /** Orders of two halves of which one failed: the other one goes back. */
  readonly halves: Set<string>
}

export interface Counts {
  visits: number
  signed: number
  refusedToSign: number
  payments: number
  lines: number
  releaseChecks: number
  notReleased: number
  disputes: number
  terminated: number
  merges: number
  refundsAsked: number
  writeOffs: number
  reported: number
  restarts: number
  jobs: number
  refusals: Map<string, number>
}

export interface Town {
  readonly clock: VirtualClock
  readonly chance: Chance
  readonly product: Product
  readonly parties: Parties
  readonly hospitals: ReadonlyMap<string, His>
  readonly persons: readonly Person[]
  readonly agenda: Agenda
  readonly tally: Tally
  readonly counts: Counts
  readonly tokenOf: (who: string) => string
  /** No new visits from here on. */
  readonly endsAt: Date
  /** Nobody does anything any more from here on, so that what is under way comes to rest. */
  readonly quietFrom: Date
}

/** Something that a person or a hospital does later. */
export function plan ({ agenda, clock, quietFrom }: Town, at: Date, act: () => Promise<void>): void {
  agenda.at(at, async () => { if (clock.now() < quietFrom) await act() })
}

export const slotMs = minutes(10)

export function openAgenda (): Agenda {
  const slots = new Map<number, Array<() => Promise<void>>>()
  let order: number[] = []
  let isSorted = true
  return {
    at: (instant, act) => {
      const key = instant.getTime()
      const slot = slots.get(key)
      if (slot !== undefined) { slot.push(act); return }
      slots.set(key, [act])
      order.push(key)
      isSorted = false
    },
    next: () => {
      if (!isSorted) order.sort((one, other) => one - other)
      isSorted = true
      return order[0] === undefined ? null : new Date(order[0])
    },
    take: (until) => {
      const key = until.getTime()
      order = order.filter((one) => one !== key)
      const acts = slots.get(key) ?? []
      slots.delete(key)
      return acts
    }
  }
}

/** Onto the next slot, so that much of what happens shares an instant. */
export const slotAfter = (instant: Date, afterMs: number): Date => new Date(Math.ceil((instant.getTime() + afterMs) / slotMs) * slotMs)

export async function issueTokens (product: Product, hospitals: readonly string[], creditors: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const tokens = new Map<string, string>()
  for (const role of ['finance', 'auditor', 'operator'] as const satisfies readonly Role[]) tokens.set(role, await product.token(role, {}))
  tokens.set('finance2', await product.token('finance', {}))
  for (const id of hospitals) for (const role of ['hospital', 'desk', 'terminal'] as const) tokens.set(`${role} ${id}`, await product.token(role, { organizationId: id }))
  for (const code of creditors) tokens.set(`bureau ${code}`, await product.token('bureau', { organizationId: code }))
  return tokens
}

/** Counts what the product did not do, by its own code; anything of the server's own fault stops the run. */
export function noted (town: Town, what: string, answer: Answer): Answer {
  if (answer.status >= 500 && answer.status !== 503) throw new Error(`${what}: ${answer.status} ${JSON.stringify(answer.body)}`)
  if (answer.status >= 400) {
    const key = `${what} ${answer.status} ${String(answer.body?.code ?? '')}`
    town.counts.refusals.set(key, (town.counts.refusals.get(key) ?? 0) + 1)
  }
  return answer
}
