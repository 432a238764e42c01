import type { Test } from 'tap'
import type { OutboxMessage } from '../../core/outbox.ts'
import type { OpenStore } from './store-under-test.ts'

function anEffect (id: string, given: Partial<OutboxMessage> = {}): OutboxMessage {
  return { id, kind: 'sms', key: `key-${id}`, payload: { templateId: 'T1', params: { amount: '12.50' } }, createdAt: new Date('2026-03-02T01:00:00Z'), ...given }
}

const at = (time: string): Date => new Date(`2026-03-02T${time}Z`)

export function outboxStoreContract (t: Test, open: OpenStore): void {
  t.test('an effect with a kind and key that are there → is not written again', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ outbox }) => {
      t.strictSame([await outbox.add(anEffect('1')), await outbox.add(anEffect('2', { key: 'key-1' })), await outbox.add(anEffect('3', { key: 'key-1', kind: 'his' }))], [true, false, true])
      await outbox.markDone('1', at('02:00:00'))
      t.equal(await outbox.add(anEffect('4', { key: 'key-1' })), false, 'not even when it is done')
    })
  })

  t.test('an effect by two at once → is written once', async (t) => {
    const { inTransaction } = await open(t)
    const written = await Promise.all(['1', '2'].map((id) => inTransaction(({ outbox }) => outbox.add(anEffect(id, { key: 'k' })))))
    t.strictSame([...written].sort(), [false, true])
  })

  t.test('what is due → comes oldest first, of one kind, and waits out its retry', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ outbox }) => {
      for (const message of [anEffect('2'), anEffect('1'), anEffect('3', { kind: 'his' }), anEffect('4')]) await outbox.add(message)
      t.strictSame(await outbox.due(at('01:00:00'), 2, 'sms'), [{ ...anEffect('2'), attempts: 0 }, { ...anEffect('1'), attempts: 0 }])
      await outbox.markRetry('2', { attempts: 1, nextAt: at('01:10:00'), reason: 'OUTSIDE_UNAVAILABLE' })
      await outbox.markDone('1', at('01:00:01'))
      await outbox.markDead('4', { attempts: 9, reason: 'OUTSIDE_REFUSED', at: at('01:00:02') })
      t.strictSame(await outbox.due(at('01:09:59'), 9, 'sms'), [])
      t.strictSame(await outbox.due(at('01:10:00'), 9, 'sms'), [{ ...anEffect('2'), attempts: 1 }])
      t.strictSame(await outbox.counts(), { waiting: 2, dead: 1, oldestAt: anEffect('2').createdAt })
    })
  })

  t.test('what is due in order → ends before the first that waits for its retry; one is due by itself', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ outbox }) => {
      for (const id of ['1', '2', '3']) await outbox.add(anEffect(id))
      await outbox.markRetry('2', { attempts: 1, nextAt: at('01:10:00'), reason: 'OUTSIDE_DOWN' })
      const idsAt = async (time: string, limit = 9): Promise<readonly string[]> => (await outbox.dueInOrder(at(time), limit, 'sms')).map(({ id }) => id)
      t.strictSame([await idsAt('01:09:59'), await idsAt('01:10:00'), await idsAt('01:10:00', 2)], [['1'], ['1', '2', '3'], ['1', '2']])
      await outbox.markDone('1', at('01:00:01'))
      t.strictSame(await idsAt('01:09:59'), [])
      t.strictSame([await outbox.dueOne('2', at('01:09:59')), await outbox.dueOne('2', at('01:10:00')), await outbox.dueOne('1', at('01:10:00')), await outbox.dueOne('9', at('01:10:00'))],
        [null, { ...anEffect('2'), attempts: 1 }, null, null])
    })
  })

  t.test('what is done → is forgotten after a while, or keeps its key alone; what waits or is dead stays [A-38]', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ outbox }) => {
      for (const [id, kind] of [['1', 'sms'], ['2', 'sms'], ['3', 'sms'], ['4', 'sms'], ['5', 'his'], ['6', 'his']] as const) await outbox.add(anEffect(id, { kind }))
      for (const [id, time] of [['1', '02:00:00'], ['2', '04:00:00'], ['5', '02:00:00'], ['6', '02:30:00']] as const) await outbox.markDone(id, at(time))
      await outbox.markDead('3', { attempts: 9, reason: 'OUTSIDE_REFUSED', at: at('02:00:00') })
      t.strictSame(await outbox.doneKinds(), ['his', 'sms'])
      t.equal(await outbox.forgetDone('sms', at('03:00:00'), 9), 1)
      t.strictSame([await outbox.add(anEffect('7', { key: 'key-1' })), await outbox.add(anEffect('8', { key: 'key-2' }))], [true, false], 'a forgotten key may come again, a younger one not')
      t.strictSame([await outbox.emptyDone('his', at('03:00:00'), 1), await outbox.emptyDone('his', at('03:00:00'), 9), await outbox.emptyDone('his', at('03:00:00'), 9)], [1, 1, 0], 'in batches, once each')
      t.strictSame([await outbox.add(anEffect('9', { kind: 'his', key: 'key-5' })), await outbox.reopen('5'), await outbox.dueOne('5', at('05:00:00'))], [false, false, null], 'its key stands, and it never runs without what it said')
      t.strictSame(await outbox.doneKinds(), ['sms'])
      t.strictSame((await outbox.due(at('05:00:00'), 9, 'sms')).map(({ id }) => id), ['4', '7'])
      t.match(await outbox.counts(), { waiting: 2, dead: 1 })
    })
  })

  t.test('an empty outbox → counts nothing', async (t) => {
    const { inTransaction } = await open(t)
    t.strictSame(await inTransaction(({ outbox }) => outbox.counts()), { waiting: 0, dead: 0, oldestAt: null })
  })
}
