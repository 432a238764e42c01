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
}

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
  const found: DueRun[] = []
  for (const job of deps.jobs) found.push(...await dueOfJob(deps, job, { until, patience }))
  for (const { name, run, nextDue } of deps.timers) {
    const dueAt = await nextDue()
    if (dueAt === null || dueAt > until) continue
    const turn = await turnOf(deps, { name, run, dueAt }, patience)
    if (typeof turn === 'object') found.push(turn)
  }
  return found.reduce<DueRun | null>((first, run) => first === null || run.dueAt < first.dueAt ? run : first, null)
}

/** None or one. */
async function dueOfJob (deps: RunJobsDeps, job: Job, { until, patience }: { readonly until: Date, readonly patience: Patience }): Promise<readonly DueRun[]> {
  const after = await deps.inTransaction(async ({ jobRuns, settings }) => {
    // A job that is new here owes nothing for the time before it came.
    const since = new Date(await settings.setOnce(`jobs.${job.name}.since`, deps.clock.now().toISOString()))
    return await jobRuns.lastDone(job.name) ?? since
  })
  for (const dueAt of dueInstants(deps.matchesOf(job), after, until)) {
    const turn = await turnOf(deps, { name: job.name, run: job.run, dueAt }, patience)
    if (turn !== 'given_up') return turn === 'not_yet' ? [] : [turn]
  }
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
