import t from 'tap'
import { cronMatches } from '../../../adapters/queue/index.ts'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { advanceClock, dueInstants, runDueJobs, runJob, type Job, type MovableClock, type RanJob, type RunJobsDeps, type Timer } from '../../../core/operations/index.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'

const beijing = 'Asia/Shanghai'
const at = (text: string): Date => new Date(`${text}:00.000+08:00`)
const told = (ran: readonly RanJob[]): string[] => ran.map(({ job, dueAt, status }) => `${job} ${dueAt.toISOString().slice(5, 16)}Z ${status}`)

/** Hands that are moved by the test; real time is business time unless told otherwise. */
function aClock (start: Date): MovableClock {
  let now = start
  return { now: () => now, set: async (instant) => { now = instant } }
}

interface Runner {
  readonly store: Store
  readonly clock: MovableClock
  readonly wallClock: MovableClock
  readonly deps: RunJobsDeps<Stores>
  readonly run: () => Promise<string[]>
}

async function aRunner (t: Teardown, jobs: readonly Job[], { timers = [], start = at('2026-03-02T07:30') }: { readonly timers?: ReadonlyArray<Timer<Stores>>, readonly start?: Date } = {}): Promise<Runner> {
  const store = await freshStore(t)
  const clock = aClock(start)
  const wallClock = aClock(start)
  const deps: RunJobsDeps<Stores> = {
    inTransaction: store.inTransaction, inReading: store.inReading, jobs, timers, clock, wallClock, mayContinue: async () => true,
    matchesOf: (job) => cronMatches(job.schedule, beijing)
  }
  const run = async (): Promise<string[]> => {
    const ran: RanJob[] = []
    await runDueJobs(deps, (one) => { ran.push(one) })
    return told(ran)
  }
  return { store, clock, wallClock, deps, run }
}

function aJob (name: string, schedule: string, run: (dueAt: Date) => Promise<void> | void = () => undefined): Job {
  return {
    name,
    schedule,
    requirements: [],
    run: async (dueAt) => {
      await run(dueAt)
      return { looked: 1 }
    }
  }
}

t.test('a schedule names minutes of the business day', async (t) => {
  const due = (schedule: string, from: string, until: string): string[] => [...dueInstants(cronMatches(schedule, beijing), at(from), at(until))].map((instant) => instant.toISOString())
  t.strictSame(due('30 2 * * *', '2026-03-01T02:30', '2026-03-03T02:30'), ['2026-03-01T18:30:00.000Z', '2026-03-02T18:30:00.000Z'], 'after the one, up to and with the other')
  t.strictSame(due('0 9 * * 1', '2026-03-01T00:00', '2026-03-15T00:00'), ['2026-03-02T01:00:00.000Z', '2026-03-09T01:00:00.000Z'])
  t.strictSame(due('0 0 1 * *', '2026-01-15T00:00', '2026-03-15T00:00').length, 2)
  for (const wrong of ['soon', '0 0 30 2 *', '61 * * * *']) t.throws(() => cronMatches(wrong, beijing), /not a cron schedule/, wrong)
  const kathmandu = cronMatches('0 6 * * *', 'Asia/Kathmandu')
  t.strictSame([...dueInstants(kathmandu, at('2026-03-02T00:00'), at('2026-03-03T00:00'))].map((instant) => instant.toISOString()), ['2026-03-02T00:15:00.000Z'], 'zones of a quarter of an hour too')
})

t.test('a new installation owes nothing for the time before its first start', async (t) => {
  const { run, clock } = await aRunner(t, [aJob('nightly', '30 2 * * *')])
  t.strictSame(await run(), [])
  await clock.set(at('2026-03-03T02:30'))
  t.strictSame(await run(), ['nightly 03-02T18:30Z done'])
  t.strictSame(await run(), [], 'once')
})

t.test('after three days of downtime every night is caught up, over all jobs in due order', async (t) => {
  const seen: string[] = []
  const { run, clock, store } = await aRunner(t, [
    aJob('late', '10 3 * * *', (dueAt) => { seen.push(`late ${dueAt.toISOString()}`) }),
    aJob('early', '30 2 * * *', (dueAt) => { seen.push(`early ${dueAt.toISOString()}`) })
  ])
  await run()
  await clock.set(at('2026-03-05T12:00'))
  t.strictSame(await run(), [
    'early 03-02T18:30Z done', 'late 03-02T19:10Z done', 'early 03-03T18:30Z done', 'late 03-03T19:10Z done', 'early 03-04T18:30Z done', 'late 03-04T19:10Z done'
  ])
  t.equal(seen.length, 6)
  t.strictSame(await store.inReading(({ jobRuns }) => jobRuns.find('early', at('2026-03-04T02:30'))), {
    job: 'early', dueAt: at('2026-03-04T02:30'), status: 'done', attempts: 1, startedAt: at('2026-03-02T07:30'), finishedAt: at('2026-03-02T07:30'), result: { looked: 1 }, error: null
  })
})

