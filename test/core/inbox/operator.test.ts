import { createHash } from 'node:crypto'
import t from 'tap'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { applyMessages, asItCame, fixMessage, pruneInbox, replayMessages, skipMessage, tryReplay, type ApplyMessage, type DescribeMessage, type MessageFilter, type RecordChanges } from '../../../core/inbox/index.ts'
import { aMessage, wallClock } from '../../adapters/queue/fixtures.ts'
import { freshStore } from '../../fixtures/store.ts'

const clock = { now: () => new Date('2026-03-03T09:00:00.000Z') }
const bytes = (text: string): Uint8Array => Buffer.from(text)

/** A message reads `<patient> <what>`; a question mark cannot be read. */
const describe: DescribeMessage = ({ raw }) => {
  const text = Buffer.from(raw).toString()
  return {
    contentHash: createHash('sha256').update(raw).digest('hex'),
    controlId: 'c1',
    type: 'ADT',
    trigger: 'A08',
    sentAt: null,
    charset: 'utf8',
    lanes: [text.split(' ')[0] ?? ''],
    parked: text.includes('?') ? { code: 'MESSAGE_UNDECODABLE', detail: 'Bytes are not of the character set.', place: 'MSH-18' } : null
  }
}

/** Its effect: what is said of the patient; 'bad' is refused. The same again changes nothing. */
const apply: ApplyMessage<Stores> = async ({ settings }, { raw }) => {
  const [patient = '', what = ''] = Buffer.from(raw).toString().split(' ')
  if (what === 'bad') throw new DomainError('MAPPING_CODE_UNKNOWN', 'No table knows the code.', 'PID-8')
  if (await settings.get(patient) !== what) await settings.set(patient, what)
  return { mappingVersion: 'v1', produced: [`Patient/${patient}`], notes: [] }
}

function anInbox (store: Store): { readonly ids: { readonly next: () => string }, readonly applyAll: () => Promise<void>, readonly list: (filter?: MessageFilter) => Promise<unknown> } {
  let last = 0
  return {
    ids: { next: () => `new${last += 1}` },
    applyAll: async () => {
      const queued = await store.inReading(({ inbox }) => inbox.queued(0, 1000))
      await applyMessages({ inTransaction: store.inTransaction, apply, clock, wallClock, random: () => 0 }, queued)
    },
    list: async (filter = {}) => (await store.inReading(({ inbox }) => inbox.list(filter, { limit: 100, before: null })))
      .map(({ id, status, replayOf, lanes }) => [id, status, replayOf, lanes.join()]).reverse()
  }
}

async function aDay (t: Parameters<typeof freshStore>[0]): Promise<ReturnType<typeof anInbox> & { readonly store: Store, readonly deps: Parameters<typeof replayMessages>[0] }> {
  const store = await freshStore(t)
  const inbox = anInbox(store)
  await store.inTransaction((stores) => stores.inbox.receive([
    aMessage({ id: 'm1', text: 'p1 one', lanes: ['p1'], dedupeKey: 'k1' }),
    aMessage({ id: 'm2', text: 'p2 bad', lanes: ['p2'], dedupeKey: 'k2' }),
    aMessage({ id: 'm3', text: 'p4 ?', lanes: [], dedupeKey: null, parked: { code: 'MESSAGE_UNDECODABLE', detail: 'Bytes.', place: null } }),
    aMessage({ id: 'm4', text: 'p1 other', lanes: ['p1'], dedupeKey: 'k1' })
  ]))
  await inbox.applyAll()
  return { ...inbox, store, deps: { inTransaction: store.inTransaction, inReading: store.inReading, clock, ids: inbox.ids, describe, notify: () => undefined } }
}

t.test('skipping a dead letter', async (t) => {
  const { deps, list } = await aDay(t)
  await skipMessage(deps, { id: 'm2', actor: 'ops', reason: 'a test patient' })
  await skipMessage(deps, { id: 'm2', actor: 'ops', reason: 'a test patient' })
  t.strictSame(await list({ ids: ['m2'] }), [['m2', 'skipped', null, 'p2']])
  await t.rejects(skipMessage(deps, { id: 'm1', actor: 'ops', reason: '' }), { code: 'MESSAGE_NOT_REPAIRABLE' }, 'an applied message is no dead letter')
  await t.rejects(skipMessage(deps, { id: 'none', actor: 'ops', reason: '' }), { code: 'MESSAGE_NOT_FOUND' })
})

