import type { Alert } from './alert.ts'
import type { ConnectionStatus } from './connection-status.ts'

/** What is known of the product at one moment. Ages are by business time, which in the demo stands still. */
export interface Measurements {
  readonly now: Date
  readonly oldestQueuedAt: Date | null
  readonly sources: ReadonlyArray<{ readonly name: string, readonly lastReceivedAt: Date | null }>
  readonly deadLetters: ReadonlyArray<{ readonly source: string, readonly count: number }>
  readonly outbox: { readonly dead: number, readonly oldestAt: Date | null }
  /** Sources that we follow and destinations, by the name of their queue (`source:<name>`, `destination:<name>`). */
  readonly connections: ReadonlyArray<{ readonly queue: string, readonly status: ConnectionStatus }>
}

export interface WatchLimits {
  readonly queueAgeMs: number
  readonly outboxAgeMs: number
  /** So many dead letters of one source are more than single bad messages: a table or the sender is wrong. */
  readonly manyDeadLetters: number
  readonly sources: readonly WatchedSource[]
  /** Silence before this instant is nobody's: this node was not there. */
  readonly watchedSince: Date
}

export interface WatchedSource {
  readonly name: string
  /** 0 = never silent. */
  readonly silentAfterMs: number
  /** Minutes of the business day in which messages are expected; null = always. */
  readonly opening: { readonly from: number, readonly to: number } | null
}

export interface Trouble {
  readonly key: string
  readonly detail: string
}

export interface Watched {
  readonly opened: readonly Trouble[]
  readonly closed: readonly Alert[]
}

/** trouble: opens. calm: closes. between: an open one stays open and none opens, so that a value on the edge does not flap. */
type Verdict = Trouble & { readonly state: 'trouble' | 'between' | 'calm' }

/**
 * One alert for each episode: opened once when a limit is passed, closed once when the value is well below it. An open
 * alert that nothing is measured for any more (a source that was taken away) is closed too. Keys of others
 * (`job:…`) are left alone.
 */
export function watch (measured: Measurements, open: readonly Alert[], limits: WatchLimits, minuteOfDay: (instant: Date) => number): Watched {
  const verdicts = [
    ageVerdict('queue-age', { now: measured.now, oldestAt: measured.oldestQueuedAt, limitMs: limits.queueAgeMs }),
    ageVerdict('outbox-age', { now: measured.now, oldestAt: measured.outbox.oldestAt, limitMs: limits.outboxAgeMs }),
    countVerdict('outbox-dead', measured.outbox.dead, 1),
    ...deadLettersOfSources(measured).flatMap(({ source, count }) => [
      countVerdict(`dead-letters:${source}`, count, 1),
      countVerdict(`dead-letters-many:${source}`, count, limits.manyDeadLetters)
    ]),
    ...measured.connections.map(connectionVerdict),
    ...limits.sources.map((source) => silenceVerdict(source, { measured, open, watchedSince: limits.watchedSince, minuteOfDay }))
  ]
  const openKeys = new Set(open.map(({ key }) => key))
  const uncalm = new Set(verdicts.filter(({ state }) => state !== 'calm').map(({ key }) => key))
  return {
    opened: verdicts.filter(({ state, key }) => state === 'trouble' && !openKeys.has(key)).map(({ key, detail }) => ({ key, detail })),
    closed: open.filter(({ key }) => isWatchedHere(key) && !uncalm.has(key))
  }
}

function isWatchedHere (key: string): boolean {
  return /^(queue-age|outbox-age|outbox-dead|(dead-letters|dead-letters-many|source-silent|down):.*)$/.test(key)
}

function ageVerdict (key: string, { now, oldestAt, limitMs }: { readonly now: Date, readonly oldestAt: Date | null, readonly limitMs: number }): Verdict {
  const ageMs = oldestAt === null ? 0 : now.getTime() - oldestAt.getTime()
  return { key, detail: `oldest waits for ${minutes(ageMs)} min, limit ${minutes(limitMs)} min`, state: ageMs > limitMs ? 'trouble' : ageMs > limitMs / 2 ? 'between' : 'calm' }
}

function countVerdict (key: string, count: number, limit: number): Verdict {
  return { key, detail: `${count} dead`, state: count >= limit ? 'trouble' : count > limit / 2 ? 'between' : 'calm' }
}

/** What is paused or only starting ends no episode and begins none. */
function connectionVerdict ({ queue, status }: Measurements['connections'][number]): Verdict {
  const state = status.state === 'down' ? 'trouble' : status.state === 'up' ? 'calm' : 'between'
  return { key: `down:${queue}`, detail: status.code ?? status.state, state }
}

function deadLettersOfSources ({ deadLetters }: Measurements): ReadonlyArray<{ readonly source: string, readonly count: number }> {
  const counts = new Map<string, number>()
  for (const { source, count } of deadLetters) counts.set(source, (counts.get(source) ?? 0) + count)
  return [...counts].map(([source, count]) => ({ source, count }))
}

/** Silence counts within the opening hours only; an episode ends with a message, not with closing time. */
function silenceVerdict (source: WatchedSource, { measured, open, watchedSince, minuteOfDay }: { readonly measured: Measurements, readonly open: readonly Alert[], readonly watchedSince: Date, readonly minuteOfDay: (instant: Date) => number }): Verdict {
  const { name, silentAfterMs } = source
  const { now } = measured
  const key = `source-silent:${name}`
  const expectedSince = silentAfterMs === 0 ? null : openedAt(source, now, minuteOfDay(now))
  const last = measured.sources.find((one) => one.name === name)?.lastReceivedAt ?? null
  const silentMs = now.getTime() - Math.max(last?.getTime() ?? 0, watchedSince.getTime(), expectedSince ?? 0)
  const detail = `nothing came for ${minutes(silentMs)} min, limit ${minutes(silentAfterMs)} min`
  if (expectedSince !== null && silentMs > silentAfterMs) return { key, detail, state: 'trouble' }
  const isStillSilent = silentAfterMs > 0 && open.some((alert) => alert.key === key && (last === null || last < alert.openedAt))
  return { key, detail, state: isStillSilent ? 'between' : 'calm' }
}

/** Since when (ms) messages are expected; null outside the opening hours. */
function openedAt ({ opening }: WatchedSource, now: Date, minute: number): number | null {
  if (opening === null) return 0
  return minute >= opening.from && minute < opening.to ? now.getTime() - (minute - opening.from) * 60_000 : null
}

function minutes (ms: number): number {
  return Math.round(ms / 60_000)
}
