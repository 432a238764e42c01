import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import {
  changeParties, closeThread, endCalls, enterRoom, leaveRooms, markRead, openThread, partyOf, say, stepCall, tellEvent, type DialogueTools, type Message, type Party, type Thread
} from '../../../core/dialogue/index.ts'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import type { RecordChange } from '../../../core/records/index.ts'
import { freshStore } from '../../fixtures/store.ts'

const at = new Date('2027-03-01T01:00:00.000Z')
const later = (ms: number): Date => new Date(at.getTime() + ms)
const anna: Party = { kind: 'patient', id: 'anna' }
const bo: Party = { kind: 'doctor', id: 'bo' }
const settings = { ringSeconds: 60, absentMinutes: 15 }

interface Talk {
  readonly store: Store
  readonly heard: Array<{ readonly thread: Thread, readonly message: Message }>
  readonly records: RecordChange[]
  readonly say: (by: Party, text: string, clientId?: string) => Promise<Message>
  readonly step: (by: Party, event: Parameters<typeof stepCall>[2]['event'], when?: Date) => ReturnType<typeof stepCall>
  readonly all: () => Promise<readonly Message[]>
}

async function aTalk (t: Test, parties: readonly Party[] = [anna, bo]): Promise<Talk> {
  const store = await freshStore(t)
  const heard: Talk['heard'] = []
  const records: RecordChange[] = []
  const tools: DialogueTools<Stores> = {
    ids: { next: randomUUID }, stableId: (...names) => names.join('/'), purposes: { consultation: { hold: async () => undefined, said: async (_, said) => { heard.push(said) } } }, takeIn: async (_, changes) => { records.push(...changes) }
  }
  await store.inTransaction((stores) => openThread(stores, { id: 'order-1', purpose: 'consultation', hospitalId: 'east', parties }, at))
  return {
    store, heard, records,
    say: (by, text, clientId = randomUUID()) => store.inTransaction((stores) => say(stores, tools, { threadId: 'order-1', by, clientId, kind: 'text', text }, at)),
    step: (by, event, when = at) => store.inTransaction((stores) => stepCall(stores, { ids: { next: randomUUID }, settings }, { threadId: 'order-1', by, event }, when)),
    all: () => store.inReading(({ messages }) => messages.after('order-1', 0, 1000))
  }
}

t.test('a dialogue', async (t) => {
  t.test('numbers what is said without a gap, also where many speak at once, and tells its purpose of each [C8]', async (t) => {
    const talk = await aTalk(t)
    await Promise.all(Array.from({ length: 40 }, (_, place) => talk.say(place % 2 === 0 ? anna : bo, `no. ${place}`)))
    t.strictSame((await talk.all()).map(({ number }) => number), Array.from({ length: 40 }, (_, place) => place + 1))
    t.strictSame(talk.heard.map(({ message, thread }) => [message.number, thread.lastNumber]).sort(([a = 0], [b = 0]) => a - b), Array.from({ length: 40 }, (_, place) => [place + 1, place + 1]))
  })

  t.test('sent again with the same client id → is said once, also at the same time, and after the end [C8]', async (t) => {
    const talk = await aTalk(t)
    const said = await Promise.all(['a', 'b', 'c'].map(() => talk.say(anna, 'hello', 'c1')))
    t.strictSame(said.map(({ number }) => number), [1, 1, 1])
    await talk.store.inTransaction((stores) => closeThread(stores, 'order-1', at))
    t.equal((await talk.say(anna, 'hello', 'c1')).number, 1)
    await t.rejects(talk.say(anna, 'more'), { code: 'THREAD_CLOSED' })
    t.equal(talk.heard.length, 1)
  })

  t.test('is for its parties only; whoever is switched out is out [C8]', async (t) => {
    const talk = await aTalk(t)
    await t.rejects(talk.say({ kind: 'doctor', id: 'eve' }, 'hm'), { code: 'THREAD_NOT_FOUND' })
    await talk.store.inTransaction((stores) => changeParties(stores, { id: 'order-1', parties: [anna, { kind: 'doctor', id: 'eve' }] }, at))
    t.equal((await talk.say({ kind: 'doctor', id: 'eve' }, 'hm')).number, 1)
    await t.rejects(talk.say(bo, 'still me'), { code: 'THREAD_NOT_FOUND' })
  })

  t.test('takes texts of 1 to 4,000 characters, and pictures of the one who sends them', async (t) => {
    const talk = await aTalk(t)
    await t.rejects(talk.say(anna, '   '), { code: 'MESSAGE_TEXT_INVALID' })
    await t.rejects(talk.say(anna, 'x'.repeat(4_001)), { code: 'MESSAGE_TEXT_INVALID' })
    t.equal((await talk.say(anna, '字'.repeat(4_000))).number, 1)
  })

  t.test('leaves a Communication of each message in the patient\'s records; none of events, and none without a patient [C8]', async (t) => {
    const talk = await aTalk(t)
    await talk.say(anna, 'hello')
    await talk.store.inTransaction((stores) => tellEvent(stores, { id: 'order-1', code: 'doctor_assigned' }, at))
    t.strictSame((await talk.all()).map(({ kind, text, by }) => [kind, text, by?.kind ?? null]), [['text', 'hello', 'patient'], ['event', 'doctor_assigned', null]])
    t.strictSame(talk.records.map(({ resource, patientId, hospitalId, isOurs }) => ({ ...resource, patientId, hospitalId, isOurs })), [{
      resourceType: 'Communication', id: 'east/Communication/order-1:1', identifier: [{ system: 'urn:yiqiao:fhir:message', value: 'order-1:1' }], partOf: [{ identifier: { system: 'urn:yiqiao:fhir:thread', value: 'order-1' } }], status: 'completed',
      category: [{ text: 'consultation' }], subject: { reference: 'Patient/anna' }, sent: at.toISOString(), recipient: [{ reference: 'Practitioner/bo' }], sender: { reference: 'Patient/anna' }, payload: [{ contentString: 'hello' }], patientId: 'anna', hospitalId: 'east', isOurs: true
    }])
    const staff = await aTalk(t, [{ kind: 'hospital', id: 'west' }, bo])
    await staff.say(bo, 'hello')
    t.strictSame(staff.records, [])
  })

  t.test('knows what each side has read', async (t) => {
    const talk = await aTalk(t)
    await talk.say(anna, 'one')
    await talk.say(anna, 'two')
    await talk.store.inTransaction((stores) => markRead(stores, { threadId: 'order-1', party: bo, number: 99 }, at))
    t.equal(await talk.store.inReading(({ messages }) => messages.readTo('order-1', bo)), 2, 'no further than there is')
  })

  t.test('belongs to whoever speaks for one of its parties', async (t) => {
    const parties: readonly Party[] = [anna, bo, { kind: 'hospital', id: 'west' }, { kind: 'support', id: 'support' }]
    const nobody = { role: 'patient', personId: null, organizationId: null, patientIds: [] }
    t.strictSame([
      partyOf({ ...nobody, patientIds: ['x', 'anna'] }, { parties }), partyOf({ ...nobody, role: 'doctor', personId: 'bo' }, { parties }), partyOf({ ...nobody, role: 'hospital', organizationId: 'west' }, { parties }), partyOf({ ...nobody, role: 'support' }, { parties }),
      partyOf({ ...nobody, role: 'doctor', personId: 'anna' }, { parties }), partyOf({ ...nobody, role: 'desk', organizationId: 'west' }, { parties })
    ], [...parties, null, null])
  })
})

