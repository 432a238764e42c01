import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { aRoom, aTalk, type Room, type Talk } from './a-talk.ts'
import { eventually, type Answer } from './a-service.ts'

t.setTimeout(300_000)

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what came is looked into as any client would
const textsOf = ({ body }: Answer): readonly string[] => body.items.map(({ text }: any) => text)

t.test('a patient and a doctor write to each other over REST → numbered, read, kept, and nobody else sees it [C8]', async (t) => {
  const talk = await aTalk(t)
  const { service, at, patient, doctor, stranger, say } = talk
  const first = await say(patient, '您好，我头疼', 'c1')
  t.match(first, { status: 201, body: { number: 1, by: { kind: 'patient' }, kind: 'text', text: '您好，我头疼' } })
  t.strictSame((await say(patient, '您好，我头疼', 'c1')).body, first.body, 'sent again it is the same message')
  t.match(await service.get(at('messages'), doctor), { status: 200, body: { unread: 1, lastNumber: 1, isOpen: true, next: null } })
  t.match(await service.get('/v1/threads', doctor), { status: 200, body: { items: [{ id: talk.id, purpose: 'consultation', unread: 1, readTo: 0 }] } })
  t.match(await service.post(at('messages/read'), doctor, { number: 1 }), { status: 200, body: { readTo: 1, unread: 0 } })

  const waited = service.get(at('messages?after=1&wait=20'), patient)
  await say(doctor, '多久了？')
  t.strictSame(textsOf(await waited), ['多久了？'], 'who waits is answered as soon as there is something')
  const page = await service.get(at('messages?limit=1'), patient)
  t.strictSame([textsOf(page), textsOf(await service.get(at(`messages?limit=1&cursor=${page.body.next}`), patient))], [['您好，我头疼'], ['多久了？']])

  for (const [method, path] of [['GET', 'messages'], ['POST', 'messages'], ['POST', 'ticket'], ['GET', 'call'], ['POST', 'messages/read']] as const) {
    const body = path === 'messages/read' ? { number: 1 } : path === 'messages' ? { clientId: 'x', kind: 'text', text: 'x' } : {}
    t.match(await service.call(method, at(path), stranger, method === 'GET' ? undefined : body), { status: 404, body: { code: 'THREAD_NOT_FOUND' } }, `${method} ${path}`)
  }
  t.match((await service.get('/v1/threads', stranger)).body.items, [])
  t.match(await say(patient, 'x'.repeat(4_001)), { status: 400 })

  await talk.close()
  t.match(await say(patient, 'more'), { status: 409, body: { code: 'THREAD_CLOSED' } })
  t.equal((await service.get(at('messages'), patient)).body.items.length, 2, 'what was said can be read after the end')
})

t.test('each message → is a FHIR Communication that patient and hospital may read, and nobody else [C8]', async (t) => {
  const { service, patient, doctor, stranger, say, event } = await aTalk(t)
  await say(patient, '很私密的话')
  await event('doctor_assigned')
  await say(doctor, 'a reply')
  const found = await service.get('/fhir/Communication?_sort=sent', patient)
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  t.strictSame(found.body.entry.map(({ resource }: any) => [resource.payload[0].contentString, resource.sender.reference.split('/')[0], resource.recipient[0].reference.split('/')[0]]), [['很私密的话', 'Patient', 'Practitioner'], ['a reply', 'Practitioner', 'Patient']])
  const west = await service.tokenFor('doctor', { personId: randomUUID(), organizationId: 'west' })
  t.strictSame([(await service.get('/fhir/Communication', doctor)).body.total, (await service.get('/fhir/Communication', stranger)).body.total, (await service.get('/fhir/Communication', west)).body.total], [2, 0, 0])
})

async function send (talk: Talk, token: string, bytes: Buffer, name = 'photo.jpg'): Promise<{ readonly status: number, readonly body: { readonly id: string, readonly code?: string, readonly width: number, readonly contentType: string } }> {
  const form = new FormData()
  form.set('picture', new Blob([new Uint8Array(bytes)]), name)
  const answer = await fetch(`http://127.0.0.1:${talk.service.served.http}${talk.at('attachments')}`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form })
  return { status: answer.status, body: await answer.json() as never }
}

