import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import type { Failure, NewMessage } from '../../core/inbox/index.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const failure: Failure = { code: 'MAPPING_CODE_UNKNOWN', detail: 'The table has no row for the code.', place: 'PID-8' }
const settled = { at: new Date('2026-03-02T01:00:01Z'), mappingVersion: 'v1', produced: ['Patient/p1', 'Encounter/e1'], notes: ['ZPI: no table'] }

function aMessage (id: string, given: Partial<NewMessage> & { readonly text?: string } = {}): NewMessage {
  const { text = `MSH|^~\\&|${id}`, ...rest } = given
  return {
    id,
    source: 'east',
    hospitalId: 'east',
    format: 'hl7v2',
    raw: Buffer.from(text),
    contentHash: hash(text),
    dedupeKey: `key-${id}`,
    controlId: `control-${id}`,
    type: 'ADT',
    trigger: 'A04',
    sentAt: new Date('2026-03-02T00:59:59Z'),
    charset: 'gb18030',
    lanes: ['east|MR|1'],
    receivedAt: new Date('2026-03-02T01:00:00Z'),
    parked: null,
    ack: Buffer.from(`ACK ${id}`),
    replayOf: null,
    ...rest
  }
}

const ofAck = ({ kind, id, ack }: { readonly kind: string, readonly id: string, readonly ack: Uint8Array }): string => `${kind} ${id} ${Buffer.from(ack).toString()}`

function withoutBytes (message: NewMessage): Omit<NewMessage, 'raw' | 'ack'> {
  return Object.fromEntries(Object.entries(message).filter(([name]) => name !== 'raw' && name !== 'ack')) as unknown as Omit<NewMessage, 'raw' | 'ack'>
}

