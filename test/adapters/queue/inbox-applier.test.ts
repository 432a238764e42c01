import t from 'tap'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import { groupReceiver } from '../../../adapters/queue/group-commit.ts'
import { inboxApplier, type InboxApplier, type InboxApplierOptions } from '../../../adapters/queue/inbox-applier.ts'
import { leaseHolder } from '../../../adapters/queue/lease-holder.ts'
import { outcomes } from '../../../adapters/queue/outcomes.ts'
import { DomainError } from '../../../core/errors.ts'
import { applyMessages, type ApplyMessage, type NewMessage, type Settled, type StoredMessage } from '../../../core/inbox/index.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'
import { aMessage, wallClock } from './fixtures.ts'

const textOf = (message: StoredMessage): string => Buffer.from(message.raw).toString()
const applied = { mappingVersion: 'v1', produced: [], notes: [] }

/** Effects go into a setting, so that they are rolled back with their transaction: each text that took effect, in order. */
const appendText: ApplyMessage<Stores> = async ({ settings }, message) => {
  await settings.set('effects', `${await settings.get('effects') ?? ''}${textOf(message)} `)
  return { ...applied, produced: [`Basic/${message.id}`] }
}

const effectsOf = (store: Store): Promise<string> => store.inReading(async ({ settings }) => (await settings.get('effects') ?? '').trim())

async function anApplier (t: Teardown, store: Store, apply: ApplyMessage<Stores>, options: Partial<InboxApplierOptions> & { holder?: string } = {}): Promise<InboxApplier & { readonly settled: Settled[] }> {
  const settled: Settled[] = []
  const applier = inboxApplier({
    inReading: store.inReading,
    apply: (batch) => applyMessages({ inTransaction: store.inTransaction, apply, clock: wallClock, wallClock, random: () => 0 }, batch),
    lease: leaseHolder({ inTransaction: store.inTransaction, name: 'inbox', holder: options.holder ?? 'this node', wallClock }),
    wallClock,
    pollMs: 20,
    on: { settled: (some) => { settled.push(...some) } },
    ...options
  })
  t.teardown(applier.stop)
  return { ...applier, settled }
}

const receive = (store: Store, messages: readonly NewMessage[]): Promise<unknown> => store.inTransaction(({ inbox }) => inbox.receive(messages))
const stateOf = (store: Store, ids: readonly string[]): Promise<unknown> => store.inReading(async ({ inbox }) =>
  (await inbox.load(ids)).map(({ id, status, attempts, failure }) => [id, status, attempts, failure?.code ?? null]))

t.test('what is queued is applied once, in the order it came', async (t) => {
  const store = await freshStore(t)
  await receive(store, ['1', '2', '3'].map((text) => aMessage({ id: text, text, lanes: [text === '2' ? 'b' : 'a'] })))
  const applier = await anApplier(t, store, appendText)
  await applier.drain()
  t.equal(await effectsOf(store), '1 2 3')
  await receive(store, [aMessage({ id: '4', text: '4' })])
  await applier.drain()
  await applier.drain()
  t.equal(await effectsOf(store), '1 2 3 4')
  t.strictSame(applier.settled, ['1', '2', '3', '4'].map((id) => ({ id, kind: 'applied' })))
  t.strictSame(applier.state(), { known: 0, running: 0, isLeader: true })
  t.strictSame((await store.inReading(({ inbox }) => inbox.load(['3']))).map(({ status, produced, mappingVersion }) => ({ status, produced, mappingVersion })),
    [{ status: 'applied', produced: ['Basic/3'], mappingVersion: 'v1' }])
})

