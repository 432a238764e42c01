import { codeOf, isStoreTrouble, nextAttempt } from '../back-off.ts'
import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { dueInstants, type Matches } from './due-instants.ts'
import type { Job, JobResult, JobRun, Timer } from './job.ts'
import type { JobRunStore, SettingStore } from './ports.ts'

export interface RunJobsDeps {
  readonly inTransaction: InTransaction<{ jobRuns: JobRunStore, settings: SettingStore }>
  readonly jobs: readonly Job[]
  readonly timers: readonly Timer[]
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
 * The next thing to run up to `until`, over all jobs and timers, oldest due instant first; null when nothing is due or
 * all that is due waits for its next attempt. A failed instant holds up its own job only, so that a job's instants
 * always run in order.
 */
export async function nextDueRun (deps: RunJobsDeps, until: Date, patience: Patience): Promise<DueRun | null> {
  let first: DueRun | null = null
  // Nobody is searched beyond the oldest found so far: a schedule costs time for each minute that it is asked for.
  const afters = await lastDone(deps)
  for (const [place, job] of deps.jobs.entries()) {
    const [found] = await dueOfJob(deps, job, { after: afters[place] ?? until, until: first?.dueAt ?? until, patience })
    if (found !== undefined && (first === null || found.dueAt < first.dueAt)) first = found
  }
  for (const { name, run, nextDue } of deps.timers) {
    const dueAt = await nextDue()
    if (dueAt === null || dueAt > until) continue
    const turn = await turnOf(deps, { name, run, dueAt }, patience)
    if (typeof turn === 'object') first = earlier(first, turn)
  }
  return first
}

function earlier (one: DueRun | null, other: DueRun | null): DueRun | null {
  if (one === null || other === null) return one ?? other
  return other.dueAt < one.dueAt ? other : one
}

/** Of each job, in one transaction: this is asked again after every run. */
async function lastDone ({ inTransaction, jobs, clock }: RunJobsDeps): Promise<readonly Date[]> {
  return inTransaction(async ({ jobRuns, settings }) => {
    const afters: Date[] = []
    for (const { name } of jobs) {
      // A job that is new here owes nothing for the time before it came.
      const since = new Date(await settings.setOnce(`jobs.${name}.since`, clock.now().toISOString()))
      afters.push(await jobRuns.lastDone(name) ?? since)
    }
    return afters
  })
}

/** None or one. */
async function dueOfJob (deps: RunJobsDeps, job: Job, { after, until, patience }: { readonly after: Date, readonly until: Date, readonly patience: Patience }): Promise<readonly DueRun[]> {
  const read = deps.readSchedules?.get(job.name)
  const from = read?.afterMs === after.getTime() ? new Date(read.untilMs) : after
  let isInVain = true
  for (const dueAt of dueInstants(deps.matchesOf(job), from, until)) {
    isInVain = false
    const turn = await turnOf(deps, { name: job.name, run: job.run, dueAt }, patience)
    if (turn !== 'given_up') return turn === 'not_yet' ? [] : [turn]
  }
  if (isInVain && from < until) deps.readSchedules?.set(job.name, { afterMs: after.getTime(), untilMs: until.getTime() })
  return []
}

async function turnOf ({ inTransaction, wallClock }: RunJobsDeps, { name, dueAt, run }: Omit<DueRun, 'attempts'>, patience: Patience): Promise<DueRun | 'not_yet' | 'given_up'> {
  const before = await inTransaction(({ jobRuns }) => jobRuns.find(name, dueAt))
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
export async function carryOut ({ inTransaction, wallClock }: Pick<RunJobsDeps, 'inTransaction' | 'wallClock'>, { name, dueAt, attempts, run }: DueRun): Promise<RanJob> {
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
export async function runDueJobs (deps: RunJobsDeps, ran: (run: RanJob) => void): Promise<void> {
  while (await deps.mayContinue()) {
    const due = await nextDueRun(deps, deps.clock.now(), 'back-off')
    if (due === null) return
    ran(await carryOut(deps, due))
  }
}

/** Runs one job for one due instant, also one that is done: the operator's `jobs run`. */
export async function runJob (deps: Pick<RunJobsDeps, 'inTransaction' | 'wallClock' | 'jobs'>, name: string, dueAt: Date): Promise<RanJob> {
  const job = deps.jobs.find((one) => one.name === name)
  if (job === undefined) throw new DomainError('JOB_NOT_FOUND', 'There is no job of this name. `yiqiao jobs list` tells the names.')
  const before = await deps.inTransaction(({ jobRuns }) => jobRuns.find(name, dueAt))
  return carryOut(deps, { name, dueAt, attempts: before?.attempts ?? 0, run: job.run })
}