export function inboxStoreContract (t: Test, open: OpenStore): void {
  t.test('a group of messages', async (t) => {
    t.test('→ comes back byte for byte, in the order asked for', async (t) => {
      const { inTransaction } = await open(t)
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      const first = aMessage('m1', { raw: Buffer.from(bytes), lanes: ['east|MR|1', 'east|MR|2'], replayOf: 'm0' })
      const second = aMessage('m2', { dedupeKey: null, controlId: null, type: null, trigger: null, sentAt: null, lanes: [], parked: failure })
      const receipts = await inTransaction(({ inbox }) => inbox.receive([first, second]))
      t.strictSame(receipts.map(ofAck), ['stored m1 ACK m1', 'stored m2 ACK m2'])
      const [one, two] = receipts
      t.ok(one !== undefined && two !== undefined && one.sequence < two.sequence)
      const blank = { attempts: 0, nextAt: null, appliedAt: null, mappingVersion: null, produced: [], notes: [], skipped: null }
      t.strictSame(await inTransaction(({ inbox }) => inbox.load(['m2', 'nobody', 'm1'])), [
        { ...second, ...blank, sequence: two?.sequence, status: 'dead', failure },
        { ...first, ...blank, sequence: one?.sequence, status: 'received', failure: null }])
    })

    t.test('with a resend, a conflict and a conflict sent again, in the group and later → is told apart', async (t) => {
      const { inTransaction } = await open(t)
      const first = await inTransaction(({ inbox }) => inbox.receive([
        aMessage('m1', { dedupeKey: 'k', text: 'one' }),
        aMessage('m2', { dedupeKey: 'k', text: 'one' }),
        aMessage('m3', { dedupeKey: 'k', text: 'two' }),
        aMessage('m4', { dedupeKey: 'k', text: 'two' }),
        aMessage('m5', { dedupeKey: 'k', text: 'one', source: 'west' })]))
      t.strictSame(first.map(ofAck), ['stored m1 ACK m1', 'duplicate m1 ACK m1', 'conflict m3 ACK m3', 'conflict m3 ACK m3', 'stored m5 ACK m5'])
      const later = await inTransaction(({ inbox }) => inbox.receive([
        aMessage('m6', { dedupeKey: 'k', text: 'one' }), aMessage('m7', { dedupeKey: 'k', text: 'two' }), aMessage('m8', { dedupeKey: 'k', text: 'three' })]))
      t.strictSame(later.map(ofAck), ['duplicate m1 ACK m1', 'conflict m3 ACK m3', 'conflict m8 ACK m8'])
      const conflicts = await inTransaction(({ inbox }) => inbox.list({ status: 'conflict' }, { limit: 10, before: null }))
      t.strictSame(conflicts.map(({ id, dedupeKey }) => ({ id, dedupeKey })), [{ id: 'm8', dedupeKey: null }, { id: 'm3', dedupeKey: null }])
    })

    t.test('sent over two connections at once, in either order → is stored once', async (t) => {
      const { inTransaction } = await open(t)
      const group = (prefix: string): NewMessage[] => Array.from({ length: 20 }, (_, place) => aMessage(`${prefix}${place}`, { dedupeKey: `k${place}`, text: `text ${place}` }))
      const receipts = (await Promise.all([group('a'), group('b').reverse(), group('c'), group('d').reverse()]
        .map((messages) => inTransaction(({ inbox }) => inbox.receive(messages))))).flat()
      t.equal(receipts.filter(({ kind }) => kind === 'stored').length, 20)
      t.equal(receipts.filter(({ kind }) => kind === 'duplicate').length, 60)
      t.equal(new Set(receipts.map(({ id }) => id)).size, 20)
    })
  })

  t.test('the queue', async (t) => {
    t.test('→ shows what waits, in order of arrival, after a place', async (t) => {
      const { inTransaction } = await open(t)
      const receipts = await inTransaction(({ inbox }) => inbox.receive([aMessage('m1'), aMessage('m2', { parked: failure }), aMessage('m3'), aMessage('m4')]))
      const nextAt = new Date('2026-03-02T01:05:00Z')
      await inTransaction(async ({ inbox }) => {
        await inbox.markApplied('m1', settled)
        await inbox.markRetry('m3', { attempts: 2, nextAt, failure })
        t.strictSame(await inbox.queued(0, 10), [
          { id: 'm3', sequence: receipts[2]?.sequence, lanes: ['east|MR|1'], attempts: 2, nextAt },
          { id: 'm4', sequence: receipts[3]?.sequence, lanes: ['east|MR|1'], attempts: 0, nextAt: null }])
        t.strictSame((await inbox.queued(0, 1)).map(({ id }) => id), ['m3'])
        t.strictSame([(await inbox.queued(0, 9, ['east'])).length, (await inbox.queued(0, 9, ['west'])).map(({ id }) => id)], [0, ['m3', 'm4']], 'without what came by a paused source')
        t.equal(await inbox.newest(), (await inbox.queued(0, 9)).at(-1)?.sequence)
        t.strictSame((await inbox.queued(receipts[2]?.sequence ?? 0, 10)).map(({ id }) => id), ['m4'])
      })
    })

    t.test('read on from its newest place while many write → misses none', async (t) => {
      const { inTransaction, inReading } = await open(t)
      const seen: string[] = []
      let after = 0
      const readOn = async (): Promise<void> => {
        const queued = await inReading(({ inbox }) => inbox.queued(after, 1000))
        seen.push(...queued.map(({ id }) => id))
        after = queued.at(-1)?.sequence ?? after
      }
      const groups = Array.from({ length: 24 }, (_, group) => Array.from({ length: 5 }, (_, place) => aMessage(`g${group}-${place}`)))
      await Promise.all(groups.map(async (messages) => { await inTransaction(({ inbox }) => inbox.receive(messages)); await readOn() }))
      await readOn()
      t.strictSame([...new Set(seen)].length, 120)
    })
  })

  t.test('a waiting message', async (t) => {
    t.test('marked applied → keeps what it made, and is found by it', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(({ inbox }) => inbox.receive([aMessage('m1'), aMessage('m2')]))
      await inTransaction(async ({ inbox }) => {
        await inbox.markRetry('m1', { attempts: 1, nextAt: new Date(0), failure })
        await inbox.markApplied('m1', settled)
      })
      const [summary] = await inTransaction(({ inbox }) => inbox.list({ producedRecord: 'Encounter/e1' }, { limit: 10, before: null }))
      t.strictSame(summary, { ...withoutBytes(aMessage('m1')), sequence: summary?.sequence, status: 'applied', attempts: 1, nextAt: null, failure: null, appliedAt: settled.at, mappingVersion: 'v1', produced: settled.produced, notes: settled.notes, skipped: null })
    })

    t.test('marked applied by two nodes at once → is applied by one', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(({ inbox }) => inbox.receive([aMessage('m1')]))
      const outcomes = await Promise.allSettled([1, 2].map(() => inTransaction(({ inbox }) => inbox.markApplied('m1', settled))))
      t.strictSame(refusals(outcomes), ['STORE_WRITE_CONFLICT'])
    })

    t.test('that is settled → is not marked again', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(({ inbox }) => inbox.receive([aMessage('m1'), aMessage('m2')]))
      await inTransaction(async ({ inbox }) => { await inbox.markApplied('m1', settled); await inbox.markDead('m2', { attempts: 5, failure }) })
      for (const id of ['m1', 'm2', 'nobody']) {
        await t.rejects(inTransaction(({ inbox }) => inbox.markApplied(id, settled)), { code: 'STORE_WRITE_CONFLICT' })
        await t.rejects(inTransaction(({ inbox }) => inbox.markDead(id, { attempts: 5, failure })), { code: 'STORE_WRITE_CONFLICT' })
        await t.rejects(inTransaction(({ inbox }) => inbox.markRetry(id, { attempts: 1, nextAt: new Date(0), failure })), { code: 'STORE_WRITE_CONFLICT' })
      }
    })
  })

  t.test('a parked message', async (t) => {
    t.test('→ can be skipped once, an applied one never', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(({ inbox }) => inbox.receive([aMessage('m1', { parked: failure }), aMessage('m2'), aMessage('m3', { dedupeKey: 'key-m2', text: 'other' })]))
      const by = { at: new Date('2026-03-03T00:00:00Z'), actor: 'token-1', reason: 'a test message' }
      await inTransaction(async ({ inbox }) => {
        t.strictSame([await inbox.markSkipped('m1', by), await inbox.markSkipped('m1', by), await inbox.markSkipped('m2', by), await inbox.markSkipped('m3', by)], [true, false, false, true])
      })
    })

    t.test('→ is counted by its reason and source', async (t) => {
      const { inTransaction } = await open(t)
      const late = new Date('2026-03-02T02:00:00Z')
      await inTransaction(({ inbox }) => inbox.receive([aMessage('m1', { parked: failure }), aMessage('m2', { parked: failure, receivedAt: late }),
        aMessage('m3', { parked: { ...failure, code: 'MESSAGE_MALFORMED' } }), aMessage('m4', { parked: failure, source: 'west' }), aMessage('m5')]))
      await inTransaction(async ({ inbox }) => {
        t.strictSame(await inbox.deadLetterGroups(), [
          { code: 'MAPPING_CODE_UNKNOWN', source: 'east', count: 2, oldestAt: new Date('2026-03-02T01:00:00Z'), sampleId: 'm2' },
          { code: 'MAPPING_CODE_UNKNOWN', source: 'west', count: 1, oldestAt: new Date('2026-03-02T01:00:00Z'), sampleId: 'm4' },
          { code: 'MESSAGE_MALFORMED', source: 'east', count: 1, oldestAt: new Date('2026-03-02T01:00:00Z'), sampleId: 'm3' }])
        t.strictSame(await inbox.statistics(), {
          bySource: [
            { source: 'east', status: 'dead', count: 3, lastReceivedAt: late },
            { source: 'east', status: 'received', count: 1, lastReceivedAt: new Date('2026-03-02T01:00:00Z') },
            { source: 'west', status: 'dead', count: 1, lastReceivedAt: new Date('2026-03-02T01:00:00Z') }],
          oldestQueuedAt: new Date('2026-03-02T01:00:00Z'),
          prunedByDay: []
        })
      })
    })
  })

  t.test('the list → is narrowed by every part of the filter, newest first, page by page', async (t) => {
    const { inTransaction } = await open(t)
    const receipts = await inTransaction(({ inbox }) => inbox.receive([
      aMessage('m1'), aMessage('m2', { source: 'west', lanes: ['west|MR|9'] }), aMessage('m3', { type: 'DFT', trigger: 'P03' }),
      aMessage('m4', { lanes: ['east|MR|2', 'east|MR|1'], trigger: 'A40', receivedAt: new Date('2026-03-04T00:00:00Z') }), aMessage('m5', { parked: failure })]))
    const found = (filter: Parameters<Parameters<Parameters<typeof inTransaction>[0]>[0]['inbox']['list']>[0], page = { limit: 10, before: null as number | null }): Promise<string> =>
      inTransaction(async ({ inbox }) => (await inbox.list(filter, page)).map(({ id }) => id).join(' '))
    t.strictSame(await Promise.all([
      found({}), found({ source: 'west' }), found({ type: 'DFT' }), found({ trigger: 'A40' }), found({ status: 'dead' }), found({ failureCode: failure.code }),
      found({ lane: 'east|MR|1' }), found({ ids: ['m1', 'm5', 'nobody'] }), found({ ids: [] }), found({ receivedFrom: new Date('2026-03-03T00:00:00Z') }),
      found({ receivedTo: new Date('2026-03-03T00:00:00Z') }), found({ source: 'east', lane: 'east|MR|2' }), found({}, { limit: 2, before: receipts[3]?.sequence ?? 0 })
    ]), ['m5 m4 m3 m2 m1', 'm2', 'm3', 'm4', 'm5', 'm5', 'm5 m4 m3 m1', 'm5 m1', '', 'm4', 'm5 m3 m2 m1', 'm4', 'm3 m2'])
  })

  t.test('content that is dropped → only of what is settled; acknowledgement and key stay, so a resend is known', async (t) => {
    const { inTransaction } = await open(t)
    const messages = [aMessage('m1'), aMessage('m2'), aMessage('m3', { parked: failure })]
    await inTransaction(async ({ inbox }) => {
      await inbox.receive(messages)
      await inbox.markApplied('m1', settled)
    })
    t.equal(await inTransaction(({ inbox }) => inbox.dropContent(['m1', 'm2', 'm3'])), 1)
    t.equal(await inTransaction(({ inbox }) => inbox.dropContent(['m1'])), 0)
    await inTransaction(async ({ inbox }) => {
      t.strictSame((await inbox.load(['m1', 'm2', 'm3'])).map(({ id, raw, ack }) => `${id} ${raw.length > 0 ? 'whole' : 'empty'} ${Buffer.from(ack).toString()}`), ['m1 empty ACK m1', 'm2 whole ACK m2', 'm3 whole ACK m3'])
      t.strictSame((await inbox.receive([aMessage('m1')])).map(ofAck), ['duplicate m1 ACK m1'])
    })
  })

  t.test('pruning → takes settled messages of the past, bit by bit, and keeps their counts', async (t) => {
    const { inTransaction } = await open(t)
    const old = new Date('2026-01-31T23:59:59.999Z')
    await inTransaction(async ({ inbox }) => {
      await inbox.receive([aMessage('m1', { receivedAt: old, lanes: ['l1', 'l2'] }), aMessage('m2', { receivedAt: old }), aMessage('m3', { receivedAt: old, parked: failure, type: null }),
        aMessage('m4', { receivedAt: old }), aMessage('m5'), aMessage('m6', { receivedAt: old, parked: failure })])
      for (const id of ['m1', 'm2', 'm5']) await inbox.markApplied(id, settled)
      await inbox.markSkipped('m3', { at: old, actor: 'token-1', reason: 'unreadable' })
    })
    const before = new Date('2026-02-01T00:00:00Z')
    t.strictSame([await inTransaction(({ inbox }) => inbox.prune(before, 2)), await inTransaction(({ inbox }) => inbox.prune(before, 2)), await inTransaction(({ inbox }) => inbox.prune(before, 2))], [2, 1, 0])
    await inTransaction(async ({ inbox }) => {
      t.strictSame((await inbox.list({}, { limit: 10, before: null })).map(({ id }) => id), ['m6', 'm5', 'm4'])
      t.strictSame((await inbox.list({ producedRecord: 'Patient/p1' }, { limit: 10, before: null })).map(({ id }) => id), ['m5'])
      t.strictSame((await inbox.statistics()).prunedByDay, [
        { day: '2026-01-31', source: 'east', type: 'ADT', status: 'applied', count: 2 },
        { day: '2026-01-31', source: 'east', type: 'unknown', status: 'skipped', count: 1 }])
    })
    const [receipt] = await inTransaction(({ inbox }) => inbox.receive([aMessage('m7')]))
    const [newest] = await inTransaction(({ inbox }) => inbox.list({}, { limit: 1, before: null }))
    t.equal(newest?.sequence, receipt?.sequence, 'sequences go on growing')
  })
}