t.test('a poison message', async (t) => {
  const poison: ApplyMessage<Stores> = async (stores, message) => {
    const outcome = await appendText(stores, message)
    if (textOf(message).startsWith('bad')) throw new DomainError('MAPPING_VALUE_MISSING', 'PID-3 is missing.', 'PID-3')
    if (textOf(message).startsWith('odd')) throw new TypeError('surprise')
    return outcome
  }

  t.test('becomes a dead letter and its patient goes on', async (t) => {
    const store = await freshStore(t)
    await receive(store, ['1', 'bad2', '3', '4'].map((text) => aMessage({ id: text, text, lanes: [text === '4' ? 'b' : 'a'] })))
    const applier = await anApplier(t, store, poison)
    await applier.drain()
    t.equal(await effectsOf(store), '1 3 4', 'nothing of the bad one stays')
    t.strictSame(await stateOf(store, ['bad2']), [['bad2', 'dead', 1, 'MAPPING_VALUE_MISSING']])
  })

  t.test('that may pass stops only its own lane; a merge with another lane waits for it', async (t) => {
    const store = await freshStore(t)
    await receive(store, [
      aMessage({ id: '1', text: 'odd1', lanes: ['a'] }), aMessage({ id: '2', text: '2', lanes: ['a'] }), aMessage({ id: '3', text: '3', lanes: ['b'] }),
      aMessage({ id: '4', text: '4', lanes: ['b', 'a'] }), aMessage({ id: '5', text: '5', lanes: ['b'] }), aMessage({ id: '6', text: '6', lanes: ['c'] })
    ])
    const applier = await anApplier(t, store, poison)
    await applier.drain()
    t.equal(await effectsOf(store), '3 6')
    t.strictSame(await stateOf(store, ['1', '2', '4', '5']),
      [['1', 'received', 1, 'UNEXPECTED'], ['2', 'received', 0, null], ['4', 'received', 0, null], ['5', 'received', 0, null]])
  })
})

t.test('what an operator paused', async (t) => {
  const store = await freshStore(t)
  const paused = { all: true, sources: [] as string[], revision: 1 }
  await receive(store, [aMessage({ id: '1', text: '1', lanes: ['a'] }), aMessage({ id: '2', text: '2', lanes: ['a'], source: 'west' }), aMessage({ id: '3', text: '3', lanes: ['b'] })])
  const applier = await anApplier(t, store, appendText, { paused: () => paused })
  await applier.drain()
  t.equal(await effectsOf(store), '', 'everything waits')
  Object.assign(paused, { all: false, sources: ['east'], revision: 2 })
  applier.notify()
  await applier.drain()
  t.equal(await effectsOf(store), '2', 'the other source goes on')
  Object.assign(paused, { sources: [], revision: 3 })
  applier.notify()
  await applier.drain()
  t.equal(await effectsOf(store), '2 1 3', 'and goes on where it stood')
})

t.test('an outage of the store', async (t) => {
  t.test('counts no attempt, and everything is applied when it is back', async (t) => {
    const store = await freshStore(t)
    await receive(store, [aMessage({ id: '1', text: '1' }), aMessage({ id: '2', text: '2' })])
    let outages = 3
    const applier = await anApplier(t, store, async (stores, message) => {
      if (outages > 0) {
        outages -= 1
        throw new DomainError('STORE_UNAVAILABLE', 'The database does not answer.')
      }
      return appendText(stores, message)
    })
    await applier.drain()
    t.equal(await effectsOf(store), '1 2')
    t.strictSame(await stateOf(store, ['1', '2']), [['1', 'applied', 0, null], ['2', 'applied', 0, null]])
  })

  t.test('a write conflict of one message does not hold up the others', async (t) => {
    const store = await freshStore(t)
    await receive(store, [aMessage({ id: '1', text: '1', lanes: ['a'] }), aMessage({ id: '2', text: '2', lanes: ['b'] })])
    let conflicts = 2
    const applier = await anApplier(t, store, async (stores, message) => {
      if (textOf(message) === '1' && conflicts > 0) {
        conflicts -= 1
        throw new DomainError('STORE_WRITE_CONFLICT', 'Somebody wrote first.')
      }
      return appendText(stores, message)
    })
    await applier.drain()
    t.equal(await effectsOf(store), '2 1')
    t.strictSame(await stateOf(store, ['1']), [['1', 'applied', 0, null]])
  })
})

