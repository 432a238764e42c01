import { codeOf, isStoreTrouble, nextAttempt } from '../back-off.ts'
import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { dueInstants, type Matches } from './due-instants.ts'
import type { Job, JobResult, JobRun, Timer } from './job.ts'
import type { JobRunStore, SettingStore } from './ports.ts'

export interface RunStores {
  readonly jobRuns: JobRunStore
  readonly settings: SettingStore
}

export interface RunJobsDeps<Stores extends RunStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly jobs: readonly Job[]
  readonly timers: ReadonlyArray<Timer<Stores>>
  /** The schedule of a job in the business zone. */
  readonly matchesOf: (job: Job) => Matches
  /** Business time: tells what is due. */
  readonly clock: Clock
  /** Real time, for run records and retries. */
  readonly wallClock: Clock
  /** False once this node may not go on: the lease is lost, or it stops. */
  readonly mayContinue: () => Promise<boolean>
  /** Kept by whoever looks again and again. */
  readonly readSchedules?: ReadSchedules
}

/** How far each job's schedule was read in vain since its last done instant: a monthly one is not read through a month at every look. */
export type ReadSchedules = Map<string, { readonly afterMs: number, readonly untilMs: number }>

/** When what has failed runs again: after its back-off, or at once (the demo's clock does not wait). */
type Patience = 'back-off' | 'none'

export interface RanJob {
  readonly job: string
  readonly dueAt: Date
  readonly status: 'done' | 'failed'
}

/** A failed instant is given up after so many attempts; the job goes on with its next one. */
const mostAttempts = 6

/** Something due, with how often it was tried. */
interface DueRun {
  readonly name: string
  readonly dueAt: Date
  readonly attempts: number
  readonly run: (dueAt: Date) => Promise<JobResult>
}

/**
 * The next thing to run up to `end`, over all jobs and timers, oldest due instant first; null when nothing is due or
 * all that is due waits for its next attempt. A failed instant holds up its own job only, so that a job's instants
 * always run in order.
 */
export async function nextDueRun <Stores extends RunStores> (deps: RunJobsDeps<Stores>, end: Date, patience: Patience): Promise<DueRun | null> {
  let first: DueRun | null = null
  const { afters, dueOfTimers } = await look(deps)
  for (const job of deps.jobs) {
    const after = afters.get(job.name) ?? end
    // Nobody is searched beyond the oldest found so far: a schedule costs time for each minute that it is asked for.
    first = earlier(first, await dueOfJob(deps, job, { after, until: (first)?.dueAt ?? end, patience }))
  }
  for (const [place, { name, run }] of deps.timers.entries()) {
    const dueAt = dueOfTimers[place] ?? null
    if (dueAt === null || dueAt > end) continue
    const turn = await turnOf(deps, { name, run, dueAt }, patience)
    if (typeof turn === 'object') first = earlier(first, turn)
  }
  return first
}

/** Of all jobs and timers in one transaction: this is asked again after every run. */
async function look <Stores extends RunStores> (deps: RunJobsDeps<Stores>): Promise<{ readonly afters: ReadonlyMap<string, Date>, readonly dueOfTimers: ReadonlyArray<Date | null> }> {
  const { inReading, jobs, timers } = deps
  const { done, begun, dueOfTimers } = await inReading(async (stores) => {
    const dueOfTimers: Array<Date | null> = []
    for (const { nextDue } of timers) dueOfTimers.push(await nextDue(stores))
    const done = await stores.jobRuns.lastDone()
    const begun = new Map<string, Date>()
    for (const { name } of jobs) {
      const since = done.has(name) ? null : await stores.settings.get(sinceKey(name))
      if (since !== null) begun.set(name, new Date(since))
    }
    return { done, begun, dueOfTimers }
  })
  const fresh = jobs.map(({ name }) => name).filter((name) => !done.has(name) && !begun.has(name))
  return { afters: new Map([...begun, ...await beginNow(deps, fresh), ...done]), dueOfTimers }
}

const sinceKey = (job: string): string => `jobs.${job}.since`

/** A job that is new here owes nothing for the time before it came. */
async function beginNow <Stores extends RunStores> ({ inTransaction, clock }: RunJobsDeps<Stores>, names: readonly string[]): Promise<ReadonlyMap<string, Date>> {
  const now = clock.now()
  if (names.length > 0) await inTransaction(async ({ settings }) => { for (const name of names) await settings.setOnce(sinceKey(name), now.toISOString()) })
  return new Map(names.map((name) => [name, now]))
}

