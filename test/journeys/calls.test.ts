import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { aBrowser, flowing, received, shownColour, withoutBrowser, type Side, type Watched } from './a-browser.ts'
import { aRoom, aTalk, type Talk } from './a-talk.ts'
import { eventually } from './a-service.ts'

t.setTimeout(600_000)

t.test('the doctor calls over REST → the patient is told, answers, and no end of a call ends the visit [C7]', async (t) => {
  const talk = await aTalk(t, { calls: { stun: ['stun:stun.example:3478'] }, isConsultation: true })
  const { service, at, patient, doctor } = talk
  t.match(await service.get(at('call'), patient), { status: 200, body: { call: null } })
  t.match(await service.post(at('call'), patient, { mode: 'video' }), { status: 403, body: { code: 'CALL_PARTY_REFUSED' } })
  t.match(await service.post(at('call'), doctor, { mode: 'video' }), { status: 201, body: { state: 'ringing', mode: 'video', attempt: 1, dueFor: 'answer' } })
  t.match(await service.post(at('call/answer'), patient, { answer: 'decline' }), { status: 200, body: { state: 'idle', outcome: 'declined' } })
  t.match(await service.post(at('call/answer'), patient, { answer: 'accept' }), { status: 409, body: { code: 'CALL_STATE_REFUSED' } })
  await service.post(at('call'), doctor, { mode: 'video' })
  t.match(await service.post(at('call/answer'), patient, { answer: 'accept' }), { status: 200, body: { state: 'connecting' } })
  t.match(await service.post(at('call/answer'), patient, { answer: 'mode', mode: 'voice' }), { status: 200, body: { mode: 'voice' } }, 'less at any time [T11]')
  t.match((await service.post(at('call/quality'), patient, { mode: 'voice', kilobitsPerSecond: 24, lossPermille: 80, roundTripMs: 900 })).status, 204)
  t.match(await service.get(at('call'), doctor), { body: { quality: [{ by: { kind: 'patient' }, kilobitsPerSecond: 24, lossPermille: 80, roundTripMs: 900 }] } })
  const ticket = await service.post(at('call/ticket'), patient, {})
  t.match(ticket, { status: 201, body: { socket: '/v1/rtc', iceServers: [{ urls: ['stun:stun.example:3478'] }], room: null } })
  t.equal(ticket.headers.get('cache-control'), 'no-store')
  t.match(await service.post(at('call/answer'), doctor, { answer: 'hang_up' }), { body: { state: 'idle', outcome: 'hung_up' } })
  t.match((await talk.say(patient, 'still here')).status, 201)
  const { body: { items } } = await service.get(at('messages'), patient)
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as any client looks into it
  t.strictSame(items.map(({ text }: any) => text), ['consultation_accepted', 'call_started', 'call_declined', 'call_started', 'call_accepted', 'call_hung_up', 'still here'])
  const rings = await service.served.parts.store.inReading(({ notices }) => notices.find(`call:${talk.id}:1`))
  t.match(rings ?? await service.served.parts.store.inReading(({ outbox }) => outbox.due(new Date(Date.now() + 60_000), 10, 'notice')), rings === null ? [{ key: `call:${talk.id}:1` }] : { template: 'call_ringing' })
})

t.test('rooms of LiveKit or Jitsi → the ticket brings a token for one party, and only the doctor leads', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'yiqiao-rooms-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const secretFile = path.join(folder, 'secret')
  await writeFile(secretFile, 'a secret of thirty-two characters\n')
  const claimsOf = (token: string): Record<string, unknown> => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  for (const provider of ['livekit', 'jitsi'] as const) {
    const talk = await aTalk(t, { calls: { provider, [provider]: { url: 'https://rooms.example', id: 'yiqiao', secretFile } } })
    const claims = await Promise.all([talk.doctor, talk.patient].map(async (token) => {
      const { body } = await talk.service.post(talk.at('call/ticket'), token, {})
      t.equal(body.room.provider, provider)
      return claimsOf(body.room.token)
    }))
    t.match(claims, provider === 'livekit'
      ? [{ iss: 'yiqiao', sub: 'doctor', video: { room: talk.id, roomJoin: true } }, { sub: 'patient', video: { room: talk.id, roomJoin: true } }]
      : [{ iss: 'yiqiao', aud: 'jitsi', sub: 'rooms.example', room: talk.id, context: { user: { moderator: true } } }, { context: { user: { moderator: false } } }])
  }
})