t.test('a node that is killed between two batches → the next one goes on where it stood', async (t) => {
  const store = await freshStore(t)
  await receive(store, Array.from({ length: 50 }, (_, place) => aMessage({ id: `m${place}`, text: `m${place}`, lanes: [`p${place % 3}`] })))
  // The first node's process dies after two batches: its lease is never given back and runs out.
  let batches = 0
  const first = inboxApplier({
    inReading: store.inReading,
    apply: (batch) => ++batches > 2
      ? new Promise(() => undefined)
      : applyMessages({ inTransaction: store.inTransaction, apply: appendText, clock: wallClock, wallClock, random: () => 0 }, batch),
    lease: leaseHolder({ inTransaction: store.inTransaction, name: 'inbox', holder: 'first', wallClock, leaseMs: 300 }),
    wallClock,
    maxBatch: 8
  })
  while (batches < 3) await new Promise((resolve) => setImmediate(resolve))
  void first.stop()
  const second = await anApplier(t, store, appendText, { holder: 'second' })
  t.equal((await effectsOf(store)).split(' ').length, 16)
  await second.drain()
  const effects = (await effectsOf(store)).split(' ')
  t.strictSame([...effects].sort(), Array.from({ length: 50 }, (_, place) => `m${place}`).sort(), 'each once')
  for (const lane of [0, 1, 2]) {
    const inLane = effects.map((text) => Number(text.slice(1))).filter((place) => place % 3 === lane)
    t.strictSame(inLane, [...inLane].sort((one, other) => one - other), `lane ${lane} in order`)
  }
})

t.test('two nodes → only one applies, and the other takes over when it stops', async (t) => {
  const store = await freshStore(t)
  const one = await anApplier(t, store, appendText, { holder: 'one' })
  await one.drain()
  const other = await anApplier(t, store, appendText, { holder: 'other' })
  await receive(store, [aMessage({ id: '1', text: '1' })])
  await other.drain()
  t.strictSame([await effectsOf(store), one.state().isLeader, other.state().isLeader], ['1', true, false])
  await one.stop()
  await receive(store, [aMessage({ id: '2', text: '2' })])
  await other.drain()
  t.strictSame([await effectsOf(store), other.state().isLeader], ['1 2', true])
})

t.test('batches in parallel keep every lane in order', async (t) => {
  const store = await freshStore(t)
  await receive(store, Array.from({ length: 200 }, (_, place) => aMessage({ id: `m${place}`, text: String(place), lanes: [`p${place % 7}`, ...place % 10 === 0 ? [`p${place % 3}`] : []] })))
  const order: number[] = []
  let now = 0
  let most = 0
  const applier = await anApplier(t, store, async ({ settings }, message) => {
    most = Math.max(most, now += 1)
    await settings.get('something')
    order.push(Number(textOf(message)))
    now -= 1
    return applied
  }, { parallel: 4, maxBatch: 8 })
  await applier.drain()
  t.equal(order.length, 200)
  t.equal(most > 1, store.dialect === 'postgres', 'only where the database has more than one writer')
  for (let lane = 0; lane < 7; lane += 1) {
    const inLane = order.filter((place) => place % 7 === lane || (place % 10 === 0 && place % 3 === lane))
    t.strictSame(inLane, [...inLane].sort((one, other) => one - other), `lane ${lane}`)
  }
})

