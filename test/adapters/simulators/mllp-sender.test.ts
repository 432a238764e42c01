import { createServer, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { frame, makeFramer } from '../../../adapters/mllp/frames.ts'
import { businessDay } from '../../../adapters/simulators/hospital/business-day.ts'
import { planAll, simulatedHis } from '../../../adapters/simulators/hospital/simulated-his.ts'
import { printStep } from '../../../adapters/simulators/hospital/print-step.ts'
import { demoSites } from '../../../adapters/simulators/hospital/site.ts'
import { createMllpSender, type MllpSender, type MllpSenderOptions, type SenderFaultKind } from '../../../adapters/simulators/mllp-sender.ts'
import { calendarIn } from '../../../core/clock.ts'

/** What a small receiver does with a message: `answer` writes an MSA for any id, or nothing. */
type Behaviour = (message: { readonly controlId: string, readonly arrival: number, readonly answer: (controlId: string, code?: string) => void, readonly socket: Socket }) => void

interface Receiver {
  readonly port: number
  /** Each whole message that arrived, by its control id, in order, repeats included. */
  readonly arrived: ReadonlyArray<{ readonly controlId: string, readonly bytes: Buffer }>
  readonly connections: () => number
}

const answerAll: Behaviour = ({ answer, controlId }) => { answer(controlId) }

async function aReceiver (t: Test, behave: Behaviour = answerAll): Promise<Receiver> {
  const arrived: Array<{ controlId: string, bytes: Buffer }> = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    const framer = makeFramer({ maxMessageBytes: 1_000_000 })
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      for (const event of framer.push(chunk)) {
        if (event.kind !== 'frame') continue
        const controlId = event.bytes.toString('latin1').split('\r')[0]?.split('|')[9] ?? ''
        arrived.push({ controlId, bytes: Buffer.from(event.bytes) })
        behave({ controlId, arrival: arrived.length, socket, answer: (id, code = 'AA') => { socket.write(frame(Buffer.from(`MSH|^~\\&|||||||ACK|1|P|2.5.1\rMSA|${code}|${id}\r`))) } })
      }
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { for (const socket of sockets) socket.destroy(); server.close() })
  return { port: (server.address() as AddressInfo).port, arrived, connections: () => connections }
}

function aSender (t: Test, port: number, changes: Partial<MllpSenderOptions> = {}): MllpSender {
  const sender = createMllpSender({ host: '127.0.0.1', port, ackTimeoutMs: 5_000, retryAfterMs: 1, seed: 1, ...changes })
  t.teardown(sender.close)
  return sender
}

const aMessage = (controlId: string): { readonly controlId: string, readonly bytes: Buffer } =>
  ({ controlId, bytes: Buffer.from(`MSH|^~\\&|A|B|C|D|20270301080000||ADT^A04|${controlId}|P|2.5.1\rPID|1||E000001\r`) })

const ids = (receiver: Receiver): readonly string[] => receiver.arrived.map((message) => message.controlId)

