import fc from 'fast-check'
import t from 'tap'
import { lanes, type QueuedMessage } from '../../../core/inbox/index.ts'

const noon = new Date('2026-03-02T12:00:00.000Z')
const later = (ms: number): Date => new Date(noon.getTime() + ms)

function queued (sequence: number, lanesOf: readonly string[], nextAt: Date | null = null): QueuedMessage {
  return { id: `m${sequence}`, sequence, lanes: lanesOf, attempts: nextAt === null ? 0 : 1, nextAt }
}

const ids = (messages: readonly QueuedMessage[]): string[] => messages.map(({ id }) => id)
const gone = (...names: readonly string[]): Array<{ id: string, then: { kind: 'gone' } }> => names.map((id) => ({ id, then: { kind: 'gone' } }))

t.test('messages of two patients', async (t) => {
  t.test('go into one batch in the order they came', async (t) => {
    const queue = lanes()
    queue.add([queued(1, ['a']), queued(2, ['b']), queued(3, ['a'])])
    t.strictSame(ids(queue.take(10, noon)), ['m1', 'm2', 'm3'])
    t.strictSame(ids(queue.take(10, noon)), [], 'and are taken once')
  })

  t.test('run side by side, but never the same patient in two batches', async (t) => {
    const queue = lanes()
    queue.add([queued(1, ['a']), queued(2, ['a']), queued(3, ['b'])])
    t.strictSame(ids(queue.take(1, noon)), ['m1'])
    t.strictSame(ids(queue.take(2, noon)), ['m3'], 'm2 waits for the batch of m1')
    queue.settle(gone('m1'))
    t.strictSame(ids(queue.take(2, noon)), ['m2'])
  })

  t.test('a message without a lane waits for nobody', async (t) => {
    const queue = lanes()
    queue.add([queued(1, ['a'], later(1000)), queued(2, [])])
    t.strictSame(ids(queue.take(10, noon)), ['m2'])
    queue.settle([{ id: 'm2', then: { kind: 'again', attempts: 1, notBefore: later(5) } }])
    t.strictSame(ids(queue.take(10, later(4))), [])
    t.strictSame(ids(queue.take(10, later(5))), ['m2'])
  })
})

t.test('a message that waits for its retry holds up its own patient only', async (t) => {
  const queue = lanes()
  queue.add([queued(1, ['a']), queued(2, ['a']), queued(3, ['b'])])
  t.strictSame(ids(queue.take(1, noon)), ['m1'])
  queue.settle([{ id: 'm1', then: { kind: 'again', attempts: 1, notBefore: later(1000) } }])
  t.strictSame(ids(queue.take(10, noon)), ['m3'])
  t.strictSame(queue.nextRetryAt(), later(1000))
  t.strictSame(queue.take(10, later(1000)), [{ ...queued(1, ['a'], later(1000)), attempts: 1 }, queued(2, ['a'])])
})

t.test('a merge', async (t) => {
  t.test('waits for both of its patients', async (t) => {
    const queue = lanes()
    queue.add([queued(1, ['a']), queued(2, ['b'], later(1000)), queued(3, ['a', 'b']), queued(4, ['a']), queued(5, ['c'])])
    t.strictSame(ids(queue.take(10, noon)), ['m1', 'm5'])
    queue.settle(gone('m1', 'm5'))
    t.strictSame(ids(queue.take(10, noon)), [], 'what came after the merge waits with it')
    t.strictSame(ids(queue.take(10, later(1000))), ['m2', 'm3', 'm4'])
  })

  t.test('of a patient with itself takes its lane once', async (t) => {
    const queue = lanes()
    queue.add([queued(1, ['a', 'a']), queued(2, ['a'])])
    t.strictSame(ids(queue.take(1, noon)), ['m1'])
    queue.settle(gone('m1'))
    t.strictSame(ids(queue.take(1, noon)), ['m2'])
  })
})

t.test('an older message that comes to light later runs first where nothing of its lane runs yet', async (t) => {
  const queue = lanes()
  queue.add([queued(2, ['a']), queued(3, ['a'])])
  queue.add([queued(1, ['a']), queued(2, ['a'])])
  t.strictSame(ids(queue.take(10, noon)), ['m1', 'm2', 'm3'])
  t.strictSame([queue.known(), queue.running()], [3, 3])
  queue.settle(gone('m1', 'm2', 'm3'))
  t.strictSame([queue.known(), queue.running(), queue.nextRetryAt()], [0, 0, null])
})

/** Any lanes, any batches at a time, any failures: what a lane sees is always the order of arrival. */
t.test('whatever fails and however batches interleave, each lane keeps its order and every message ends', async (t) => {
  const lane = fc.constantFrom('a', 'b', 'c', 'd')
  const step = fc.record({ limit: fc.integer({ min: 1, max: 4 }), settleAt: fc.nat(), fails: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) })
  fc.assert(fc.property(fc.array(fc.array(lane, { maxLength: 3 }), { maxLength: 30 }), fc.array(step, { maxLength: 60 }), fc.nat(29), (lanesOf, steps, arrived) => {
    const queue = lanes()
    const all = lanesOf.map((names, place) => queued(place + 1, names))
    queue.add(all.slice(0, arrived))
    const ended: QueuedMessage[] = []
    const batches: Array<readonly QueuedMessage[]> = []
    let clock = 0
    const settle = (batch: readonly QueuedMessage[], fails: readonly boolean[]): void => {
      const held = new Set<string>()
      queue.settle(batch.map((message, place) => {
        const isBehind = message.lanes.some((name) => held.has(name))
        if (!isBehind && fails[place] !== true) {
          ended.push(message)
          return { id: message.id, then: { kind: 'gone' } }
        }
        message.lanes.forEach((name) => held.add(name))
        return { id: message.id, then: { kind: 'again', attempts: message.attempts + 1, notBefore: isBehind ? null : later(clock + 3) } }
      }))
    }
    const take = (limit: number): void => {
      const batch = queue.take(limit, later(clock))
      const others = new Set(batches.flat().flatMap((message) => message.lanes))
      if (batch.some((message) => message.lanes.some((name) => others.has(name)))) throw new Error('two batches share a lane')
      if (batch.length > 0) batches.push(batch)
    }
    for (const { limit, settleAt, fails } of steps) {
      clock += 1
      take(limit)
      if (clock === 5) queue.add(all.slice(arrived))
      if (settleAt % 2 === 0) batches.splice(settleAt % Math.max(1, batches.length), 1).forEach((batch) => { settle(batch, fails) })
    }
    if (clock < 5) queue.add(all.slice(arrived))
    for (let turn = 0; turn < 200 && ended.length < all.length; turn += 1) {
      clock += 5
      batches.splice(0).forEach((batch) => { settle(batch, []) })
      take(8)
    }
    batches.splice(0).forEach((batch) => { settle(batch, []) })
    if (ended.length !== all.length || queue.known() !== 0) throw new Error(`${ended.length} of ${all.length} ended`)
    for (const name of ['a', 'b', 'c', 'd']) {
      const order = ended.filter((message) => message.lanes.includes(name)).map(({ sequence }) => sequence)
      if (order.some((sequence, place) => place > 0 && sequence < (order[place - 1] ?? 0))) throw new Error(`lane ${name} ran as ${order.join(' ')}`)
    }
  }), { numRuns: 500 })
  t.pass('500 queues')
})
