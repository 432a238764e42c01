import { codeOf } from '../../core/back-off.ts'
import { advanceClock, runDueJobs, runJob, type AdvanceClockDeps, type RanJob, type RunJobsDeps, type RunStores } from '../../core/operations/index.ts'
import { everyMinute as eachRealMinute, type EveryMinute } from './cron.ts'
import type { LeaseHolder } from './lease-holder.ts'

interface JobLoopOptions<Stores extends RunStores> extends Omit<RunJobsDeps<Stores>, 'mayContinue'> {
  /** Only the holder of the lease `jobs` runs them. */
  readonly lease: LeaseHolder
  readonly everyMinute?: EveryMinute
  readonly on?: {
    readonly ran?: (run: RanJob) => void
    readonly fault?: (code: string) => void
  }
}

export interface JobLoop {
  /** Runs what is due by now; settles when done. */
  readonly wake: () => Promise<void>
  /** Runs one job for one due instant, whatever was run before. */
  readonly run: (name: string, dueAt: Date) => Promise<RanJob>
  /** Carries the demo's clock to `target`. */
  readonly advance: (by: Pick<AdvanceClockDeps<RunStores>, 'clock' | 'drain'>, target: Date) => Promise<readonly RanJob[]>
  /** Settles when the running job is recorded. */
  readonly stop: () => Promise<void>
}

/** Wakes the job runner at each minute. One thing at a time: a tick, an operator's run and the demo's clock take turns. */
export function jobLoop <Stores extends RunStores> ({ lease, on, everyMinute = eachRealMinute, ...deps }: JobLoopOptions<Stores>): JobLoop {
  let isStopping = false
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
  const mayContinue = async (): Promise<boolean> => !isStopping && await lease.hold()
  const running: RunJobsDeps<Stores> = { ...deps, mayContinue, readSchedules: new Map() }
  const wake = (): Promise<void> => inTurn(async () => {
    try {
      await runDueJobs(running, (run) => { on?.ran?.(run) })
    } catch (error) {
      on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
    }
  })
  const cron = everyMinute(() => { void wake() })
  void wake()
  return {
    wake,
    run: (name, dueAt) => inTurn(() => runJob(deps, name, dueAt)),
    advance: (by, target) => inTurn(() => advanceClock({ ...running, ...by }, target)),
    stop: async () => {
      isStopping = true
      await cron.stop()
      await last
      await lease.release().catch((error: unknown) => { on?.fault?.(codeOf(error) ?? 'UNEXPECTED') })
    }
  }
}
