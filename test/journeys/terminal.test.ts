import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { fictitiousResidentId } from '../../adapters/simulators/hospital/resident-id.ts'
import { aFilm, aLookAlike, anotherPicture, aSubject, hasPictures, withoutPictures, type Subject } from '../fixtures/camera.ts'
import { phones, type Phones } from './an-app.ts'
import { aDatabase, aSender, aService, type Answer, type Sender, type Service } from './a-service.ts'

t.setTimeout(600_000)

interface Lobby {
  readonly service: Service
  /** Other nodes on the same database; none where the database is embedded. */
  readonly nodes: readonly Service[]
  readonly east: Sender
  readonly desk: string
  readonly sms: Phones
  /** A device of the hospital, with a credential of its own. */
  readonly aTerminal: (name?: string, hospital?: string) => Promise<Device>
}

interface Device {
  readonly token: string
  readonly at: string
}

async function aLobby (t: Test, { nodes = 1, search = 'own' } = {}): Promise<Lobby> {
  const sms = await phones(t)
  const folder = await mkdtemp(path.join(tmpdir(), 'yiqiao-faces-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const keyFile = path.join(folder, 'face.key')
  await writeFile(keyFile, randomBytes(32).toString('hex'))
  const environment: Readonly<Record<string, string>> = { ...await aDatabase(t), FACE_KEY_FILE: keyFile }
  const site = {
    hospitals: [{ id: 'east', name: 'East' }, { id: 'north', name: 'North' }],
    sources: [{ name: 'east', kind: 'mllp', hospital: 'east', port: 0, mappingSite: 'east' }],
    sms: sms.sms,
    terminals: { search },
    timers: { monitorEveryMs: 3_600_000 }
  }
  const service = await aService(t, { environment, site })
  const others: Service[] = []
  while (environment['DATABASE_URL'] !== undefined && others.length < nodes - 1) others.push(await aService(t, { environment, site }))
  let devices = 0
  return {
    service,
    sms,
    nodes: [service, ...others],
    east: await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0),
    desk: await service.tokenFor('desk', { organizationId: 'east' }),
    aTerminal: async (name = `kiosk-${devices++}`, hospital = 'east') => ({ token: await service.tokenFor('terminal', { organizationId: hospital }), at: `/v1/terminals/${name}` })
  }
}

const sexes = { F: 'female', M: 'male' } as const
async function registered ({ service, east }: Lobby, { number, name, born = '19800102', sex = 'F', photo }: { readonly number: string, readonly name: string, readonly born?: string, readonly sex?: keyof typeof sexes, readonly photo?: Buffer }): Promise<string> {
  const iso = `${born.slice(0, 4)}-${born.slice(4, 6)}-${born.slice(6)}`
  const residentId = fictitiousResidentId(iso, Number(number.slice(-3)), sexes[sex])
  await east.send(['MSH|^~\\&|EASTHIS|EAST|YIQIAO|EAST|20270301090000+0800||ADT^A28^ADT_A05|' + randomUUID().slice(0, 20) + '|P|2.5.1|||||CHN|UNICODE UTF-8', 'EVN|A28|20270301090000+0800',
    `PID|1||${number}^^^EASTHIS^MR~${residentId}^^^&2.16.156.10011.1.3&ISO^NI||${[...name][0] ?? ''}^${[...name].slice(1).join('')}^^^^^L||${born}|${sex}|||||000-0000-${number.slice(-4)}`, 'PV1|1|N',
    ...photo === undefined ? [] : [`OBX|1|ED|PHOTO^患者照片^L||^image^jpeg^Base64^${photo.toString('base64')}||||||F`], ''].join('\r'))
  await service.settled()
  return service.served.parts.stableId('east', 'Patient', number)
}

/** Sends pictures as a device does. */
async function shown ({ service }: Lobby, { token, at }: Device, path: 'identify' | 'enrol', { frames, ...fields }: { readonly frames: readonly Buffer[], readonly [field: string]: string | readonly Buffer[] | undefined }): Promise<Answer> {
  const form = new FormData()
  for (const [field, value] of Object.entries(fields)) if (typeof value === 'string') form.set(field, value)
  for (const [place, frame] of frames.entries()) form.append('frames', new Blob([new Uint8Array(frame)], { type: 'image/jpeg' }), `${place}.jpg`)
  const response = await fetch(`http://127.0.0.1:${service.served.http}${at}/${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

interface Look extends Answer { readonly film: readonly Buffer[] }

/** Asks for the motions and does them. */
async function look (lobby: Lobby, device: Device, subject: Subject, sessionId?: string): Promise<Look> {
  const challenge = await lobby.service.post(`${device.at}/challenge`, device.token, sessionId === undefined ? {} : { sessionId })
  const film = await aFilm(subject, challenge.body.steps)
  return { film, ...await shown(lobby, device, 'identify', { challengeId: challenge.body.id, frames: film }) }
}

const say = ({ service }: Lobby, { token, at }: Device, path: string, body: unknown): Promise<Answer> => service.post(`${at}/${path}`, token, body)

async function consented (lobby: Lobby, device: Device, asked: Record<string, unknown>): Promise<Answer> {
  const { body: { textVersion } } = await lobby.service.get(`${device.at}/consents`, device.token)
  return say(lobby, device, 'consents', { textVersion, ...asked })
}

async function numbersMade ({ service }: Lobby): Promise<number> {
  const page = await service.served.parts.store.inReading(({ patients }) => patients.list({ hospitalId: 'east', limit: 200, after: null }))
  return page.filter(({ identifiers }) => identifiers.some(({ system }) => system === 'urn:yiqiao:placer')).length
}

t.test('at the terminal', { skip: hasPictures ? false : withoutPictures }, async (t) => {
  const anna = await aSubject('anna')
  const clara = await aSubject('clara')
  const greta = await aSubject('greta')
  const hilda = await aSubject('hilda')

  t.test('a face that the hospital knows by a photo → is known from another picture, told in part, confirmed, and acts; withdrawn it is known to nobody [T1 T2 T3] [acc:3]', async (t) => {
    const lobby = await aLobby(t)
    const { service, desk } = lobby
    const device = await lobby.aTerminal()
    const annaId = await registered(lobby, { number: 'E1000101', name: '安样本', photo: anna.picture })
    t.match((await look(lobby, device, anna)).body, { result: 'no_match' }, 'without consent the photo is not read')
    const { body: { textVersion } } = await service.get('/v1/face-consent-text', desk)
    t.equal((await service.post(`/v1/patients/${annaId}/face-consents`, desk, { textVersion })).status, 201)
    await service.settled()

    const seen = await look(lobby, device, anna)
    t.match(seen.body, { result: 'matched', person: { maskedName: '安*本' }, liveness: { challenge: 'passed' }, next: ['confirm'] })
    t.match(seen.body.person.numberTail, /^[0-9X]{4}$/)
    t.notMatch(JSON.stringify(seen.body), new RegExp(`${annaId}|安样本|E1000101`))
    const confirmed = await say(lobby, device, `identify/${seen.body.identificationId}/confirm`, { isMe: true })
    t.match(confirmed, { status: 200, body: { result: 'confirmed', isNew: false, patient: { id: annaId } } })
    t.equal((await say(lobby, device, `identify/${seen.body.identificationId}/confirm`, { isMe: true })).status, 409)
    const visit = { readingId: confirmed.body.readingId, department: '内科', payMode: 'self_pay' }
    t.match(await service.call('POST', '/v1/visits', device.token, visit, { 'idempotency-key': randomUUID() }), { status: 201, body: { patientId: annaId } }, 'the reading is like that of a card')

    t.test('when the person leaves → nothing of them is good any more', async (t) => {
      t.equal((await service.call('DELETE', `${device.at}/sessions/${seen.body.sessionId}`, device.token)).status, 204)
      t.match(await service.call('POST', '/v1/visits', device.token, visit, { 'idempotency-key': randomUUID() }), { status: 404, body: { code: 'READING_NOT_FOUND' } })
      t.match(await say(lobby, device, `sessions/${seen.body.sessionId}/alive`, {}), { status: 404, body: { code: 'TERMINAL_SESSION_NOT_FOUND' } })
    })
    t.test('another hospital\'s terminal, or another device → does not know them, and cannot go on here', async (t) => {
      const north = await lobby.aTerminal('kiosk-n', 'north')
      t.match((await look(lobby, north, anna)).body, { result: 'no_match' })
      const again = await look(lobby, device, anna)
      t.equal((await say(lobby, { ...north, at: device.at }, `identify/${again.body.identificationId}/confirm`, { isMe: true })).status, 404)
      t.equal((await say(lobby, { ...device, at: '/v1/terminals/another' }, `identify/${again.body.identificationId}/confirm`, { isMe: true })).status, 404)
      t.equal((await service.post(`${device.at}/challenge`, desk, {})).status, 403)
    })
    t.test('who withdraws at the terminal → is known to nobody within a second, and the next message of the hospital brings nothing back', async (t) => {
      const again = await look(lobby, device, anna)
      const { body: { readingId } } = await say(lobby, device, `identify/${again.body.identificationId}/confirm`, { isMe: true })
      t.match(await say(lobby, device, 'consents/withdraw', { sessionId: again.body.sessionId, readingId }), { status: 200, body: { patientId: annaId, templates: 1 } })
      const challenge = await service.post(`${device.at}/challenge`, device.token, {})
      const film = await aFilm(anna, challenge.body.steps)
      t.match((await shown(lobby, device, 'identify', { challengeId: challenge.body.id, frames: film })).body, { result: 'no_match' })
      await registered(lobby, { number: 'E1000101', name: '安样本', photo: await anotherPicture(anna) })
      t.match((await look(lobby, device, anna)).body, { result: 'no_match' })
    })
  })

  t.test('somebody unknown → gets a number with a face after consent, without one otherwise, and is known the next time [T3] [acc:3]', async (t) => {
    const lobby = await aLobby(t)
    const device = await lobby.aTerminal()
    const seen = await look(lobby, device, clara)
    const { sessionId } = seen.body
    t.match(seen.body, { result: 'no_match', next: ['consent', 'card', 'qr', 'phone'] })
    const facts = { sessionId, name: '克样', birthDate: '1990-05-06', gender: 'female' }
    t.match(await shown(lobby, device, 'enrol', { ...facts, frames: seen.film.slice(0, 5) }), { status: 422, body: { code: 'FACE_CONSENT_NEEDED' } })
    t.match(await consented(lobby, device, { sessionId, birthDate: '2020-05-06' }), { status: 422, body: { code: 'FACE_CONSENT_NEEDED', place: 'guardianReadingId' } }, 'a child\'s guardian consents')
    t.equal((await consented(lobby, device, { sessionId, birthDate: '1990-05-06' })).status, 201)
    t.match(await shown(lobby, device, 'enrol', { ...facts, frames: [hilda.picture] }), { status: 404, body: { code: 'IDENTIFICATION_NOT_FOUND' } }, 'only what was looked at')
    const enrolled = await shown(lobby, device, 'enrol', { ...facts, frames: seen.film.slice(0, 5) })
    t.match(enrolled, { status: 201, body: { result: 'enrolled', number: /^YQ[0-9A-V]{13}$/, readingId: String } })
    t.ok(enrolled.body.faces >= 1 && enrolled.body.faces <= 3)
    t.equal((await shown(lobby, device, 'enrol', { ...facts, frames: seen.film.slice(0, 5) })).body.number, enrolled.body.number, 'said twice, it is one number')
    t.match((await lobby.service.get(`/v1/patients/${enrolled.body.patientId}`, lobby.desk)).body, { name: '克样', birthDate: '1990-05-06' })

    const other = await lobby.aTerminal()
    const next = await look(lobby, other, clara)
    t.match(next.body, { result: 'matched', person: { maskedName: '克*' } })
    t.match((await say(lobby, other, `identify/${next.body.identificationId}/confirm`, { isMe: true })).body, { patient: { id: enrolled.body.patientId } })

    t.test('who does not consent → gets a number without a face, and is not known the next time', async (t) => {
      const seen = await look(lobby, device, hilda)
      const made = await say(lobby, device, 'enrol', { sessionId: seen.body.sessionId, name: '希样' })
      t.match(made, { status: 201, body: { result: 'enrolled', faces: 0 } })
      t.not(made.body.number, enrolled.body.number)
      t.match((await look(lobby, other, hilda)).body, { result: 'no_match' })
    })
    t.test('a name and a number that are typed → identify nobody', async (t) => {
      const seen = await look(lobby, device, hilda)
      t.equal((await say(lobby, device, `identify/${seen.body.identificationId}/digits`, { digits: enrolled.body.number.slice(-4).replaceAll(/[^0-9]/g, '0') })).status, 409, 'where the face brought nobody, digits find nobody')
      const typed = await say(lobby, device, 'enrol', { sessionId: seen.body.sessionId, name: '克样', birthDate: '1990-05-06' })
      t.not(typed.body.patientId, enrolled.body.patientId)
    })
  })

  t.test('where the deployment searches among all hospitals → who enrolled at one is known at another\'s terminal', async (t) => {
    const lobby = await aLobby(t, { search: 'all' })
    const device = await lobby.aTerminal()
    const seen = await look(lobby, device, greta)
    const { sessionId } = seen.body
    t.equal((await consented(lobby, device, { sessionId, birthDate: '1990-05-06' })).status, 201)
    t.equal((await shown(lobby, device, 'enrol', { sessionId, name: '格样', birthDate: '1990-05-06', gender: 'female', frames: seen.film.slice(0, 5) })).status, 201)
    t.match((await look(lobby, await lobby.aTerminal('kiosk-n', 'north'), greta)).body, { result: 'matched', person: { maskedName: '格*' } })
  })

  t.test('one unknown face at twenty terminals of two nodes at once → gets exactly one new number [T3] [acc:3]', async (t) => {
    const lobby = await aLobby(t, { nodes: 2 })
    const looks: Array<{ readonly node: Lobby, readonly device: Device, readonly seen: Look }> = []
    const film = await aFilm(hilda, ['look_straight', 'turn_left', 'blink'])
    for (let place = 0; place < 20; place++) {
      const node: Lobby = { ...lobby, service: lobby.nodes[place % lobby.nodes.length] ?? lobby.service }
      const device = await lobby.aTerminal()
      let seen: Look | null = null
      while (seen === null) {
        const challenge = await node.service.post(`${device.at}/challenge`, device.token, {})
        if (challenge.body.steps.join() !== 'look_straight,turn_left,blink') continue
        seen = { film, ...await shown(node, device, 'identify', { challengeId: challenge.body.id, frames: film }) }
      }
      looks.push({ node, device, seen })
      t.equal(seen.body.result, 'no_match')
      await consented(node, device, { sessionId: seen.body.sessionId, birthDate: '1985-01-01' })
    }
    const answers = await Promise.all(looks.map(({ node, device, seen }) => shown(node, device, 'enrol', { sessionId: seen.body.sessionId, birthDate: '1985-01-01', frames: seen.film.slice(0, 2) })))
    t.strictSame(answers.map(({ body }) => body.result).sort(), ['enrolled', ...Array.from({ length: 19 }, () => 'matched')].sort())
    t.equal(await numbersMade(lobby), 1)
    const place = answers.findIndex(({ body }) => body.result === 'matched')
    const other = looks[place]
    if (other === undefined) throw new Error('somebody was matched')
    const { body: { patientId } } = answers.find(({ body }) => body.result === 'enrolled') ?? { body: {} }
    t.match((await say(other.node, other.device, `identify/${answers[place]?.body.identificationId}/confirm`, { isMe: true })).body, { result: 'confirmed', patient: { id: patientId } }, 'the others go on with that one')
  })

  t.test('a look-alike → is neither matched nor enrolled: a document or digits tell, and the desk decides about records [T2 T3 K-11]', async (t) => {
    const lobby = await aLobby(t)
    const { service, desk } = lobby
    const device = await lobby.aTerminal()
    const faceOf = async (subject: Subject, number: string): Promise<Answer> => {
      const { body: { readingId } } = await service.post('/v1/identity-readings', device.token, { kind: 'patient_card', value: number })
      const seen = await look(lobby, device, subject)
      t.equal((await consented(lobby, device, { sessionId: seen.body.sessionId, readingId })).status, 201)
      return shown(lobby, device, 'enrol', { sessionId: seen.body.sessionId, readingId, frames: seen.film.slice(0, 5) })
    }
    const annaId = await registered(lobby, { number: 'E1000201', name: '安样本' })
    t.match(await faceOf(anna, 'E1000201'), { status: 201, body: { result: 'enrolled', patientId: annaId } }, 'a card and a consent bring a face to a record that is there')
    t.match((await look(lobby, device, anna)).body, { result: 'matched' })

    const alike = await aLookAlike(anna, clara, 0.51)
    const seen = await look(lobby, device, alike)
    const { sessionId, identificationId } = seen.body
    t.match(seen.body, { result: 'ambiguous', next: ['digits', 'card', 'qr', 'phone'] })
    t.notHas(seen.body, 'person', 'nobody is named')
    await consented(lobby, device, { sessionId, birthDate: '1980-01-01' })
    t.match(await shown(lobby, device, 'enrol', { sessionId, birthDate: '1980-01-01', frames: seen.film.slice(0, 5) }), { status: 200, body: { result: 'document_needed' } })
    t.equal(await numbersMade(lobby), 0)
    t.match((await say(lobby, device, `identify/${identificationId}/digits`, { digits: '99990' })).body, { result: 'ambiguous' })
    t.match((await say(lobby, device, `identify/${identificationId}/digits`, { digits: '0201' })).body, { result: 'matched', person: { maskedName: '安*本' } })
    t.match((await say(lobby, device, `identify/${identificationId}/confirm`, { isMe: false })).body, { result: 'second_factor', because: 'not_me', next: ['card', 'qr', 'phone'] })
    t.match((await look(lobby, device, anna, sessionId)).body, { result: 'no_match' }, 'who was denied is not offered again in this session')

    const bertaId = await registered(lobby, { number: 'E1000202', name: '贝样本' })
    const { body: { readingId } } = await service.post('/v1/identity-readings', device.token, { kind: 'patient_card', value: 'E1000202' })
    t.match((await say(lobby, device, `identify/${identificationId}/reading`, { readingId })).body, { result: 'confirmed', readingId })
    const { body: { items } } = await service.get('/v1/faces/reviews?state=open', desk)
    t.strictSame(items.map((item: Answer['body']) => [item.reason, item.patient.id, item.other?.id]), [['resembles', annaId, bertaId]], 'asked about once, though the enrolment and the denial both spoke of it')
    t.equal((await service.get('/v1/faces/reviews', device.token)).status, 403)

    t.test('the desk says that they are one person → the face leads to both, and after the undoing to one again', async (t) => {
      const decided = await service.post(`/v1/faces/reviews/${items[0].id}/decide`, desk, { decision: 'same_person', keep: bertaId })
      t.match(decided, { status: 200, body: { state: 'same_person' } })
      t.equal((await service.post(`/v1/faces/reviews/${items[0].id}/decide`, desk, { decision: 'different' })).status, 409)
      const confirm = async (): Promise<Answer['body']> => {
        const again = await look(lobby, device, anna)
        return (await say(lobby, device, `identify/${again.body.identificationId}/confirm`, { isMe: true })).body
      }
      t.match(await confirm(), { patient: { id: bertaId } }, 'the record that goes on')
      const operator = await service.tokenFor('operator')
      t.equal((await service.post(`/v1/patients/${annaId}/unmerge`, operator, { into: bertaId })).status, 200)
      t.match(await confirm(), { patient: { id: annaId } })
    })
    t.test('a card that belongs to somebody with another face → brings no face to that record', async (t) => {
      t.match(await faceOf(greta, 'E1000201'), { status: 200, body: { result: 'in_review' } })
      t.match((await service.get('/v1/faces/reviews?state=open', desk)).body.items, [{ reason: 'face_differs', patient: { id: annaId }, other: null }])
    })
  })

  t.test('a code to the phone → tells which of those it may be, or who it is without any face; nobody learns whose phone is known [T2]', async (t) => {
    const lobby = await aLobby(t)
    const { service, sms: { gateway } } = lobby
    const device = await lobby.aTerminal()
    const annaId = await registered(lobby, { number: 'E1000301', name: '安样本', photo: anna.picture })
    const { body: { textVersion } } = await service.get('/v1/face-consent-text', lobby.desk)
    await service.post(`/v1/patients/${annaId}/face-consents`, lobby.desk, { textVersion })
    await service.settled()
    const phone = '000-0000-0301'
    const codeTo = async (number: string): Promise<string | null> => {
      await service.settled()
      const newest = gateway.items(null).filter(({ body }) => body['to'] === number).at(-1)
      return (newest?.body['params'] as { readonly code: string } | undefined)?.code ?? null
    }
    const alike = await aLookAlike(anna, clara, 0.45)
    const { body: { result, sessionId } } = await look(lobby, device, alike)
    t.equal(result, 'ambiguous')
    t.strictSame([(await say(lobby, device, 'codes', { sessionId, phone: '000-0000-0999' })).status, await codeTo('000-0000-0999')], [202, null])
    t.strictSame([(await say(lobby, device, 'codes', { sessionId, phone })).status, (await codeTo(phone))?.length], [202, 6])
    const code = await codeTo(phone) ?? ''
    t.match(await say(lobby, device, 'codes/verify', { sessionId, phone, code: code === '000000' ? '000001' : '000000' }), { status: 422, body: { code: 'CODE_INVALID' } })
    const verified = await say(lobby, device, 'codes/verify', { sessionId, phone, code })
    t.match(verified, { status: 200, body: { result: 'confirmed', patient: { id: annaId, maskedName: '安*本' } } })
    t.equal((await say(lobby, device, 'codes/verify', { sessionId, phone, code })).status, 422, 'a code counts once')
    t.match(await service.call('POST', '/v1/visits', device.token, { readingId: verified.body.readingId, department: '内科', payMode: 'self_pay' }, { 'idempotency-key': randomUUID() }), { status: 201, body: { patientId: annaId } })
    const stranger = await say(lobby, device, 'sessions', {})
    t.strictSame([(await say(lobby, device, 'codes', { sessionId: stranger.body.sessionId, phone })).status, await codeTo(phone)], [202, code], 'a phone in a record alone is no account: without the face nothing is sent')

    t.test('who has a visit today → is known by a lower score, the others are not [K-11]', async (t) => {
      t.match((await look(lobby, device, alike)).body, { result: 'matched', person: { maskedName: '安*本' } }, 'the visit that was just registered is of today')
    })
  })

  t.test('what is no live face → is told in words that help, each challenge counts once, and pictures have bounds [T2]', async (t) => {
    const lobby = await aLobby(t)
    const { service } = lobby
    const device = await lobby.aTerminal()
    const challenge = async (): Promise<Answer['body']> => (await service.post(`${device.at}/challenge`, device.token, {})).body
    const { id, steps, sessionId, instructions } = await challenge()
    t.strictSame([steps[0], steps.length, instructions.length], ['look_straight', 3, 3])
    const still = await Promise.all([0, 1, 2].map(() => anotherPicture(anna)))
    t.match(await shown(lobby, device, 'identify', { challengeId: id, frames: still }), { status: 200, body: { result: 'not_live', reasons: [{ code: 'repeated', zh: String, en: String }] } })
    t.match(await shown(lobby, device, 'identify', { challengeId: id, frames: still }), { status: 404, body: { code: 'CHALLENGE_NOT_FOUND' } })
    t.match((await shown(lobby, device, 'identify', { sessionId, frames: [anna.picture] })).body, { result: 'not_live', reasons: [{ code: 'no_challenge' }], next: ['look_again', 'card', 'qr', 'phone'] })
    const other = await lobby.aTerminal()
    t.match(await shown(lobby, other, 'identify', { challengeId: (await challenge()).id, frames: still }), { status: 404 }, 'of another terminal')
    const grey = Buffer.from((await (await import('sharp')).default({ create: { width: 400, height: 400, channels: 3, background: '#808080' } }).jpeg().toBuffer()))
    t.match((await shown(lobby, device, 'identify', { challengeId: (await challenge()).id, frames: [grey] })).body, { result: 'poor_quality', reasons: [{ code: 'no_face' }] })
    t.equal((await shown(lobby, device, 'identify', { sessionId, frames: [Buffer.from('\u0089PNG')] })).status, 415)
    t.equal((await shown(lobby, device, 'identify', { sessionId, frames: [Buffer.concat([grey, Buffer.alloc(3 * 1024 * 1024)])] })).status, 413)
    t.equal((await shown(lobby, device, 'identify', { sessionId, frames: Array.from({ length: 13 }, () => grey) })).status, 413)
    t.equal((await shown(lobby, device, 'identify', { sessionId, frames: [] })).status, 400)
    t.equal((await say(lobby, device, 'identify', { sessionId, frames: ['x'] })).status, 415)
  })
})
