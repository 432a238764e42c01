import t from 'tap'
import type { Alert } from '../../../core/operations/index.ts'
import { watch, type Measurements, type WatchLimits } from '../../../core/operations/watch.ts'

const minuteMs = 60_000
const at = (time: string): Date => new Date(`2026-03-02T${time}:00.000+08:00`)
/** Of Beijing. */
const minuteOfDay = (instant: Date): number => (Math.floor(instant.getTime() / minuteMs) + 480) % 1440

const limits: WatchLimits = {
  queueAgeMs: 10 * minuteMs,
  outboxAgeMs: 60 * minuteMs,
  manyDeadLetters: 50,
  sources: [{ name: 'east', silentAfterMs: 30 * minuteMs, opening: { from: 7 * 60, to: 20 * 60 } }, { name: 'west', silentAfterMs: 0, opening: null }],
  watchedSince: at('00:00')
}

function measured (now: Date, given: Partial<Measurements> = {}): Measurements {
  return { now, oldestQueuedAt: null, sources: [{ name: 'east', lastReceivedAt: now }], deadLetters: [], outbox: { dead: 0, oldestAt: null }, connections: [], ...given }
}

/** Walks through measurements and keeps what is open; tells what opened (+) and closed (-). */
function episodes (course: readonly Measurements[], by: WatchLimits = limits): string[] {
  const story: string[] = []
  let open: readonly Alert[] = []
  for (const each of course) {
    const { opened, closed } = watch(each, open, by, minuteOfDay)
    story.push([...opened.map(({ key, detail }) => `+${key}: ${detail}`), ...closed.map(({ key }) => `-${key}`)].join(', '))
    open = [...open.filter((alert) => !closed.includes(alert)), ...opened.map(({ key, detail }) => ({ id: key, key, detail, openedAt: each.now, closedAt: null }))]
  }
  return story
}

t.test('a queue that grows old opens one alert, and closes it only when it is well below the limit', async (t) => {
  const age = (minutes: number): Measurements => measured(at('12:00'), { oldestQueuedAt: new Date(at('12:00').getTime() - minutes * minuteMs) })
  t.strictSame(episodes([age(10), age(11), age(30), age(9), age(11), age(5), age(11)]),
    ['', '+queue-age: oldest waits for 11 min, limit 10 min', '', '', '', '-queue-age', '+queue-age: oldest waits for 11 min, limit 10 min'])
})

t.test('dead letters of a source', async (t) => {
  const dead = (...counts: readonly number[]): Measurements => measured(at('12:00'), { deadLetters: counts.map((count) => ({ source: 'east', count })) })
  t.strictSame(episodes([dead(1), dead(2, 3), dead(40, 20), dead(30), dead(20), dead(), dead(1)]), [
    '+dead-letters:east: 1 dead', '', '+dead-letters-many:east: 60 dead', '', '-dead-letters-many:east', '-dead-letters:east', '+dead-letters:east: 1 dead'
  ], 'one for the first, one more where it is many; reasons are counted together')
})

t.test('the outbox is watched for what is dead and what waits too long', async (t) => {
  t.strictSame(episodes([
    measured(at('12:00'), { outbox: { dead: 2, oldestAt: at('10:59') } }),
    measured(at('12:10'), { outbox: { dead: 2, oldestAt: at('12:09') } }),
    measured(at('12:20'))
  ]), ['+outbox-age: oldest waits for 61 min, limit 60 min, +outbox-dead: 2 dead', '-outbox-age', '-outbox-dead'])
})

t.test('a connection that is down', async (t) => {
  const stands = (state: 'up' | 'down' | 'paused' | 'starting'): Measurements => measured(at('12:00'), {
    connections: [{ queue: 'destination:east', status: { state, since: at('11:00'), code: state === 'down' ? 'OUTSIDE_UNAVAILABLE' : null, detail: null, lastAt: null } }]
  })
  t.strictSame(episodes([stands('starting'), stands('down'), stands('down'), stands('paused'), stands('up'), stands('down')]),
    ['', '+down:destination:east: OUTSIDE_UNAVAILABLE', '', '', '-down:destination:east', '+down:destination:east: OUTSIDE_UNAVAILABLE'], 'is told once, and told to be over when it is up')
})

t.test('a silent source', async (t) => {
  const heard = (now: string, last: string | null): Measurements => measured(at(now), { sources: last === null ? [] : [{ name: 'east', lastReceivedAt: at(last) }] })

  t.test('opens one alert and closes it with its next message', async (t) => {
    t.strictSame(episodes([heard('12:00', '11:30'), heard('12:01', '11:30'), heard('13:00', '11:30'), heard('13:05', '13:04')]),
      ['', '+source-silent:east: nothing came for 31 min, limit 30 min', '', '-source-silent:east'])
  })
  t.test('may be silent outside its opening hours, and some time after they begin', async (t) => {
    t.strictSame(episodes([heard('03:00', null), heard('07:30', null), heard('07:31', null)]), ['', '', '+source-silent:east: nothing came for 31 min, limit 30 min'])
  })
  t.test('that fell silent before closing time stays so overnight', async (t) => {
    t.strictSame(episodes([heard('19:31', '19:00'), heard('21:00', '19:00'), heard('21:10', '21:05')]),
      ['+source-silent:east: nothing came for 31 min, limit 30 min', '', '-source-silent:east'])
  })
  t.test('is not blamed for the time before this node watched', async (t) => {
    t.strictSame(episodes([heard('12:20', '08:00'), heard('12:31', '08:00')], { ...limits, watchedSince: at('12:00') }), ['', '+source-silent:east: nothing came for 31 min, limit 30 min'])
  })
  t.test('that is watched no more closes its alert', async (t) => {
    const open: Alert = { id: 'a', key: 'source-silent:gone', openedAt: at('09:00'), closedAt: null, detail: '' }
    t.strictSame(watch(measured(at('12:00')), [open], limits, minuteOfDay), { opened: [], closed: [open] })
  })
})

t.test('alerts of jobs are left to the jobs', async (t) => {
  const open: Alert = { id: 'a', key: 'job:prove-ledger', openedAt: at('02:30'), closedAt: null, detail: '' }
  t.strictSame(watch(measured(at('12:00')), [open], limits, minuteOfDay), { opened: [], closed: [] })
})
