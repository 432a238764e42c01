import { setImmediate } from 'node:timers/promises'
import { codeOf, isStoreTrouble, mayPass, nextLook, placeOfSurprise } from '../../core/back-off.ts'
import { DomainError } from '../../core/errors.ts'
import type { ConnectionStatus } from '../../core/operations/index.ts'
import { type FollowDeps, type FollowedSource, type Following } from './followed-source.ts'
import { readType, type Manner } from './read-type.ts'
import { takePage } from './take-page.ts'

export interface Follower {
  /**
   * One whole look at every type, begun after this call, whatever the back-off; settles when it is over, also where it
   * failed (see `status`).
   */
  readonly look: () => Promise<void>
  readonly status: () => ConnectionStatus
  /**
   * Asks for single resources, whatever the look is at, and puts what the server shows into the inbox. Answers how many
   * it showed, and their messages, which a look may have brought before. Refuses with OUTSIDE_*.
   */
  readonly find: (type: string, parameters: Readonly<Record<string, string>>) => Promise<{ readonly shown: number, readonly messages: readonly string[] }>
  /** Ends what is under way; the lease is given back. */
  readonly stop: () => Promise<void>
}

/** Why a look ends before its end without any trouble. */
type Interruption = 'stopping' | 'paused' | 'elsewhere'

interface State {
  readonly following: Following
  readonly stopping: AbortController
  interruption: Interruption | null
  status: ConnectionStatus
  /** Looks in a row that met trouble. */
  troubles: number
  last: Promise<void>
}

/**
 * Follows a hospital's FHIR server by `_lastUpdated`: each version of a resource that it shows becomes one inbox
 * message. What happens between two looks shows in its newest version only. Resources that are deleted there stay as
 * they are: a search does not show that they are gone, and the history that would is not required of a server.
 */
export function followFhir (source: FollowedSource, deps: FollowDeps): Follower {
  const stopping = new AbortController()
  const state: State = {
    following: { source, deps, recent: new Set(), crowds: new Map(), goOn: () => goOn(state) },
    stopping,
    interruption: null,
    status: { state: 'starting', since: deps.clock.now(), code: null, detail: null, lastAt: null },
    troubles: 0,
    last: Promise.resolve()
  }
  const loop = source.pollMs === null ? Promise.resolve() : runLoop(state, source.pollMs)
  return {
    look: () => look(state),
    status: () => state.status,
    find: (type, parameters) => find(state.following, type, parameters),
    stop: async () => {
      stopping.abort()
      await loop
      await state.last
      await deps.lease.release().catch((error: unknown) => { deps.on?.fault?.(codeOf(error) ?? 'UNEXPECTED') })
    }
  }
}

/** Any node may ask, whoever holds the lease: the inbox takes each version once. */
async function find (following: Following, type: string, parameters: Readonly<Record<string, string>>): ReturnType<Follower['find']> {
  const { resources } = await following.deps.client.search(type, { ...parameters, _count: mostFound })
  const receipts = await takePage({ ...following, recent: new Set(), goOn: async () => undefined }, type, resources, { from: unmoved, to: unmoved })
  return { shown: resources.length, messages: receipts.map(({ id }) => id) }
}

const mostFound = '5'
const unmoved = { readTo: null, newest: null }

async function runLoop (state: State, pollMs: number): Promise<void> {
  const { following: { deps }, stopping: { signal } } = state
  while (!signal.aborted) {
    await look(state)
    const now = deps.wallClock.now()
    const waitMs = state.troubles === 0 ? pollMs : Math.max(pollMs, nextLook(state.troubles, now, deps.random()).getTime() - now.getTime())
    await deps.wait(waitMs, signal)
  }
}

/** One at a time; whoever asks gets a look that sees what was there when they asked. */
function look (state: State): Promise<void> {
  state.last = state.last.then(() => lookOnce(state))
  return state.last
}

async function lookOnce (state: State): Promise<void> {
  const { following: { source, deps } } = state
  state.interruption = null
  try {
    const { stored, refused, manners } = await lookAtTypes(state)
    const lastAt = stored > 0 ? deps.clock.now() : state.status.lastAt
    state.status = { ...state.status, lastAt }
    if (refused.length > 0) throw new DomainError('OUTSIDE_REFUSED', refused.slice(0, 3).join(' '))
    state.troubles = 0
    change(state, { state: 'up', code: null, detail: manners.length === 0 ? null : manners.join(' '), lastAt })
  } catch (error) {
    if (state.interruption !== null) {
      // What this node saw last says nothing of how the source stands now.
      if (state.interruption !== 'stopping') change(state, { state: 'paused', code: null, detail: state.interruption === 'paused' ? null : 'Another node reads this source.', lastAt: state.status.lastAt })
      return
    }
    meetTrouble(state, error, source.name)
  }
}

/** One type that is refused does not hold up the others; what may pass would be met by all of them. */
async function lookAtTypes (state: State): Promise<{ readonly stored: number, readonly refused: readonly string[], readonly manners: readonly string[] }> {
  const refused: string[] = []
  const manners = new Map<Manner, string[]>()
  let stored = 0
  for (const type of state.following.source.types) {
    try {
      const looked = await readType(state.following, type)
      stored += looked.stored
      if (looked.manner !== null) manners.set(looked.manner, [...manners.get(looked.manner) ?? [], type])
    } catch (error) {
      if (!(error instanceof DomainError) || mayPass(error)) throw error
      refused.push(`${type}: ${error.message}`)
    }
    // The store of one process answers in microtasks: timers get their turn here.
    await setImmediate()
  }
  return { stored, refused, manners: [...manners].map(([manner, types]) => `${explained[manner]} (${types.join(', ')}).`) }
}

const explained: Readonly<Record<Manner, string>> = {
  unsorted: 'The server does not sort by _lastUpdated, so every look reads from end to end',
  unfiltered: 'The server pays no heed to _lastUpdated, so every look reads everything',
  unstamped: 'The server tells no meta.lastUpdated, so every look reads everything'
}

/** Before every request: renews the lease, for a first look may take an hour. */
async function goOn (state: State): Promise<void> {
  const { following: { deps }, stopping } = state
  if (stopping.signal.aborted) state.interruption = 'stopping'
  else if (deps.isPaused()) state.interruption = 'paused'
  else if (!await deps.lease.hold()) state.interruption = 'elsewhere'
  if (state.interruption !== null) throw new DomainError('OUTSIDE_UNAVAILABLE', 'The look was interrupted.')
}

function meetTrouble (state: State, error: unknown, source: string): void {
  if (state.stopping.signal.aborted) return
  const { on } = state.following.deps
  const code = codeOf(error) ?? 'UNEXPECTED'
  state.troubles += 1
  on?.fault?.(code)
  const detail = error instanceof DomainError ? error.message : `An unexpected fault: ${placeOfSurprise(error)}.`
  change(state, { state: 'down', code, detail: isStoreTrouble(error) ? `What was read of ${source} could not be kept: ${detail}` : detail, lastAt: state.status.lastAt })
}

function change (state: State, to: Omit<ConnectionStatus, 'since'>): void {
  const since = state.status.state === to.state ? state.status.since : state.following.deps.clock.now()
  state.status = { ...to, since }
}
