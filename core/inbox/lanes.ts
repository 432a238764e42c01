import { heap, type Heap } from './heap.ts'
import type { QueuedMessage } from './ports.ts'

/**
 * Order of applying. A lane is a patient (or a directory); a message runs only when it is at the head of all its
 * lanes, so two messages of one lane never change places and a merge waits for both of its patients. What waits for
 * its retry holds up its own lanes and no other.
 *
 * One batch may hold several messages of one lane, in their order: they are applied one after the other.
 */
export interface Lanes {
  /** Messages known already are ignored. */
  readonly add: (messages: readonly QueuedMessage[]) => void
  /** The oldest messages that may run now, in order; their lanes are held until `settle`. */
  readonly take: (limit: number, now: Date) => readonly QueuedMessage[]
  /** Gives back a whole batch as it was taken, with what became of each. */
  readonly settle: (settled: ReadonlyArray<{ readonly id: string, readonly then: Then }>) => void
  readonly known: () => number
  /** Messages that are taken and not settled. */
  readonly running: () => number
  /** When the next message that waits for its retry may run, if any does. */
  readonly nextRetryAt: () => Date | null
}

/** gone: applied, dead or not ours any more. again: stays at the head of its lanes, not before `notBefore`. */
export type Then =
  | { readonly kind: 'gone' }
  | { readonly kind: 'again', readonly attempts: number, readonly notBefore: Date | null }

interface Place {
  message: QueuedMessage
  readonly lanes: readonly Lane[]
  batch: number | null
  isListed: boolean
}

interface Lane {
  readonly name: string
  /** By sequence; the first `taken` ones run, all in batch `batch`. */
  readonly places: Place[]
  taken: number
  batch: number | null
}

interface State {
  readonly known: Map<string, Place>
  readonly byName: Map<string, Lane>
  /** Those at the head of all their lanes, oldest first. */
  readonly ready: Heap<Place>
  /** The same, but not before their time. */
  readonly retrying: Heap<Place>
  batches: number
  running: number
}

export function lanes (): Lanes {
  const state: State = {
    known: new Map(),
    byName: new Map(),
    ready: heap((one, other) => one.message.sequence - other.message.sequence),
    retrying: heap((one, other) => timeOf(one) - timeOf(other)),
    batches: 0,
    running: 0
  }
  return {
    add: (messages) => { for (const message of messages) if (!state.known.has(message.id)) add(state, message) },
    take: (limit, now) => take(state, limit, now),
    settle: (settled) => { settle(state, settled) },
    known: () => state.known.size,
    running: () => state.running,
    nextRetryAt: () => state.retrying.first()?.message.nextAt ?? null
  }
}

function add (state: State, message: QueuedMessage): void {
  const place: Place = { message, lanes: [...new Set(message.lanes)].map((name) => laneOf(state, name)), batch: null, isListed: false }
  state.known.set(message.id, place)
  for (const lane of place.lanes) insertBySequence(lane, place)
  list(state, place, null)
}

function laneOf ({ byName }: State, name: string): Lane {
  const found = byName.get(name) ?? { name, places: [], taken: 0, batch: null }
  byName.set(name, found)
  return found
}

/** Puts it where `take` looks, if its turn has come. */
function list ({ ready, retrying }: State, place: Place, batch: number | null): void {
  if (place.isListed || place.batch !== null || !isHead(place, batch)) return
  place.isListed = true
  const waiting = place.message.nextAt === null ? ready : retrying
  waiting.push(place)
}

function take (state: State, limit: number, now: Date): readonly QueuedMessage[] {
  const batch = state.batches += 1
  const { ready, retrying } = state
  for (let due = retrying.first(); due !== undefined && timeOf(due) <= now.getTime(); due = retrying.first()) {
    retrying.pop()
    ready.push(due)
  }
  const taken: QueuedMessage[] = []
  while (taken.length < limit) {
    const place = ready.pop()
    if (place === undefined) break
    place.isListed = false
    // Since it was listed an older message of its lane may have come to light, or another batch may hold its lane.
    if (!isHead(place, batch)) continue
    takePlace(state, place, batch)
    taken.push(place.message)
  }
  return taken
}

function takePlace (state: State, place: Place, batch: number): void {
  place.batch = batch
  state.running += 1
  for (const lane of place.lanes) {
    lane.batch = batch
    lane.taken += 1
  }
  for (const lane of place.lanes) {
    const next = lane.places[lane.taken]
    if (next !== undefined) list(state, next, batch)
  }
}

function settle (state: State, settled: Parameters<Lanes['settle']>[0]): void {
  const freed = new Set<Lane>()
  for (const { id, then } of settled) {
    const place = state.known.get(id)
    if (place === undefined || place.batch === null) continue
    release(state, place, then)
    place.lanes.forEach((lane) => freed.add(lane))
    if (place.lanes.length === 0 && then.kind === 'again') list(state, place, null)
  }
  for (const lane of freed) lane.batch = null
  for (const lane of freed) {
    const head = lane.places[0]
    if (head === undefined) state.byName.delete(lane.name)
    else list(state, head, null)
  }
}

function release (state: State, place: Place, then: Then): void {
  state.running -= 1
  place.batch = null
  for (const lane of place.lanes) {
    lane.taken -= 1
    if (then.kind === 'gone') lane.places.splice(lane.places.indexOf(place), 1)
  }
  if (then.kind === 'gone') state.known.delete(place.message.id)
  else place.message = { ...place.message, attempts: then.attempts, nextAt: then.notBefore }
}

const timeOf = (place: Place): number => place.message.nextAt?.getTime() ?? 0

function isHead (place: Place, batch: number | null): boolean {
  return place.lanes.every((lane) => lane.places[lane.taken] === place && (lane.batch === null || lane.batch === batch))
}

/** On PostgreSQL a lower sequence may be committed after a higher one; what runs already is never overtaken. */
function insertBySequence (lane: Lane, place: Place): void {
  let at = lane.places.length
  while (at > lane.taken && (lane.places[at - 1]?.message.sequence ?? 0) > place.message.sequence) at -= 1
  lane.places.splice(at, 0, place)
}