t.test('a failing job', async (t) => {
  let faults = 2
  const failing = aJob('failing', '0 * * * *', () => {
    if (faults > 0) {
      faults -= 1
      throw new DomainError('OUTSIDE_UNAVAILABLE', 'The other party does not answer.')
    }
  })

  await t.test('holds up its own later instants only, and is tried again after its back-off', async (t) => {
    const { run, clock, wallClock } = await aRunner(t, [failing, aJob('other', '30 * * * *')])
    await run()
    await clock.set(at('2026-03-02T09:45'))
    t.strictSame(await run(), ['failing 03-02T00:00Z failed', 'other 03-02T00:30Z done', 'other 03-02T01:30Z done'])
    t.strictSame(await run(), [], 'not yet')
    await wallClock.set(new Date(wallClock.now().getTime() + 1_000))
    t.strictSame(await run(), ['failing 03-02T00:00Z failed'])
    await wallClock.set(new Date(wallClock.now().getTime() + 5_000))
    t.strictSame(await run(), ['failing 03-02T00:00Z done', 'failing 03-02T01:00Z done'])
  })

  await t.test('is given up after six attempts, and its next instant runs', async (t) => {
    const { run, clock, wallClock, store } = await aRunner(t, [aJob('failing', '0 * * * *', (dueAt) => {
      if (dueAt.getTime() === at('2026-03-02T08:00').getTime()) throw new TypeError('a fault')
    })])
    await run()
    await clock.set(at('2026-03-02T09:00'))
    const ran: string[] = []
    for (let turn = 0; turn < 10; turn += 1) {
      ran.push(...await run())
      await wallClock.set(new Date(wallClock.now().getTime() + 3_600_000))
    }
    t.strictSame(ran, [...Array<string>(6).fill('failing 03-02T00:00Z failed'), 'failing 03-02T01:00Z done'])
    t.match(await store.inReading(({ jobRuns }) => jobRuns.find('failing', at('2026-03-02T08:00'))), { status: 'failed', attempts: 6, error: 'UNEXPECTED', result: null })
  })

  await t.test('an outage of the store is never given up', async (t) => {
    let outages = 8
    const { run, clock, wallClock } = await aRunner(t, [aJob('job', '0 * * * *', () => {
      if ((outages -= 1) >= 0) throw new DomainError('STORE_UNAVAILABLE', 'The database does not answer.')
    })])
    await run()
    await clock.set(at('2026-03-02T08:00'))
    const ran: string[] = []
    for (let turn = 0; turn < 9; turn += 1) {
      ran.push(...await run())
      await wallClock.set(new Date(wallClock.now().getTime() + 60_000))
    }
    t.strictSame(ran.slice(-2), ['job 03-02T00:00Z failed', 'job 03-02T00:00Z done'])
  })
})

t.test('a run that died with its node runs again', async (t) => {
  const { run, clock, store } = await aRunner(t, [aJob('job', '0 * * * *')])
  await run()
  await clock.set(at('2026-03-02T08:05'))
  const died = { job: 'job', dueAt: at('2026-03-02T08:00'), status: 'running', attempts: 1, startedAt: at('2026-03-02T08:00'), finishedAt: null, result: null, error: null } as const
  await store.inTransaction(({ jobRuns }) => jobRuns.save(died))
  t.strictSame(await run(), ['job 03-02T00:00Z done'])
  t.match(await store.inReading(({ jobRuns }) => jobRuns.find('job', died.dueAt)), { status: 'done', attempts: 2 })
})

t.test('an operator runs a job for a day again, but no job that is not there', async (t) => {
  let runs = 0
  const { deps } = await aRunner(t, [aJob('job', '0 0 * * *', () => { runs += 1 })])
  for (let time = 0; time < 5; time += 1) t.strictSame(told([await runJob(deps, 'job', at('2026-03-02T00:00'))]), ['job 03-01T16:00Z done'])
  t.equal(runs, 5)
  await t.rejects(runJob(deps, 'none', at('2026-03-02T00:00')), { code: 'JOB_NOT_FOUND' })
})

t.test('the demo clock', async (t) => {
  await t.test('is carried over a day: each job and timer runs in due order at its own instant, and all is drained after it', async (t) => {
    const story: string[] = []
    const hours = (clock: MovableClock, what: string): void => { story.push(`${clock.now().toISOString().slice(8, 16)} ${what}`) }
    let holdUntil: Date | null = at('2026-03-02T10:10')
    const jobs = [aJob('nightly', '30 2 * * *', () => { hours(runner.clock, 'nightly') }), aJob('noon', '0 12 * * *', () => { hours(runner.clock, 'noon') })]
    const hold: Timer<Stores> = {
      name: 'hold',
      nextDue: async () => holdUntil,
      run: async () => {
        hours(runner.clock, 'hold')
        holdUntil = null
        return {}
      }
    }
    const runner = await aRunner(t, jobs, { timers: [hold] })
    await runner.run()
    const ran = await advanceClock({ ...runner.deps, clock: runner.clock, drain: async () => { hours(runner.clock, 'drained') } }, at('2026-03-03T07:30'))
    t.strictSame(told(ran), ['hold 03-02T02:10Z done', 'noon 03-02T04:00Z done', 'nightly 03-02T18:30Z done'])
    t.strictSame(story, ['01T23:30 drained', '02T02:10 hold', '02T02:10 drained', '02T04:00 noon', '02T04:00 drained', '02T18:30 nightly', '02T18:30 drained', '02T23:30 drained'])
  })

  await t.test('does not wait for a back-off', async (t) => {
    const runner = await aRunner(t, [aJob('broken', '0 12 * * *', () => { throw new TypeError('a fault') })])
    await runner.run()
    const ran = await advanceClock({ ...runner.deps, clock: runner.clock, drain: async () => undefined }, at('2026-03-02T18:00'))
    t.strictSame(told(ran), Array<string>(6).fill('broken 03-02T04:00Z failed'))
    t.strictSame(runner.clock.now(), at('2026-03-02T18:00'))
  })

  await t.test('never goes back', async (t) => {
    const runner = await aRunner(t, [])
    await t.rejects(advanceClock({ ...runner.deps, clock: runner.clock, drain: async () => undefined }, at('2026-03-02T07:29')), { code: 'CLOCK_NOT_FORWARD' })
  })
})