t.test('fixing a dead letter', async (t) => {
  const { deps, list, applyAll, store } = await aDay(t)
  const fix = { id: 'm2', raw: bytes('p2 good'), actor: 'ops', reason: 'wrong code' }

  await t.test('makes a new message that is applied, and closes the original', async (t) => {
    t.strictSame(await fixMessage(deps, fix), { id: 'new1' })
    await applyAll()
    t.strictSame(await list({ lane: 'p2' }), [['m2', 'skipped', null, 'p2'], ['new1', 'applied', 'm2', 'p2']])
    t.equal(await store.inReading(({ settings }) => settings.get('p2')), 'good')
  })
  await t.test('a second time with the same bytes is the same fix; with others it is refused', async (t) => {
    t.strictSame(await fixMessage(deps, fix), { id: 'new1' })
    await t.rejects(fixMessage(deps, { ...fix, raw: bytes('p2 better') }), { code: 'MESSAGE_NOT_REPAIRABLE' })
    t.strictSame(await list({ lane: 'p2' }), [['m2', 'skipped', null, 'p2'], ['new1', 'applied', 'm2', 'p2']])
  })
  await t.test('is refused while the bytes still cannot be read', async (t) => {
    await t.rejects(fixMessage(deps, { ...fix, id: 'm3', raw: bytes('p4 ??') }), { code: 'MESSAGE_MALFORMED', place: 'MSH-18' })
    await t.rejects(fixMessage(deps, { ...fix, id: 'none' }), { code: 'MESSAGE_NOT_FOUND' })
  })
})