function earlier (one: DueRun | null, other: DueRun | null): DueRun | null {
  if (one === null || other === null) return one ?? other
  return other.dueAt < one.dueAt ? other : one
}

async function dueOfJob <Stores extends RunStores> (deps: RunJobsDeps<Stores>, job: Job, { after, until, patience }: { readonly after: Date, readonly until: Date, readonly patience: Patience }): Promise<DueRun | null> {
  const read = deps.readSchedules?.get(job.name)
  const from = read?.afterMs === after.getTime() ? new Date(read.untilMs) : after
  let isInVain = true
  for (const dueAt of dueInstants(deps.matchesOf(job), from, until)) {
    isInVain = false
    const turn = await turnOf(deps, { name: job.name, run: job.run, dueAt }, patience)
    if (turn !== 'given_up') return turn === 'not_yet' ? null : turn
  }
  if (isInVain && from < until) deps.readSchedules?.set(job.name, { afterMs: after.getTime(), untilMs: until.getTime() })
  return null
}

async function turnOf <Stores extends RunStores> ({ inReading, wallClock }: RunJobsDeps<Stores>, { name, dueAt, run }: Omit<DueRun, 'attempts'>, patience: Patience): Promise<DueRun | 'not_yet' | 'given_up'> {
  const before = await inReading(({ jobRuns }) => jobRuns.find(name, dueAt))
  const attempts = before?.attempts ?? 0
  if (attempts >= mostAttempts) return 'given_up'
  if (before?.status === 'failed' && patience === 'back-off') {
    const nextAt = nextAttempt(attempts, before.finishedAt ?? before.startedAt, 0)
    if (nextAt !== null && nextAt > wallClock.now()) return 'not_yet'
  }
  // Also one that was running when its node died.
  return { name, dueAt, attempts, run }
}

/** Runs one due thing between its two records; a failure is recorded, never thrown. */
export async function carryOut <Stores extends RunStores> ({ inTransaction, wallClock }: Pick<RunJobsDeps<Stores>, 'inTransaction' | 'wallClock'>, { name, dueAt, attempts, run }: DueRun): Promise<RanJob> {
  const started: JobRun = { job: name, dueAt, status: 'running', attempts: attempts + 1, startedAt: wallClock.now(), finishedAt: null, result: null, error: null }
  await inTransaction(({ jobRuns }) => jobRuns.save(started))
  const ended = await run(dueAt).then(
    (result): JobRun => ({ ...started, status: 'done', finishedAt: wallClock.now(), result }),
    (error: unknown): JobRun => ({
      ...started,
      status: 'failed',
      // An outage of the store is nobody's failure: tried until it is over.
      attempts: isStoreTrouble(error) ? Math.max(1, attempts) : attempts + 1,
      finishedAt: wallClock.now(),
      error: codeOf(error) ?? 'UNEXPECTED'
    }))
  await inTransaction(({ jobRuns }) => jobRuns.save(ended))
  return { job: name, dueAt, status: ended.status === 'done' ? 'done' : 'failed' }
}

/** Runs all that is due by now, in due order: after three days of downtime, three nights one after the other. */
export async function runDueJobs <Stores extends RunStores> (deps: RunJobsDeps<Stores>, ran: (run: RanJob) => void): Promise<void> {
  while (await deps.mayContinue()) {
    const due = await nextDueRun(deps, deps.clock.now(), 'back-off')
    if (due === null) return
    ran(await carryOut(deps, due))
  }
}

/** Runs one job for one due instant, also one that is done: the operator's `jobs run`. */
export async function runJob <Stores extends RunStores> (deps: Pick<RunJobsDeps<Stores>, 'inTransaction' | 'wallClock' | 'jobs'>, name: string, dueAt: Date): Promise<RanJob> {
  const job = deps.jobs.find((one) => one.name === name)
  if (job === undefined) throw new DomainError('JOB_NOT_FOUND', 'There is no job of this name. `yiqiao jobs list` tells the names.')
  const before = await deps.inTransaction(({ jobRuns }) => jobRuns.find(name, dueAt))
  return carryOut(deps, { name, dueAt, attempts: before?.attempts ?? 0, run: job.run })
}