t.test('a picture → is known by its content, loses what the camera put beside it, and is for the two only [C8]', async (t) => {
  const talk = await aTalk(t)
  const { service, at, patient, doctor, stranger } = talk
  const photo = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#a03' } }).withExif({ IFD0: { Copyright: 'taken at home' }, IFD3: { GPSLatitude: '30/1 15/1 0/1', GPSLatitudeRef: 'N' } }).jpeg().toBuffer()
  t.ok(photo.includes('taken at home'))
  const sent = await send(talk, patient, photo)
  t.match(sent, { status: 201, body: { contentType: 'image/jpeg', width: 60 } })
  t.match(await send(talk, patient, Buffer.from('%PDF-1.4 not a picture'), 'photo.jpg'), { status: 422, body: { code: 'PICTURE_INVALID' } })
  t.match(await send(talk, stranger, photo), { status: 404 })
  t.match(await send(talk, patient, await sharp({ create: { width: 4_000, height: 100, channels: 3, background: '#fff' } }).webp().toBuffer()), { status: 201, body: { contentType: 'image/webp', width: 2_560 } })

  t.match(await service.post(at('messages'), doctor, { clientId: 'p', kind: 'picture', attachmentId: sent.body.id }), { status: 404, body: { code: 'PICTURE_NOT_FOUND' } }, 'of another party')
  t.match(await service.post(at('messages'), patient, { clientId: 'p', kind: 'picture', attachmentId: sent.body.id, text: '舌苔' }), { status: 201, body: { kind: 'picture', attachmentId: sent.body.id } })
  const shown = await fetch(`http://127.0.0.1:${service.served.http}${at(`attachments/${sent.body.id}`)}`, { headers: { authorization: `Bearer ${doctor}` } })
  const bytes = Buffer.from(await shown.arrayBuffer())
  t.strictSame([shown.status, shown.headers.get('content-type'), shown.headers.get('cache-control')], [200, 'image/jpeg', 'no-store'])
  t.notOk(bytes.includes('taken at home') || bytes.includes('Exif'))
  t.match(await service.get(at(`attachments/${sent.body.id}`), stranger), { status: 404 })
  const { body: { entry } } = await service.get('/fhir/Communication', patient)
  t.match(entry[0].resource.payload, [{ contentString: '舌苔' }, { contentAttachment: { contentType: 'image/jpeg' } }])
})