t.test('the call of a dialogue', async (t) => {
  t.test('rings: the patient is told by a notice, once for each ring, and nothing in it says of what [C7]', async (t) => {
    const talk = await aTalk(t)
    await talk.step(bo, { kind: 'start', mode: 'video' })
    await talk.step(bo, { kind: 'start', mode: 'voice' })
    await talk.step(anna, { kind: 'decline' })
    await talk.step(bo, { kind: 'start', mode: 'text' })
    const notices = await talk.store.inReading(({ outbox }) => outbox.due(later(1), 10, 'notice'))
    t.strictSame(notices.map(({ key, payload }) => [key, payload['template'], payload['params']]), [['call:order-1:1', 'call_ringing', { hospital: 'east' }], ['call:order-1:2', 'call_ringing', { hospital: 'east' }]])
    t.strictSame((await talk.all()).map(({ text }) => text), ['call_started', 'call_declined', 'call_started'])
  })

  t.test('is not started by the patient, and ends with its dialogue', async (t) => {
    const talk = await aTalk(t)
    await t.rejects(talk.step(anna, { kind: 'start', mode: 'video' }), { code: 'CALL_PARTY_REFUSED' })
    await talk.step(bo, { kind: 'start', mode: 'video' })
    await talk.step(anna, { kind: 'accept' })
    await talk.store.inTransaction((stores) => closeThread(stores, 'order-1', at))
    t.match(await talk.store.inReading(({ calls }) => calls.find('order-1')), { state: 'ended', outcome: 'finished' })
    await t.rejects(talk.step(bo, { kind: 'start', mode: 'video' }), { code: 'THREAD_CLOSED' })
  })

  t.test('nobody there for 15 minutes, over all nodes → idle, and the dialogue goes on [C7]', async (t) => {
    const talk = await aTalk(t)
    const [annas, bos] = [{ id: 's1', threadId: 'order-1', party: anna, node: 'n1' }, { id: 's2', threadId: 'order-1', party: bo, node: 'n2' }]
    const moment = (ms: number) => ({ at: later(ms), realNow: later(ms) })
    for (const socket of [annas, bos]) await talk.store.inTransaction((stores) => enterRoom(stores, { socket, settings }, moment(0)))
    await talk.step(bo, { kind: 'start', mode: 'video' })
    await talk.step(anna, { kind: 'accept' })
    await talk.step(anna, { kind: 'connected' })
    await talk.store.inTransaction((stores) => leaveRooms(stores, { sockets: [bos], settings }, moment(1000)))
    t.equal(await talk.store.inReading(({ calls }) => calls.nextDue()), null, 'a doctor who reloads ends nothing')
    await talk.store.inTransaction((stores) => leaveRooms(stores, { sockets: [annas], settings }, moment(2000)))
    const due = await talk.store.inReading(({ calls }) => calls.nextDue())
    t.strictSame(due, later(902_000))
    t.strictSame(await endCalls({ ...talk.store, settings }, later(901_999)), { ended: 0 })
    t.strictSame(await endCalls({ ...talk.store, settings }, later(902_000)), { ended: 1 })
    t.match(await talk.store.inReading(async ({ calls, threads }) => ({ call: await calls.find('order-1'), thread: await threads.find('order-1') })), { call: { state: 'idle', outcome: 'absent' }, thread: { isOpen: true } })
    await t.rejects(talk.store.inTransaction((stores) => enterRoom(stores, { socket: { ...bos, id: 's3', party: { kind: 'doctor', id: 'eve' } }, settings }, moment(0))), { code: 'THREAD_NOT_FOUND' })
  })
})
