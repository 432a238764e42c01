import type { Test } from 'tap'
import type { Stores } from '../../adapters/store/index.ts'
import type { Composed, NewOutbound } from '../../core/outbound/index.ts'
import type { OpenStore } from './store-under-test.ts'

const at = (time: string): Date => new Date(`2026-03-02T${time}Z`)

function aTelling (id: string, given: Partial<NewOutbound> = {}): NewOutbound {
  return { id, destination: 'east-his', message: 'ADT^A31', record: { type: 'Patient', id: 'p1', version: 3 }, patientId: 'p1', createdAt: at('01:00:00'), ...given }
}

async function add ({ outbox, outbound }: Pick<Stores, 'outbox' | 'outbound'>, ...messages: readonly NewOutbound[]): Promise<void> {
  for (const message of messages) {
    await outbox.add({ id: message.id, kind: `destination:${message.destination}`, key: `key-${message.id}`, payload: {}, createdAt: message.createdAt })
    await outbound.add(message)
  }
}

const composed: Composed = { controlId: 'C1', content: Buffer.from('MSH|王'), charset: 'utf8', composedAt: at('01:00:01'), notes: ['PID-11 left out'] }
const plain = { code: null, by: null, reason: null, times: 1 }

export function outboundStoreContract (t: Test, open: OpenStore): void {
  t.test('a message → keeps its first text for ever, and takes its state from the outbox', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async (stores) => {
      const { outbound, outbox } = stores
      await add(stores, aTelling('1'))
      t.strictSame(await outbound.find('1'), {
        ...aTelling('1'), sequence: 1, state: 'waiting', attempts: 0, nextAt: null, failure: null, controlId: null, composedAt: null, answeredAt: null, answerCode: null, revision: 0, composed: null, answer: null,
        events: [{ ...plain, at: at('01:00:00'), what: 'written' }]
      })
      t.strictSame(await outbound.keep('1', composed), composed)
      t.strictSame(await outbound.keep('1', { ...composed, controlId: 'C2', content: Buffer.from('other') }), composed, 'a second text does not replace it')
      await outbox.markRetry('1', { attempts: 1, nextAt: at('01:00:05'), reason: 'OUTSIDE_FAILED' })
      await outbound.failed('1', { failure: { code: 'OUTSIDE_FAILED', detail: 'It fails.', place: 'PID-3' }, at: at('01:00:02') })
      await outbound.failed('1', { failure: { code: 'OUTSIDE_FAILED', detail: 'It fails.', place: 'PID-3' }, at: at('01:00:03') })
      t.match(await outbound.find('1'), { state: 'waiting', attempts: 1, nextAt: at('01:00:05'), failure: { code: 'OUTSIDE_FAILED', detail: 'It fails.', place: 'PID-3' } })
      await outbound.answered('1', { code: 'AA', verdict: 'accepted', bytes: Buffer.from('MSA|AA|C1'), at: at('01:00:06') })
      await outbox.markDone('1', at('01:00:06'))
      t.strictSame(await outbound.find('1'), {
        ...aTelling('1'), sequence: 1, state: 'sent', attempts: 1, nextAt: null, failure: null, controlId: 'C1', composedAt: at('01:00:01'), answeredAt: at('01:00:06'), answerCode: 'AA', revision: 0, composed,
        answer: { code: 'AA', verdict: 'accepted', bytes: Buffer.from('MSA|AA|C1') },
        events: [
          { ...plain, at: at('01:00:00'), what: 'written' }, { ...plain, at: at('01:00:01'), what: 'composed' },
          { ...plain, at: at('01:00:03'), what: 'failed', code: 'OUTSIDE_FAILED', times: 2 }, { ...plain, at: at('01:00:06'), what: 'answered', code: 'AA' }
        ]
      })
      t.equal(await outbound.find('nobody'), null)
    })
  })

  t.test('a control id → belongs to one message', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async (stores) => { await add(stores, aTelling('1'), aTelling('2')) })
    await inTransaction(({ outbound }) => outbound.keep('1', composed))
    await t.rejects(inTransaction(({ outbound }) => outbound.keep('2', composed)), { code: 'STORE_WRITE_CONFLICT' })
  })

  t.test('a dead message → is skipped or sent again, with its text or anew', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async (stores) => {
      const { outbound, outbox } = stores
      await add(stores, aTelling('1'))
      await outbound.keep('1', composed)
      t.strictSame([await outbox.reopen('1'), await outbox.dismiss('1', at('02:00:00')), await outbox.reopen('nobody')], [false, false, false], 'not while it waits')
      await outbox.markDead('1', { attempts: 4, reason: 'OUTSIDE_DOWN', at: at('02:00:00') })
      t.match(await outbound.find('1'), { state: 'dead', attempts: 4, failure: { code: 'OUTSIDE_DOWN', detail: '' } })
      t.equal(await outbox.dismiss('1', at('02:01:00')), true)
      await outbound.skipped('1', { actor: 'token-1', reason: 'told by telephone', at: at('02:01:00') })
      t.match(await outbound.find('1'), { state: 'skipped', controlId: 'C1' })
      t.equal(await outbox.reopen('1'), true)
      await outbound.again('1', { isAnew: false, actor: 'token-1', at: at('02:02:00') })
      t.match(await outbound.find('1'), { state: 'waiting', attempts: 0, controlId: 'C1', revision: 0, failure: null })
      await outbound.again('1', { isAnew: true, actor: 'token-1', at: at('02:03:00') })
      t.match(await outbound.find('1'), { composed: null, controlId: null, revision: 1 })
      t.strictSame((await outbound.find('1'))?.events.slice(2), [
        { ...plain, at: at('02:01:00'), what: 'skipped', by: 'token-1', reason: 'told by telephone' },
        { ...plain, at: at('02:02:00'), what: 'resent', by: 'token-1' }, { ...plain, at: at('02:03:00'), what: 'composed_anew', by: 'token-1' }
      ])
    })
  })

  t.test('messages → are listed by destination, state, message, record and reason, page by page, and counted', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async (stores) => {
      const { outbound, outbox } = stores
      await add(stores, aTelling('1'), aTelling('2', { record: { type: 'Appointment', id: 'a1', version: 1 }, message: 'SIU^S12', createdAt: at('00:30:00') }),
        aTelling('3', { destination: 'west-fhir', message: null }), aTelling('4'), aTelling('5'))
      await outbox.markDead('4', { attempts: 1, reason: 'OUTSIDE_REFUSED', at: at('02:00:00') })
      await outbox.markDone('5', at('02:00:00'))
      await outbound.answered('5', { code: 'AA', verdict: 'accepted', bytes: Buffer.from('A'), at: at('02:00:00') })
      const idsOf = async (filter: Parameters<typeof outbound.list>[0], limit = 9, before: number | null = null): Promise<string> =>
        (await outbound.list(filter, { limit, before })).map(({ id }) => id).join(' ')
      t.strictSame([
        await idsOf({ destination: 'east-his' }), await idsOf({ state: 'dead' }), await idsOf({ state: 'sent' }), await idsOf({ message: 'SIU^S12' }),
        await idsOf({ record: 'Appointment/a1' }), await idsOf({ failureCode: 'OUTSIDE_REFUSED' }), await idsOf({ destination: 'east-his', state: 'waiting' }), await idsOf({}, 2), await idsOf({}, 2, 4)
      ], ['5 4 2 1', '4', '5', '2', '2', '4', '2 1', '5 4', '3 2'])
      t.strictSame(await outbound.counts(), [
        { destination: 'east-his', waiting: 2, dead: 1, oldestAt: at('00:30:00') }, { destination: 'west-fhir', waiting: 1, dead: 0, oldestAt: at('01:00:00') }])
      t.strictSame([await outbound.sentSince(at('02:00:00')), await outbound.sentSince(at('02:00:01'))], [[{ destination: 'east-his', count: 1 }], []])
    })
  })

  t.test('what was sent long ago → goes, with its outbox message; what waits or is dead stays', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async (stores) => {
      const { outbound, outbox } = stores
      await add(stores, aTelling('1'), aTelling('2'), aTelling('3'), aTelling('4', { createdAt: at('09:00:00') }))
      for (const id of ['1', '4']) await outbox.markDone(id, at('02:00:00'))
      await outbox.markDead('2', { attempts: 1, reason: 'OUTSIDE_REFUSED', at: at('02:00:00') })
      t.strictSame([await outbound.prune(at('08:00:00'), 10), await outbound.prune(at('08:00:00'), 10)], [1, 0])
      t.strictSame((await outbound.list({}, { limit: 9, before: null })).map(({ id }) => id), ['4', '3', '2'])
      t.equal(await outbox.reopen('1'), false)
    })
  })
}