t.test('a sending HIS', async (t) => {
  t.test('has one message in flight, in order, however many wait', async (t) => {
    let open = 0
    let most = 0
    const receiver = await aReceiver(t, ({ answer, controlId }) => {
      most = Math.max(most, ++open)
      setImmediate(() => { open -= 1; answer(controlId) })
    })
    const sender = aSender(t, receiver.port)
    const answers = await Promise.all(['1', '2', '3', '4'].map((id) => sender.send(aMessage(id))))
    t.strictSame(answers.map((answer) => [answer.code, answer.controlId]), [['AA', '1'], ['AA', '2'], ['AA', '3'], ['AA', '4']])
    t.strictSame([ids(receiver), most, receiver.connections()], [['1', '2', '3', '4'], 1, 1])
  })

  t.test('does not take the answer to another message for its own', async (t) => {
    const receiver = await aReceiver(t, ({ answer, controlId }) => { answer('other'); answer(controlId, 'AE') })
    t.equal((await aSender(t, receiver.port).send(aMessage('1'))).code, 'AE')
  })

  t.test('hears that its header could not be read', async (t) => {
    const receiver = await aReceiver(t, ({ answer }) => { answer('', 'AR') })
    t.match(await aSender(t, receiver.port).send(aMessage('1')), { code: 'AR', controlId: '' })
  })

  t.test('meets silence → hangs up and sends the same bytes again', async (t) => {
    const receiver = await aReceiver(t, ({ answer, controlId, arrival }) => { if (arrival > 1) answer(controlId) })
    t.equal((await aSender(t, receiver.port, { ackTimeoutMs: 30 }).send(aMessage('1'))).code, 'AA')
    t.equal(receiver.connections(), 2)
    t.ok(receiver.arrived[0]?.bytes.equals(receiver.arrived[1]?.bytes ?? Buffer.alloc(0)))
  })

  t.test('is cut off before the answer → sends the same message again', async (t) => {
    const receiver = await aReceiver(t, ({ answer, controlId, arrival, socket }) => { if (arrival === 1) socket.destroy(); else answer(controlId) })
    t.equal((await aSender(t, receiver.port).send(aMessage('1'))).code, 'AA')
    t.strictSame(ids(receiver), ['1', '1'])
  })

  t.test('finds nobody listening → keeps trying until somebody does', async (t) => {
    const placeholder = createServer()
    await new Promise<void>((resolve) => { placeholder.listen(0, '127.0.0.1', resolve) })
    const closedPort = (placeholder.address() as AddressInfo).port
    await new Promise<void>((resolve) => { placeholder.close(() => { resolve() }) })
    const sender = aSender(t, closedPort)
    const sent = sender.send(aMessage('1'))
    const late = createServer((socket) => { socket.on('error', () => undefined).on('data', () => { socket.write(frame(Buffer.from('MSH|^~\\&|||||||ACK|1|P|2.5.1\rMSA|AA|1\r'))) }) })
    await new Promise<void>((resolve) => { late.listen(closedPort, '127.0.0.1', resolve) })
    t.teardown(() => { late.close() })
    t.equal((await sent).code, 'AA')
    sender.close()
  })

  t.test('that is closed gives its messages back unanswered', async (t) => {
    const receiver = await aReceiver(t, () => undefined)
    const sender = aSender(t, receiver.port)
    const first = sender.send(aMessage('1'))
    const second = sender.send(aMessage('2'))
    setImmediate(sender.close)
    await t.rejects(first, { code: 'OUTSIDE_UNAVAILABLE' })
    await t.rejects(second, { code: 'OUTSIDE_UNAVAILABLE' })
  })

  const kinds: readonly SenderFaultKind[] = ['close_mid_frame', 'close_before_ack', 'split_packets', 'duplicate_send']
  for (const kind of [...kinds, 'all'] as const) {
    t.test(`with faults (${kind}) → loses nothing, and what comes twice is the same message`, async (t) => {
      const receiver = await aReceiver(t)
      const sender = aSender(t, receiver.port)
      sender.setFaults((kind === 'all' ? kinds : [kind]).map((one, place) => ({ kind: one, rate: 0.3, count: null, seed: place })))
      const wanted = Array.from({ length: 60 }, (_, place) => `M${place}`)
      for (const id of wanted) await sender.send(aMessage(id))
      t.strictSame([...new Set(ids(receiver))], wanted)
      t.ok(receiver.arrived.every(({ controlId, bytes }) => bytes.equals(aMessage(controlId).bytes)))
    })
  }

  t.test('has each fault as often as it was told and no longer', async (t) => {
    const receiver = await aReceiver(t)
    const sender = aSender(t, receiver.port)
    sender.setFaults([{ kind: 'duplicate_send', rate: 1, count: 2, seed: 1 }])
    for (const id of ['1', '2', '3', '4']) await sender.send(aMessage(id))
    await sender.send(aMessage('5'))
    t.strictSame(ids(receiver), ['1', '1', '2', '2', '3', '4', '5'])
  })
})

const monday = '2027-03-01'

async function aPlayedDemo (t: Test, behave?: Behaviour) {
  const receivers = [await aReceiver(t, behave), await aReceiver(t, behave)] as const
  const sites = [{ site: demoSites.east, host: '127.0.0.1', port: receivers[0].port }, { site: demoSites.west, host: '127.0.0.1', port: receivers[1].port }]
  const seen: Date[] = []
  let now = businessDay(monday).at(0)
  const clock = { now: () => now, setNow: async (instant: Date) => { now = instant; seen.push(instant) } }
  const his = simulatedHis({ seed: 1, patients: 4, sites, clock, calendar: calendarIn('Asia/Shanghai'), pace: null })
  t.teardown(his.close)
  const plan = planAll({ seed: 1, patients: 4, sites }, monday)
  return { his, receivers, plan, seen, clock }
}

