import { setImmediate, setTimeout } from 'node:timers/promises'
import { codeOf, nextAttempt } from '../../core/back-off.ts'
import type { ConnectionStatus } from '../../core/operations/index.ts'
import { compareView, type Compared } from './compare-view.ts'
import { pageSize, type PageSize } from './page-size.ts'
import { nextPage, readPlan, rowsWith, type WatchedView } from './read-view.ts'
import { viewServer } from './server.ts'
import type { ViewServer } from './view-server.ts'
import { quotedView } from './statements.ts'
import { takeRows } from './take-rows.ts'
import { isConnectionTrouble } from './trouble.ts'
import type { ViewsPoller, ViewsPollerDeps, ViewsSource } from './views-poller.ts'
import { afterPage, afterSuccess, afterTrouble, starting, worstOf, type Standing, type ViewStatus } from './view-status.ts'

interface Watching {
  readonly view: WatchedView
  readonly size: PageSize
  standing: Standing
  troubles: number
  /** Real time; not before it, unless somebody asks for a look. */
  notBefore: Date
}

interface State {
  readonly source: ViewsSource
  readonly deps: ViewsPollerDeps
  readonly server: ViewServer
  readonly watched: readonly Watching[]
  readonly stopping: AbortController
  isElsewhere: boolean
  looking: Promise<void> | null
}

/** Follows a hospital's views, one after the other, for as long as this node holds the lease. Starts at once. */
export function followViews (source: ViewsSource, deps: ViewsPollerDeps): ViewsPoller {
  for (const { name } of source.views) quotedView(name)
  const state: State = {
    source,
    deps,
    server: viewServer(source.server),
    watched: source.views.map((view) => ({
      view,
      size: pageSize({ most: source.pageSize, hasBytes: view.table.columns.some(({ type }) => type === 'bytes') }),
      standing: starting(deps.clock.now()),
      troubles: 0,
      notBefore: new Date(0)
    })),
    stopping: new AbortController(),
    isElsewhere: false,
    looking: null
  }
  const loop = runLoop(state)
  return {
    look: () => look(state, { isForced: true }),
    compare: (dueAt) => compareAll(state, dueAt),
    find: (view, wanted) => find(state, view, wanted),
    status: () => statusOf(state),
    stop: async () => {
      state.stopping.abort()
      await state.server.close()
      await loop
      await state.looking?.catch(() => undefined)
      await deps.lease.release().catch(() => undefined)
    }
  }
}

async function find ({ source, deps, server, watched }: State, name: string, { column, value }: { readonly column: string, readonly value: string }): ReturnType<ViewsPoller['find']> {
  const found = watched.find(({ view }) => view.table.view === name)
  if (found === undefined) return null
  const plan = await readPlan(server, found.view)
  const planned = plan.columns.find(({ ours }) => ours.name === column)
  if (planned === undefined) return null
  const rows = await rowsWith(server, plan, { column: planned, value })
  if (rows.length === 0) return { shown: 0, messages: [] }
  const { messages } = await takeRows(deps, { source: source.name, hospitalId: source.hospitalId, table: plan.table, rows, cursor: null, seenAt: deps.clock.now() })
  if (messages.length > 0) deps.notify()
  return { shown: rows.length, messages }
}

async function runLoop (state: State): Promise<void> {
  const { signal } = state.stopping
  while (!signal.aborted) {
    await look(state, { isForced: false }).catch((error: unknown) => { state.deps.on?.({ source: state.source.name, view: '', code: codeOf(error) ?? 'UNEXPECTED' }) })
    await setTimeout(state.source.pollMs, undefined, { signal }).catch(() => undefined)
  }
}

/** One at a time: who asks while one is under way gets that one's end. */
function look (state: State, by: { readonly isForced: boolean }): Promise<void> {
  state.looking ??= lookAtAll(state, by).finally(() => { state.looking = null })
  return state.looking
}

