import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { carryOut, nextDueRun, type RanJob, type RunJobsDeps, type RunStores } from './run-jobs.ts'

/** Business time that is moved by hand (the demo). */
export interface MovableClock extends Clock {
  /** Forward only; refused with CLOCK_NOT_FORWARD. */
  readonly set: (instant: Date) => Promise<void>
}

export interface AdvanceClockDeps<Stores extends RunStores> extends RunJobsDeps<Stores> {
  readonly clock: MovableClock
  /** Settles when inbox and outbox are drained. */
  readonly drain: () => Promise<void>
}

/**
 * Carries business time to `target`: every job and timer due in between runs in due order, each at its own instant
 * and with all that came of the one before it done.
 */
export async function advanceClock <Stores extends RunStores> (deps: AdvanceClockDeps<Stores>, target: Date): Promise<readonly RanJob[]> {
  const { clock, drain } = deps
  if (target < clock.now()) throw new DomainError('CLOCK_NOT_FORWARD', 'The clock goes forward only. Set a later instant.')
  const ran: RanJob[] = []
  await drain()
  while (await deps.mayContinue()) {
    const due = await nextDueRun(deps, target, 'none')
    if (due === null) break
    // What was left over from before now runs at once.
    if (due.dueAt > clock.now()) await clock.set(due.dueAt)
    ran.push(await carryOut(deps, due))
    await drain()
  }
  await clock.set(target)
  await drain()
  return ran
}
