import type { Test } from 'tap'
import { changeParties, openThread, stepCall, type Message, type Party } from '../../core/dialogue/index.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const at = new Date('2027-03-01T01:00:00.000Z')
const anna: Party = { kind: 'patient', id: 'anna' }
const bo: Party = { kind: 'doctor', id: 'bo' }
const thread = { id: 'order-1', purpose: 'consultation', hospitalId: 'east', parties: [anna, bo] }

const aMessage = (number: number, given: Partial<Message> = {}): Message => ({ threadId: 'order-1', number, by: anna, clientId: `c${number}`, kind: 'text', text: `no. ${number}`, attachmentId: null, at, ...given })

/** 会话, 消息, 通话, 房间. */
export function dialogueStoresContract (t: Test, open: OpenStore): void {
  t.test('a thread → comes back as it was saved, also after its parties changed', async (t) => {
    const { inTransaction, inReading } = await open(t)
    t.equal(await inReading(({ threads }) => threads.find('order-1')), null)
    const opened = await inTransaction((stores) => openThread(stores, thread, at))
    t.strictSame(opened, { ...thread, isOpen: true, lastNumber: 0, openedAt: at, closedAt: null })
    const carla: Party = { kind: 'doctor', id: 'carla' }
    await inTransaction((stores) => changeParties(stores, { id: 'order-1', parties: [carla, anna] }, at))
    t.strictSame(await inReading(({ threads }) => threads.find('order-1')), { ...opened, parties: [carla, anna] })
    const listed = async (...parties: Party[]): Promise<readonly string[]> => (await inReading(({ threads }) => threads.ofParties(parties, { limit: 10, offset: 0 }))).map(({ id }) => id)
    t.strictSame([await listed(anna), await listed(carla, bo), await listed(bo), await listed()], [['order-1'], ['order-1'], [], []])
    t.strictSame((await inReading(({ threads }) => threads.several(['order-1', 'nothing']))).map(({ id }) => id), ['order-1'])
  })

  t.test('messages → come back in their order; one client id of a party is there once; nobody changes or deletes them [acc:TM-13]', async (t) => {
    const store = await open(t)
    await store.inTransaction((stores) => openThread(stores, thread, at))
    await store.inTransaction(async ({ messages }) => {
      await messages.add(aMessage(1))
      await messages.add(aMessage(2, { by: bo, clientId: 'c1' }))
      await messages.add(aMessage(3, { by: null, clientId: 'call_started:3', kind: 'event', text: 'call_started' }))
    })
    t.strictSame(await store.inReading(({ messages }) => messages.after('order-1', 1, 10)), [aMessage(2, { by: bo, clientId: 'c1' }), aMessage(3, { by: null, clientId: 'call_started:3', kind: 'event', text: 'call_started' })])
    t.strictSame((await store.inReading(({ messages }) => messages.bySender('order-1', bo, 'c1')))?.number, 2)
    const twice = await Promise.allSettled([store.inTransaction(({ messages }) => messages.add(aMessage(4, { clientId: 'c1' }))), store.inTransaction(({ messages }) => messages.add(aMessage(3)))])
    t.equal(refusals(twice).length, 2, 'neither a client id nor a number comes twice')
    const byHand = (store as unknown as { readonly runByHand?: (text: string) => Promise<unknown> }).runByHand
    if (byHand !== undefined) {
      await t.rejects(byHand('delete from dialogue_messages'), /append-only/)
      await t.rejects(byHand("update dialogue_messages set text = 'other'"), /append-only/)
    }
  })

  t.test('marks → never go back, and count what others said', async (t) => {
    const { inTransaction, inReading } = await open(t)
    await inTransaction((stores) => openThread(stores, thread, at))
    await inTransaction(async ({ messages }) => {
      for (const number of [1, 2, 3]) await messages.add(aMessage(number, { by: number === 2 ? anna : bo, clientId: `c${number}` }))
      await messages.add(aMessage(4, { by: null, kind: 'event', text: 'call_started' }))
    })
    const unread = (party: Party): Promise<number> => inReading(({ messages }) => messages.unread('order-1', party))
    t.strictSame([await unread(anna), await unread(bo)], [2, 1])
    await inTransaction(({ messages }) => messages.markRead('order-1', anna, { number: 3, at }))
    await inTransaction(({ messages }) => messages.markRead('order-1', anna, { number: 1, at }))
    t.strictSame([await unread(anna), await inReading(({ messages }) => messages.readTo('order-1', anna))], [0, 3])
    t.strictSame(await inReading(({ messages }) => messages.marks('order-1')), [{ party: anna, number: 3 }])
  })

  t.test('a picture → comes back byte for byte', async (t) => {
    const { inTransaction, inReading } = await open(t)
    await inTransaction((stores) => openThread(stores, thread, at))
    const picture = { id: 'p1', threadId: 'order-1', by: anna, contentType: 'image/png' as const, bytes: Buffer.from([0, 255, 1, 128]), width: 2, height: 1, madeAt: at }
    await inTransaction(({ messages }) => messages.addPicture(picture))
    t.strictSame(await inReading(({ messages }) => messages.findPicture('p1')), picture)
  })

  t.test('a call → is due by its instant; the newest reports are kept', async (t) => {
    const { inTransaction, inReading } = await open(t)
    await inTransaction((stores) => openThread(stores, thread, at))
    await inTransaction((stores) => stepCall(stores, { ids: { next: () => 'n1' }, settings: { ringSeconds: 60, absentMinutes: 15 } }, { threadId: 'order-1', by: bo, event: { kind: 'start', mode: 'video' } }, at))
    const dueAt = new Date(at.getTime() + 60_000)
    t.strictSame(await inReading(({ calls }) => calls.find('order-1')), { threadId: 'order-1', state: 'ringing', mode: 'video', attempt: 1, outcome: null, since: at, dueAt, dueFor: 'answer' })
    t.strictSame(await inReading(({ calls }) => calls.nextDue()), dueAt)
    t.strictSame([(await inReading(({ calls }) => calls.due(at, 10))).length, (await inReading(({ calls }) => calls.due(dueAt, 10))).length, (await inReading(({ calls }) => calls.several(['order-1']))).length], [0, 1, 1])
    for (const roundTripMs of [1, 2, 3]) await inTransaction(({ calls }) => calls.addQuality({ threadId: 'order-1', party: anna, at, mode: 'voice', kilobitsPerSecond: 30, lossPermille: 5, roundTripMs }, 2))
    t.strictSame((await inReading(({ calls }) => calls.quality('order-1', 10))).map(({ roundTripMs }) => roundTripMs), [3, 2])
  })

  t.test('a room → knows who is there, forgets silent nodes, and hands signals on in their order', async (t) => {
    const { inTransaction, inReading } = await open(t)
    const [first, second] = [{ id: 's1', threadId: 'order-1', party: anna, node: 'n1' }, { id: 's2', threadId: 'order-1', party: bo, node: 'n2' }]
    await inTransaction(async ({ rooms }) => {
      await rooms.enter(first, at)
      await rooms.enter(second, at)
      await rooms.seen('n2', new Date(at.getTime() + 1000))
    })
    t.strictSame(await inReading(({ rooms }) => rooms.present(['order-1'])), [first, second])
    t.strictSame(await inTransaction(({ rooms }) => rooms.dropSilent(new Date(at.getTime() + 500))), [first])
    await inTransaction(({ rooms }) => rooms.leave('s2'))
    t.strictSame(await inReading(({ rooms }) => rooms.present(['order-1'])), [])
    const signal = (data: string) => ({ threadId: 'order-1', node: 'n1', from: { id: 's1', party: anna }, to: null, kind: 'candidate', data })
    await inTransaction(async ({ rooms }) => { for (const data of ['a', 'b', 'c']) await rooms.signal(signal(data), at) })
    const found = await inReading(({ rooms }) => rooms.signals(['order-1'], 0, 10))
    t.strictSame(found.map((one) => ({ ...one, sequence: 0 })), ['a', 'b', 'c'].map((data) => ({ ...signal(data), sequence: 0 })))
    t.strictSame((await inReading(({ rooms }) => rooms.signals(['order-1'], found[0]?.sequence ?? 0, 10))).map(({ data }) => data), ['b', 'c'])
    t.equal(await inReading(({ rooms }) => rooms.lastSignal()), found[2]?.sequence)
    await inTransaction(({ rooms }) => rooms.dropSignals(new Date(at.getTime() + 1)))
    t.strictSame(await inReading(({ rooms }) => rooms.signals(['order-1'], 0, 10)), [])
  })
}