async function lookAtAll (state: State, { isForced }: { readonly isForced: boolean }): Promise<void> {
  for (const watching of state.watched) {
    if (!await mayGoOn(state)) return
    if (!isForced && state.deps.wallClock.now() < watching.notBefore) continue
    const error = await lookAt(state, watching)
    // What every view would meet is not met once for each of them.
    if (isConnectionTrouble(error)) {
      for (const other of state.watched) if (other !== watching) stumble(state, other, error)
      return
    }
  }
}

async function mayGoOn (state: State): Promise<boolean> {
  if (state.stopping.signal.aborted || state.deps.isPaused()) return false
  state.isElsewhere = !await state.deps.lease.hold()
  return !state.isElsewhere
}

/** Answers the trouble, if any: one view's trouble is no other's. */
async function lookAt (state: State, watching: Watching): Promise<unknown> {
  const { deps } = state
  try {
    const plan = await readPlan(state.server, watching.view)
    watching.standing = afterSuccess(watching.standing, { at: deps.clock.now(), notes: plan.notes })
    while (await readPage(state, watching, plan)) {
      await setImmediate()
      if (!await mayGoOn(state)) return null
    }
    watching.troubles = 0
    return null
  } catch (error) {
    if (state.stopping.signal.aborted) return null
    stumble(state, watching, error)
    return error
  }
}

/** Answers whether there is more. */
async function readPage (state: State, watching: Watching, plan: Awaited<ReturnType<typeof readPlan>>): Promise<boolean> {
  const { source, deps, server } = state
  const { table } = plan
  const name = `cursor.${source.name}.${table.view}`
  const now = deps.clock.now()
  const kept = await deps.inReading(({ settings }) => settings.get(name))
  const page = await watching.size.read((limit) => nextPage({ server, plan, kept, limit, now, calendar: deps.calendar, rereadDays: source.rereadDays }))
  const cursor = page.cursor === null ? null : { name, value: JSON.stringify(page.cursor) }
  if (page.rows.length > 0 || cursor !== null) {
    const taken = await takeRows(deps, { source: source.name, hospitalId: source.hospitalId, table, rows: page.rows, cursor, seenAt: now })
    watching.standing = afterPage(watching.standing, taken, now)
    if (taken.added + taken.changed > 0) deps.notify()
  }
  return !page.isLast
}

/** Up to five minutes between two tries. */
const countedTroubles = 4

function stumble ({ source, deps }: State, watching: Watching, error: unknown): void {
  watching.troubles = Math.min(watching.troubles + 1, countedTroubles)
  watching.notBefore = nextAttempt(watching.troubles, deps.wallClock.now(), deps.random()) ?? deps.wallClock.now()
  watching.standing = afterTrouble(watching.standing, error, deps.clock.now())
  deps.on?.({ source: source.name, view: watching.view.table.view, code: watching.standing.code ?? 'UNEXPECTED' })
}

async function compareAll (state: State, dueAt: Date): Promise<Compared> {
  const { source, deps, server } = state
  const total = { compared: 0, missed: 0, changed: 0, vanished: 0 }
  if (deps.isPaused()) return total
  for (const watching of state.watched) {
    // What came since the last look was not missed.
    await lookAt(state, watching)
    const found = await compareView({ ...deps, server, size: watching.size, signal: state.stopping.signal }, { source, view: watching.view, dueAt })
    for (const count of ['compared', 'missed', 'changed', 'vanished'] as const) total[count] += found[count]
    watching.standing = { ...watching.standing, comparedAt: dueAt, vanished: found.standing }
  }
  if (total.missed + total.changed > 0) deps.notify()
  return total
}

function statusOf (state: State): ConnectionStatus & { readonly views: readonly ViewStatus[] } {
  const views = state.watched.map(({ view, size, standing }): ViewStatus => ({ view: view.table.view, pageSize: size.now(), ...standing }))
  const whole = worstOf(views, starting(state.deps.clock.now()))
  if (state.deps.isPaused()) return { ...whole, state: 'paused', code: null, detail: null, views }
  if (state.isElsewhere) return { ...whole, state: 'paused', code: null, detail: 'Another node reads this source.', views }
  return { ...whole, views }
}