interface Meeting {
  readonly talk: Talk
  readonly doctor: Side
  readonly patient: Side
}

const onScreen = (side: Side, screen: string): Promise<unknown> => side.page.waitForSelector(`body[data-screen="${screen}"]`, { timeout: 20_000 })
const press = async (side: Side, key: string): Promise<void> => { await side.page.click(`button[data-do="${key}"]`) }

async function open (talk: Talk, side: Side, token: string, more = ''): Promise<void> {
  const { body: { page } } = await talk.service.post(talk.at('call/ticket'), token, {})
  await side.page.goto(`http://127.0.0.1:${talk.service.served.http}${page}&lang=en${more}`)
  await onScreen(side, 'check')
}

/** Both sides open the page; nobody calls yet. */
async function aMeeting (t: Test, { calls, environment, isRed = false, choice = 'useVideo', more = '', flags = [] }: { readonly calls?: object, readonly environment?: Readonly<Record<string, string>>, readonly isRed?: boolean, readonly choice?: string, readonly more?: string, readonly flags?: readonly string[] } = {}): Promise<Meeting> {
  const talk = await aTalk(t, { isConsultation: true, ...calls === undefined ? {} : { calls }, ...environment === undefined ? {} : { environment } })
  const [doctor, patient] = [await aBrowser(t, { isRed, more: flags }), await aBrowser(t, { more: flags })]
  await open(talk, doctor, talk.doctor, more)
  await open(talk, patient, talk.patient, more)
  for (const side of [doctor, patient]) {
    await press(side, choice)
    await onScreen(side, 'room')
  }
  return { talk, doctor, patient }
}

async function connected ({ doctor, patient }: Pick<Meeting, 'doctor' | 'patient'>, { call = 'callVideo', accept = 'acceptVideo' } = {}): Promise<number> {
  const beganAt = performance.now()
  await press(doctor, call)
  await onScreen(patient, 'ringing')
  await press(patient, accept)
  await Promise.all([doctor, patient].map((side) => flowing(side)))
  return performance.now() - beganAt
}

async function growth (side: Side): Promise<{ readonly video: number, readonly audio: number }> {
  const before = await received(side)
  await side.page.waitForTimeout(3_000)
  const after = await received(side)
  return { video: after.video - before.video, audio: after.audio - before.audio }
}

const states = async ({ talk }: Meeting): Promise<unknown> => (await talk.service.get(talk.at('call'), talk.doctor)).body.call?.state