t.test('a room', async (t) => {
  t.test('is entered with a ticket of one\'s own only: forged, changed, over or of another installation → 401 before the upgrade [C7 acc:TM-05]', async (t) => {
    const talk = await aTalk(t)
    const { service, at, patient } = talk
    const { ticket } = (await service.post(at('ticket'), patient, {})).body as { ticket: string }
    const [header = '', body = '', proof = ''] = ticket.split('.')
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
    const changed = (change: object): string => [header, Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url'), proof].join('.')
    const old = service.served.parts
    const { roomTickets } = await import('../../adapters/calls/index.ts')
    const expired = roomTickets(Buffer.from(old.keys.fingerprint('room-tickets', ''), 'hex')).issue({ threadId: talk.id, party: { kind: claims.knd, id: claims.sub } }, new Date(Date.now() - 1))
    const foreign = roomTickets(Buffer.alloc(32)).issue({ threadId: talk.id, party: { kind: claims.knd, id: claims.sub } }, new Date(Date.now() + 60_000))
    for (const wrong of ['x', '', changed({ knd: 'doctor' }), changed({ exp: claims.exp + 9_999 }), `${header}.${body}.`, expired, foreign]) {
      const socket = new WebSocket(`ws://127.0.0.1:${service.served.http}/v1/rtc?ticket=${encodeURIComponent(wrong)}`)
      const [, answer] = await once(socket, 'unexpected-response') as [unknown, { statusCode: number, resume: () => void }]
      answer.resume()
      t.equal(answer.statusCode, 401)
      socket.on('error', () => undefined)
      socket.terminate()
    }
    t.match(await service.get(`/v1/rtc?ticket=${ticket}`), { status: 400 }, 'asked plainly it says what it speaks')
    const room = await aRoom(t, { talk, token: patient, ticket })
    t.match(await room.next(({ type }) => type === 'welcome'), { party: 'patient', lastNumber: 0, isOpen: true, call: null })
  })

  t.test('brings what is said, whoever says it and by which way, who is there, and what was read [C8]', async (t) => {
    const talk = await aTalk(t)
    const { patient, doctor, say, event } = talk
    await say(doctor, 'before')
    const [ours, theirs] = [await aRoom(t, { talk, token: patient }), await aRoom(t, { talk, token: doctor })]
    await ours.next(({ type, present }) => type === 'presence' && present.length === 2)
    ours.put({ type: 'say', clientId: 'c1', text: 'by socket' })
    t.match(await ours.next(({ type }) => type === 'said'), { clientId: 'c1', number: 2 })
    await say(patient, 'by REST')
    await event('doctor_assigned')
    const heard = async (room: Room): Promise<unknown[]> => {
      await room.next(({ type, message }) => type === 'message' && message.number === 4)
      return room.frames.filter(({ type }) => type === 'message').map(({ message }) => [message.number, message.text])
    }
    const all = [[1, 'before'], [2, 'by socket'], [3, 'by REST'], [4, 'doctor_assigned']]
    t.strictSame([await heard(ours), await heard(theirs)], [all, all])
    theirs.put({ type: 'read', number: 3 })
    t.match(await ours.next(({ type, kind }) => type === 'signal' && kind === 'read'), { data: '{"number":3}', from: { kind: 'doctor' } })
    theirs.put({ type: 'nonsense' })
    theirs.put({ type: 'say', clientId: 'c2', text: 'x'.repeat(4_001) })
    t.match(await theirs.next(({ type }) => type === 'refused'), { code: 'REQUEST_INVALID' })
    await talk.close()
    await ours.next(({ type }) => type === 'closed')
    ours.put({ type: 'say', clientId: 'c3', text: 'after the end' })
    t.match(await ours.next(({ type }) => type === 'refused'), { code: 'THREAD_CLOSED', clientId: 'c3' })
  })

  t.test('hands signals on in their order, to the other side only', async (t) => {
    const talk = await aTalk(t)
    const [ours, theirs, second] = [await aRoom(t, { talk, token: talk.patient }), await aRoom(t, { talk, token: talk.doctor }), await aRoom(t, { talk, token: talk.patient })]
    await ours.next(({ type, present }) => type === 'presence' && present.length === 3)
    for (let number = 0; number < 100; number++) ours.put({ type: 'signal', kind: 'candidate', data: String(number) })
    await theirs.next(({ type, data }) => type === 'signal' && data === '99')
    t.strictSame(theirs.frames.filter(({ type }) => type === 'signal').map(({ data }) => Number(data)), Array.from({ length: 100 }, (_, number) => number))
    t.strictSame(second.frames.filter(({ type }) => type === 'signal'), [])
  })

  const oneNode = process.env['TEST_DATABASE_URL'] === undefined ? { skip: 'TEST_DATABASE_URL is not set: the embedded database has one node' } : {}
  t.test('is one room over all nodes: who is there, what is said and what is signalled comes through in its order [C8]', oneNode, async (t) => {
    const talk = await aTalk(t, { nodes: 2 })
    const [far] = talk.others
    if (far === undefined) throw new Error('there is a second node')
    const [ours, theirs] = [await aRoom(t, { talk, token: talk.patient }), await aRoom(t, { talk, token: talk.doctor, service: far })]
    for (const room of [ours, theirs]) await room.next(({ type, present }) => type === 'presence' && present.length === 2)
    for (let number = 0; number < 50; number++) ours.put({ type: 'signal', kind: 'candidate', data: String(number) })
    await theirs.next(({ type, data }) => type === 'signal' && data === '49')
    t.strictSame(theirs.frames.filter(({ type }) => type === 'signal').map(({ data }) => Number(data)), Array.from({ length: 50 }, (_, number) => number))
    t.strictSame(ours.frames.filter(({ type }) => type === 'signal'), [])
    await talk.say(talk.patient, 'by REST at the first node')
    t.match(await theirs.next(({ type }) => type === 'message'), { message: { number: 1 } })
    theirs.put({ type: 'call', event: 'start', mode: 'voice' })
    t.match(await ours.next(({ type }) => type === 'call'), { call: { state: 'ringing', mode: 'voice' } })
    const closed = once(theirs.socket, 'close')
    await far.served.close()
    t.equal((await closed)[0], 1001, 'a node that ends says so')
    await ours.next(({ type, present }) => type === 'presence' && present.length === 1)
  })

  t.test('is closed to whoever sends too much or too long', async (t) => {
    const talk = await aTalk(t)
    const room = await aRoom(t, { talk, token: talk.patient })
    for (let number = 0; number < 700; number++) room.put({ type: 'signal', kind: 'candidate', data: '0' })
    t.strictSame((await once(room.socket, 'close'))[0], 1008)
    const other = await aRoom(t, { talk, token: talk.patient })
    other.socket.send('x'.repeat(3_000_000))
    t.strictSame((await once(other.socket, 'close'))[0], 1009)
  })

  t.test('of 1,000 messages with breaks in 5 of 100 → none lost, doubled or out of order [C8 acc:TM-06]', async (t) => {
    const talk = await aTalk(t, { nodes: 2 })
    const total = 1_000
    const services = [talk.service, ...talk.others]
    const chatters = await Promise.all([talk.patient, talk.doctor].map((token, place) => chatter(t, { talk, token, name: `side${place}`, total: total / 2, services })))
    await Promise.all(chatters.map(({ done }) => done))
    const kept = await eventually(async () => allMessages(talk), (messages) => messages.length >= total)
    t.equal(kept.length, total)
    t.equal(new Set(kept.map(({ clientId }) => clientId)).size, total)
    for (const { name, heard, breaks } of chatters) {
      await eventually(async () => heard.length, (length) => length >= total)
      t.strictSame(heard, Array.from({ length: total }, (_, place) => place + 1), 'each number once, in order')
      const own = kept.filter(({ clientId }) => clientId.startsWith(name)).map(({ clientId }) => Number(clientId.split(' ')[1]))
      t.strictSame(own, [...own].sort((one, other) => one - other), 'in the order in which they were said')
      t.ok(breaks() >= 10, `${breaks()} breaks`)
    }
  })
})

async function allMessages (talk: Talk): Promise<ReadonlyArray<{ readonly clientId: string }>> {
  const found: Array<{ readonly clientId: string }> = []
  for (let next: string | null = ''; next !== null;) {
    const { body } = await talk.service.get(talk.at(`messages?limit=200${next === '' ? '' : `&cursor=${next}`}`), talk.patient)
    found.push(...body.items)
    next = body.next
  }
  return found
}

interface Chatter {
  readonly name: string
  readonly heard: readonly number[]
  readonly breaks: () => number
  readonly done: Promise<void>
}

/** Somebody who writes on a bad line: the socket breaks by chance, sometimes on the way; what is not known to be kept is said again. */
async function chatter (t: Test, { talk, token, name, total, services }: { readonly talk: Talk, readonly token: string, readonly name: string, readonly total: number, readonly services: ReadonlyArray<Talk['service']> }): Promise<Chatter> {
  const heard: number[] = []
  const unsaid = new Map<string, string>()
  let breaks = 0
  const line: { socket: WebSocket | null, isIn: boolean } = { socket: null, isIn: false }
  let random = name.length * 7_919
  const chance = (): number => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
  const connect = async (): Promise<void> => {
    const service = services[breaks % services.length] ?? talk.service
    const { ticket } = (await service.post(talk.at('ticket'), token, {})).body as { ticket: string }
    const made = new WebSocket(`ws://127.0.0.1:${service.served.http}/v1/rtc?ticket=${ticket}&after=${heard.at(-1) ?? 0}`)
    made.on('error', () => undefined)
    made.on('message', (data) => {
      if (made !== line.socket) return
      const frame = JSON.parse((data as Buffer).toString())
      if (frame.type === 'message') heard.push(frame.message.number)
      if (frame.type === 'said') unsaid.delete(frame.clientId)
      if (frame.type !== 'welcome') return
      line.isIn = true
      for (const [clientId, text] of unsaid) made.send(JSON.stringify({ type: 'say', clientId, text }))
    })
    Object.assign(line, { socket: made, isIn: false })
    await once(made, 'open')
  }
  await connect()
  t.teardown(() => { line.socket?.terminate() })
  const done = (async () => {
    for (let number = 0; number < total; number++) {
      const clientId = `${name} ${number}`
      unsaid.set(clientId, `no. ${number}`)
      if (line.isIn) line.socket?.send(JSON.stringify({ type: 'say', clientId, text: `no. ${number}` }))
      if (chance() < 0.05) {
        breaks += 1
        line.socket?.terminate()
        await connect()
      }
      while (unsaid.size > 20) await new Promise((resolve) => { setImmediate(resolve) })
    }
    await eventually(async () => unsaid.size, (size) => size === 0)
  })()
  return { name, heard, breaks: () => breaks, done }
}