t.test('the simulated hospitals', async (t) => {
  t.test('play a day → every message in order, and the clock ends at 18:00, never having gone back', async (t) => {
    const { his, receivers, plan, seen, clock } = await aPlayedDemo(t)
    t.strictSame(await his.playDay(), { sent: plan.length })
    for (const [place, hospital] of ['east', 'west'].entries()) {
      const expected = plan.filter((step) => step.hospital === hospital).map((step) => step.controlId)
      t.strictSame(receivers[place]?.arrived.map((message) => message.controlId), expected)
    }
    t.same(clock.now(), new Date('2027-03-01T18:00:00+08:00'))
    t.strictSame(seen, [...seen].sort((one, other) => one.getTime() - other.getTime()))
  })

  t.test('keep a journal: when, what, and the message itself', async (t) => {
    const { his, plan } = await aPlayedDemo(t)
    await his.playDay()
    const items = his.items(null)
    t.equal(items.length, plan.length)
    t.match(items[0], { at: new Date('2027-03-01T07:30:00+08:00'), kind: 'doctor_file', body: { hospital: 'east', controlId: plan[0]?.controlId, type: 'MFN^M02', ack: 'AA', message: /^MSH\|/ } })
    t.ok(his.items(new Date('2027-03-01T12:00:00+08:00')).every((item) => item.at >= new Date('2027-03-01T12:00:00+08:00')))
  })

  t.test('play the next day when they are asked again', async (t) => {
    const { his, clock } = await aPlayedDemo(t)
    await his.playDay()
    await his.playDay()
    t.same(clock.now(), new Date('2027-03-02T18:00:00+08:00'))
  })

  t.test('play one day at a time', async (t) => {
    const { his } = await aPlayedDemo(t)
    const [one, other] = [his.playDay(), his.playDay()]
    t.equal(one, other)
    await one
  })

  t.test('keep their messages while the line is down and send them in order when it is up', async (t) => {
    const { his, receivers, plan } = await aPlayedDemo(t)
    await his.setUp(false, 'west')
    await his.playDay()
    t.strictSame(receivers[1].arrived, [])
    t.ok(receivers[0].arrived.length > 0)
    await his.setUp(true, 'west')
    t.strictSame(ids(receivers[1]), plan.filter((step) => step.hospital === 'west').map((step) => step.controlId))
  })

  t.test('send again what was rejected because it could not be kept', async (t) => {
    const { his, receivers, plan } = await aPlayedDemo(t, ({ answer, controlId, arrival }) => { answer(controlId, arrival === 2 ? 'AR' : 'AA') })
    await his.playDay()
    t.equal(receivers[0].arrived.length + receivers[1].arrived.length, plan.length + 2)
    t.ok(his.items(null).every((item) => item.body['ack'] === 'AA'))
  })

  t.test('spread the day over the time they are given', async (t) => {
    const { receivers, clock } = await aPlayedDemo(t)
    const waits: number[] = []
    let elapsed = 0
    const pace = { totalMs: 63_000, elapsedMs: () => elapsed, wait: async (ms: number) => { elapsed += ms; waits.push(ms) } }
    const sites = [{ site: demoSites.east, host: '127.0.0.1', port: receivers[0].port }]
    const his = simulatedHis({ seed: 1, patients: 2, sites, clock, calendar: calendarIn('Asia/Shanghai'), pace })
    t.teardown(his.close)
    await his.playDay()
    t.equal(Math.round(elapsed), 63_000)
    t.ok(waits.length > 20)
  })

  t.test('stop in the middle of a day when they are closed', async (t) => {
    let stop = (): void => undefined
    const { his, plan } = await aPlayedDemo(t, ({ answer, controlId, arrival }) => { if (arrival < 5) answer(controlId); else stop() })
    stop = his.close
    t.ok((await his.playDay()).sent < plan.length)
  })

  t.test('put on the wire what the plan prints', async (t) => {
    const { his, receivers, plan } = await aPlayedDemo(t)
    await his.playDay()
    const west = plan.filter((step) => step.hospital === 'west')
    t.ok(receivers[1].arrived.every(({ bytes }, place) => { const step = west[place]; return step !== undefined && printStep(demoSites.west, step).equals(bytes) }))
  })
})