t.test('a sender that waits for the outcome', async (t) => {
  const store = await freshStore(t)
  const waiting = outcomes({ inReading: store.inReading, pollMs: 10 })
  t.teardown(waiting.close)
  const receiver = groupReceiver({ inTransaction: store.inTransaction })
  const applier = await anApplier(t, store, async (stores, message) => {
    if (textOf(message) === 'bad') throw new DomainError('MAPPING_CODE_UNKNOWN', 'PV1-2 has a code that no table knows.', 'PV1-2')
    if (textOf(message) === 'odd') throw new Error('surprise')
    return appendText(stores, message)
  }, { on: { settled: waiting.settled } })

  await t.test('hears that it is applied, also when it asks afterwards', async (t) => {
    await receiver.receive(aMessage({ id: '1', text: '1' }))
    t.strictSame(await waiting.awaitOutcome('1', 5_000), { kind: 'applied' })
    t.strictSame(await waiting.awaitOutcome('1', 5_000), { kind: 'applied' })
  })
  await t.test('hears why it is parked', async (t) => {
    await receiver.receive(aMessage({ id: '2', text: 'bad' }))
    t.strictSame(await waiting.awaitOutcome('2', 5_000),
      { kind: 'parked', failure: { code: 'MAPPING_CODE_UNKNOWN', detail: 'PV1-2 has a code that no table knows.', place: 'PV1-2' }, errorKind: 'invalid' })
  })
  await t.test('hears that it is still queued when its time runs out', async (t) => {
    await receiver.receive(aMessage({ id: '3', text: 'odd' }))
    t.strictSame(await waiting.awaitOutcome('3', 30), { kind: 'pending' })
  })
  await applier.stop()
  await t.test('hears what another node did with it', async (t) => {
    await receiver.receive(aMessage({ id: '4', text: '4', lanes: ['z'] }))
    const outcome = waiting.awaitOutcome('4', 5_000)
    const other = await anApplier(t, store, appendText, { holder: 'another node' })
    await other.drain()
    t.strictSame(await outcome, { kind: 'applied' })
  })
})

t.test('a clock that is set back by an hour → does not hold up what the store got in the way of', async (t) => {
  const store = await freshStore(t)
  const time = { back: 0 }
  const jumping = { now: () => new Date(Date.now() - time.back) }
  let tries = 0
  const applier = await anApplier(t, store, appendText, {
    wallClock: jumping, pollMs: 5,
    apply: async (batch) => tries++ === 0
      ? batch.map(({ id }) => ({ id, kind: 'again' }))
      : applyMessages({ inTransaction: store.inTransaction, apply: appendText, clock: jumping, wallClock: jumping, random: () => 0 }, batch),
    on: { settled: () => { time.back = 3_600_000 } }
  })
  await receive(store, [aMessage({ id: '1', text: '1' })])
  applier.notify()
  while (time.back === 0) await new Promise((resolve) => setImmediate(resolve))
  await applier.drain()
  t.equal(await effectsOf(store), '1')
})

t.test('a lease whose holder\'s clock is set back → is asked for anew, since others may have taken it by theirs', async (t) => {
  const store = await freshStore(t)
  const time = { now: new Date('2026-03-02T02:00:00Z') }
  const leaseOf = (holder: string, now: () => Date) => leaseHolder({ inTransaction: store.inTransaction, name: 'inbox', holder, wallClock: { now } })
  const mine = leaseOf('mine', () => time.now)
  t.equal(await mine.hold(), true)
  time.now = new Date('2026-03-02T01:00:00Z')
  t.equal(await leaseOf('other', () => new Date('2026-03-02T02:00:16Z')).hold(), true)
  t.equal(await mine.hold(), false)
})

t.test('what a paused source piles up → is passed over once, and applied when the source goes on', async (t) => {
  const store = await freshStore(t)
  const paused = { all: false, sources: ['held'], revision: 1 }
  const asked: number[] = []
  const applier = await anApplier(t, store, appendText, {
    paused: () => paused,
    inReading: (work) => store.inReading((stores) => work({ inbox: { ...stores.inbox, queued: (after, ...rest) => { asked.push(after); return stores.inbox.queued(after, ...rest) } } }))
  })
  await receive(store, ['1', '2', '3'].map((text) => aMessage({ id: text, text, source: 'held' })))
  await applier.drain()
  await receive(store, [aMessage({ id: '4', text: '4', source: 'held' }), aMessage({ id: '5', text: '5' })])
  await applier.drain()
  await applier.drain()
  t.strictSame([await effectsOf(store), asked.at(-1)], ['5', 5])
  Object.assign(paused, { sources: [], revision: 2 })
  await applier.drain()
  t.equal(await effectsOf(store), '5 1 2 3 4')
})