t.test('two browsers', withoutBrowser, async (t) => {
  t.test('see and hear each other within 5 seconds, and what is shown is what the camera shows [C7 T9 acc:TM-05]', async (t) => {
    const meeting = await aMeeting(t, { isRed: true })
    const { doctor, patient } = meeting
    const ms = await connected(meeting)
    t.ok(ms < 5_000, `connected in ${Math.round(ms)} ms`)
    await Promise.all([flowing(doctor, 'video'), flowing(patient, 'video')])
    const [atDoctor, atPatient] = await Promise.all([growth(doctor), growth(patient)])
    t.comment(`in 3 s: doctor ${JSON.stringify(atDoctor)}, patient ${JSON.stringify(atPatient)}; connected in ${Math.round(ms)} ms`)
    for (const { video, audio } of [atDoctor, atPatient]) t.ok(video >= 50_000 && audio >= 3_000, `${video} bytes of picture, ${audio} of sound`)
    const [r, g, b] = await shownColour(patient)
    t.ok(r > 200 && g < 60 && b < 60, `the patient sees red: ${r},${g},${b}`)
    t.equal(await eventually(() => states(meeting), (state) => state === 'live'), 'live')

    await t.test('the address holds no ticket, the chat goes on beside the picture, and a patient who reloads is back within 3 seconds', async (t) => {
      t.equal(new URL(patient.page.url()).hash, '')
      await patient.page.fill('#talk input[name="text"]', 'I have a headache')
      await patient.page.press('#talk input[name="text"]', 'Enter')
      await doctor.page.waitForSelector('#talk li:not(.own):has-text("I have a headache")')
      const beganAt = performance.now()
      await patient.page.reload()
      await Promise.all([flowing(patient, 'video'), flowing(doctor, 'video')])
      const ms = performance.now() - beganAt
      t.ok(ms < 3_000, `back in ${Math.round(ms)} ms`)
      t.equal(await patient.page.locator('#talk li:has-text("I have a headache")').count(), 1, 'what was said is there once')
    })

    await t.test('a dropped socket comes back by itself; nothing is lost or said twice', async (t) => {
      await patient.page.fill('#talk input[name="text"]', 'on the way')
      const connections = (): Promise<number> => doctor.page.evaluate<number>('connections.length')
      const before = await connections()
      const beganAt = performance.now()
      await doctor.page.evaluate('sockets.at(-1).close()')
      await patient.page.press('#talk input[name="text"]', 'Enter')
      await doctor.page.waitForSelector('#talk li:has-text("on the way")')
      await eventually(connections, (count) => count > before)
      await Promise.all([flowing(doctor, 'video'), flowing(patient, 'video')])
      t.ok(performance.now() - beganAt < 3_000, `back in ${Math.round(performance.now() - beganAt)} ms`)
      t.strictSame([await connections() - before, await doctor.page.locator('#talk li:has-text("on the way")').count()], [1, 1], 'the connection was made anew once, the message came once')
    })

    await t.test('a doctor who reloads never ends the visit [C7]', async (t) => {
      const beganAt = performance.now()
      await doctor.page.reload()
      await Promise.all([flowing(doctor, 'video'), flowing(patient, 'video')])
      t.ok(performance.now() - beganAt < 3_000, `back in ${Math.round(performance.now() - beganAt)} ms`)
      t.match(await states(meeting), /live|reconnecting|connecting/)
    })

    await t.test('sound alone, then text alone, then all of it again [T9 T11]', async (t) => {
      await press(patient, 'voice')
      await doctor.page.waitForSelector('body[data-mode="voice"]')
      const silent = await eventually(() => growth(doctor), ({ video }) => video === 0)
      t.ok(silent.video === 0 && silent.audio >= 3_000, JSON.stringify(silent))
      await press(patient, 'text')
      await doctor.page.waitForSelector('body[data-mode="text"]')
      const still = await eventually(() => growth(doctor), ({ audio }) => audio < 500)
      t.ok(still.video === 0 && still.audio < 500, JSON.stringify(still))
      await press(patient, 'video')
      await doctor.page.waitForSelector('body[data-mode="video"]')
      const again = await eventually(() => growth(doctor), ({ video }) => video >= 50_000)
      t.ok(again.video >= 50_000 && again.audio >= 3_000, JSON.stringify(again))
    })

    await t.test('who hangs up is back in the room; the end of the visit leaves nothing behind', async (t) => {
      await press(patient, 'hangUp')
      await Promise.all([onScreen(doctor, 'room'), onScreen(patient, 'room')])
      await meeting.talk.close()
      await Promise.all([onScreen(doctor, 'over'), onScreen(patient, 'over')])
      for (const { page } of [doctor, patient]) {
        t.equal(await page.evaluate('sessionStorage.length + localStorage.length'), 0)
        t.strictSame(await page.evaluate("document.getElementById('ours').srcObject"), null)
      }
      t.strictSame([doctor.errors, patient.errors], [[], []])
    })
  })

  t.test('without camera and microphone → the dialogue works all the same [T11]', async (t) => {
    const talk = await aTalk(t)
    const patient = await aBrowser(t, { hasDevices: false })
    await open(talk, patient, talk.patient)
    await press(patient, 'tryDevices')
    await patient.page.waitForSelector('.note:has-text("cannot be used")')
    await press(patient, 'useText')
    await onScreen(patient, 'room')
    const doctor = await aRoom(t, { talk, token: talk.doctor })
    await patient.page.setInputFiles('#talk input[type="file"]', { name: 'tongue.png', mimeType: 'image/png', buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64') })
    t.match(await doctor.next(({ type, message }) => type === 'message' && message.kind === 'picture'), { message: { by: { kind: 'patient' } } })
    await patient.page.waitForSelector('#talk img[src^="data:image/jpeg"]')
    doctor.put({ type: 'call', event: 'start', mode: 'video' })
    await onScreen(patient, 'ringing')
    await press(patient, 'acceptText')
    await patient.page.waitForSelector('body[data-screen="call"][data-mode="text"]')
    t.strictSame(patient.errors, [])
  })

  t.test('whose ticket is over → is told so, and where to go', async (t) => {
    const talk = await aTalk(t)
    const side = await aBrowser(t)
    await side.page.goto(`http://127.0.0.1:${talk.service.served.http}/m/call/#ticket=forged&lang=en`)
    await onScreen(side, 'gone')
    await side.page.goto('about:blank')
    await side.page.goto(`http://127.0.0.1:${talk.service.served.http}/m/call/`)
    await onScreen(side, 'gone')
  })
})

const turnserver = '/usr/bin/turnserver'
const withoutRelay = !('skip' in withoutBrowser) && existsSync(turnserver) ? {} : { skip: 'CHROMIUM_PATH is not set or turnserver (Debian: coturn) is not installed' }

/** A free port of this machine, given back at once. */
async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** coturn on this machine only, with its own secret. */
async function aRelay (t: Test, secret: string): Promise<number> {
  const [port, folder] = [await freePort(), await mkdtemp(path.join(tmpdir(), 'yiqiao-turn-'))]
  const relay = spawn(turnserver, ['-n', '--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '--listening-port', String(port), '--use-auth-secret', '--static-auth-secret', secret, '--realm', 'yiqiao.test', '--fingerprint', '--no-tls', '--no-dtls',
    '--no-cli', '--allow-loopback-peers', '--no-multicast-peers', '--pidfile', path.join(folder, 'turn.pid'), '--log-file', 'stdout', '--simple-log'], { stdio: ['ignore', 'pipe', 'ignore'], cwd: folder })
  const ended = once(relay, 'exit')
  t.teardown(async () => {
    relay.kill()
    await ended
    await rm(folder, { recursive: true, force: true })
  })
  await new Promise<void>((resolve) => { relay.stdout.on('data', (text) => { if (/listener opened on|Total General servers|IPv4. (UDP|TCP) listener/i.test(String(text))) resolve() }) })
  return port
}

async function aRelayed (t: Test, { secret, query = '' }: { readonly secret: string, readonly query?: string }): Promise<Meeting> {
  const folder = await mkdtemp(path.join(tmpdir(), 'yiqiao-secret-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const [port, file] = [await aRelay(t, 'the secret of the relay'), path.join(folder, 'turn.secret')]
  await writeFile(file, `${secret}\n`)
  return await aMeeting(t, { calls: { turn: [`turn:127.0.0.1:${port}${query}`] }, environment: { TURN_SECRET_FILE: file }, more: '&relay=1' })
}

t.test('through the relay', withoutRelay, async (t) => {
  for (const [way, query] of [['UDP', '?transport=udp'], ['TCP', '?transport=tcp']] as const) {
    t.test(`over ${way} → both ways within 8 seconds, and nothing goes another way [acc:TM-05]`, async (t) => {
      const meeting = await aRelayed(t, { secret: 'the secret of the relay', query })
      const ms = await connected(meeting)
      t.ok(ms < 8_000, `connected in ${Math.round(ms)} ms`)
      t.comment(`relay over ${way}: connected in ${Math.round(ms)} ms`)
      for (const side of [meeting.doctor, meeting.patient]) t.equal((await eventually(() => received(side), ({ pair }) => pair !== '')).pair, 'relay/relay')
    })
  }

  t.test('with a wrong secret → no candidate of the relay, so no call [acc:TM-05]', async (t) => {
    const { doctor, patient, talk } = await aRelayed(t, { secret: 'another secret', query: '?transport=udp' })
    await press(doctor, 'callVideo')
    await onScreen(patient, 'ringing')
    await press(patient, 'acceptVideo')
    await doctor.page.waitForFunction(() => (globalThis as unknown as Watched).hasGathered(), null, { timeout: 20_000 })
    const sdp = await doctor.page.evaluate<string>('connections.at(-1).localDescription.sdp')
    t.notMatch(sdp, /typ relay/)
    t.not((await received(doctor)).state, 'connected')
    t.equal((await talk.service.get(talk.at('call'), talk.doctor)).body.call.state, 'connecting')
  })
})