t.test('a replay', async (t) => {
  await t.test('of everything goes in the order of arrival, is linked to the originals and closes the dead ones', async (t) => {
    const { deps, list } = await aDay(t)
    const replayed = await replayMessages(deps, { filter: { source: 'east' }, requestId: 'r1', actor: 'ops' })
    t.strictSame(replayed, ['m1', 'm2', 'm3', 'm4'].map((original, place) => ({ original, id: `new${place + 1}` })))
    t.strictSame(await list(), [
      ['m1', 'applied', null, 'p1'], ['m2', 'skipped', null, 'p2'], ['m3', 'skipped', null, ''], ['m4', 'skipped', null, 'p1'],
      ['new1', 'received', 'm1', 'p1'], ['new2', 'received', 'm2', 'p2'], ['new3', 'dead', 'm3', 'p4'], ['new4', 'received', 'm4', 'p1']
    ], 'm3 still cannot be read, but its lane is known by now')
  })
  await t.test('of the same request twice is one replay, and changes nothing that stands', async (t) => {
    const { deps, list, applyAll, store } = await aDay(t)
    for (let time = 0; time < 2; time += 1) {
      t.strictSame(await replayMessages(deps, { filter: { ids: ['m1'] }, requestId: 'r1', actor: 'ops' }), [{ original: 'm1', id: 'new1' }])
      await applyAll()
    }
    t.strictSame(await list({ lane: 'p1', status: 'applied' }), [['m1', 'applied', null, 'p1'], ['new1', 'applied', 'm1', 'p1']])
    t.equal(await store.inReading(({ settings }) => settings.get('p1')), 'one')
  })
  await t.test('takes an original and its earlier replay once', async (t) => {
    const { deps, applyAll } = await aDay(t)
    await replayMessages(deps, { filter: { producedRecord: 'Patient/p1' }, requestId: 'r1', actor: 'ops' })
    await applyAll()
    t.match(await replayMessages(deps, { filter: { producedRecord: 'Patient/p1' }, requestId: 'r2', actor: 'ops' }), [{ original: 'm1' }])
  })
  await t.test('leaves out what cannot be replayed and goes on; of such messages alone it is refused', async (t) => {
    const { deps } = await aDay(t)
    const gone: DescribeMessage = (message) => {
      if (Buffer.from(message.raw).toString().startsWith('p2')) throw new DomainError('MESSAGE_NOT_REPAIRABLE', 'Its source is gone.')
      return describe(message)
    }
    t.match(await replayMessages({ ...deps, describe: gone }, { filter: { source: 'east' }, requestId: 'r1', actor: 'ops' }), [{ original: 'm1' }, { original: 'm3' }, { original: 'm4' }])
    await t.rejects(replayMessages({ ...deps, describe: gone }, { filter: { ids: ['m2'] }, requestId: 'r2', actor: 'ops' }), { code: 'MESSAGE_NOT_REPAIRABLE' })
  })
  await t.test('of what tells no time of its own is as old as the original, also a replay of a replay', async (t) => {
    const { deps, store } = await aDay(t)
    await store.inTransaction(({ inbox }) => inbox.receive([aMessage({ id: 'row', text: 'p9 row', lanes: ['p9'], sentAt: null, receivedAt: new Date('2026-03-02T05:00:00Z'), parked: { code: 'X', detail: '', place: null } })]))
    const [first] = await replayMessages(deps, { filter: { ids: ['row'] }, requestId: 'r1', actor: 'ops' })
    await store.inTransaction(({ inbox }) => inbox.markDead(first?.id ?? '', { attempts: 1, failure: { code: 'X', detail: '', place: null } }))
    const [second] = await replayMessages(deps, { filter: { ids: [first?.id ?? ''] }, requestId: 'r2', actor: 'ops' })
    const kept = await store.inReading(({ inbox }) => inbox.load(['row', first?.id ?? '', second?.id ?? '']))
    t.strictSame(kept.map((message) => asItCame(message).receivedAt.toISOString()), Array.from({ length: 3 }, () => '2026-03-02T05:00:00.000Z'))
  })
  await t.test('of unknown or skipped messages is refused, of an empty range is nothing', async (t) => {
    const { deps } = await aDay(t)
    await skipMessage(deps, { id: 'm2', actor: 'ops', reason: '' })
    await t.rejects(replayMessages(deps, { filter: { ids: ['m2', 'none'] }, requestId: 'r', actor: 'ops' }), { code: 'MESSAGE_NOT_FOUND' })
    t.strictSame(await replayMessages(deps, { filter: { receivedFrom: new Date('2026-03-02T01:00:00Z') }, requestId: 'r', actor: 'ops' }), [])
  })
})

t.test('the dry run of a replay tells what would change and writes nothing', async (t) => {
  const { store, list } = await aDay(t)
  const before = await list()
  const recordChanges: RecordChanges<Stores, string> = (stores) => {
    const changes: string[] = []
    const set = (name: string, value: string): Promise<void> => {
      changes.push(`${name} = ${value}`)
      return stores.settings.set(name, value)
    }
    return { stores: { ...stores, settings: { ...stores.settings, set } }, changes: () => changes }
  }
  t.strictSame(await tryReplay({ inTransaction: store.inTransaction, inReading: store.inReading, apply, recordChanges }, { ids: ['m1', 'm2', 'm4'] }), [
    { original: 'm1', produced: ['Patient/p1'], notes: [], changes: [], failure: null },
    { original: 'm2', produced: [], notes: [], changes: [], failure: { code: 'MAPPING_CODE_UNKNOWN', detail: 'No table knows the code.', place: 'PID-8' } },
    { original: 'm4', produced: ['Patient/p1'], notes: [], changes: ['p1 = other'], failure: null }
  ])
  t.strictSame(await list(), before)
  t.equal(await store.inReading(({ settings }) => settings.get('p1')), 'one')
})

t.test('pruning takes settled messages of the time before and leaves those that somebody must look at', async (t) => {
  const { store, list } = await aDay(t)
  t.equal(await pruneInbox(store.inTransaction, new Date('2026-03-02T00:00:01.000Z')), 0, 'none is old enough')
  t.equal(await pruneInbox(store.inTransaction, new Date('2026-03-02T00:00:02.000Z')), 1)
  t.strictSame(await list(), [['m2', 'dead', null, 'p2'], ['m3', 'dead', null, ''], ['m4', 'conflict', null, 'p1']])
})
