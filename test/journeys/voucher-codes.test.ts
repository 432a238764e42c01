import { createPublicKey, generateKeyPairSync, randomUUID, verify as verifySignature, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import jsqr from 'jsqr'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { sha256Bytes } from '../../adapters/codes/index.ts'
import { calendarIn } from '../../core/clock.ts'
import { addDays } from '../../core/days.ts'
import { openDenyList, verifyOffline, type DenyList, type VerifySignature } from '../../core/vouchers/index.ts'
import { aDatabase, aService, type Answer, type Service } from './a-service.ts'

t.setTimeout(180_000)

const calendar = calendarIn('Asia/Shanghai')
const today = calendar(new Date())
const [p, q] = ['01890000-0000-7000-8000-00000000000a', '01890000-0000-7000-8000-00000000000b']
const aKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey
const pemOf = (key: KeyObject): string => String(key.export(key.type === 'private' ? { type: 'pkcs8', format: 'pem' } : { type: 'spki', format: 'pem' }))

interface Scene {
  readonly service: Service
  readonly keyFile: string
  readonly office: string
  readonly app: string
  readonly east: string
  readonly west: string
  /** Hands a voucher to the person, each time at another window of the community. */
  readonly handOut: () => Promise<{ readonly id: string, readonly code: string }>
}

const keyed = (): Readonly<Record<string, string>> => ({ 'idempotency-key': randomUUID() })

async function aScene (t: Test, key: KeyObject): Promise<Scene> {
  const folder = mkdtempSync(path.join(tmpdir(), 'yiqiao-voucher-keys-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const keyFile = path.join(folder, 'keys.pem')
  writeFileSync(keyFile, pemOf(key))
  const service = await aService(t, { environment: await environmentOf(t, folder, keyFile) })
  await service.served.parts.store.inTransaction(async ({ patients }) => {
    for (const [id, hospitalId] of [[p, 'east'], [q, 'east']] as const) await patients.save({ id, personId: id, hospitalId, identifiers: [], name: '许样例', gender: 'female', birthDate: null, active: true })
  })
  const office = await service.tokenFor('finance')
  const done = async (answer: Promise<Answer>): Promise<Answer['body']> => {
    const { status, body } = await answer
    if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
    return body
  }
  for (const [kind, id] of [['community', 'sunny'], ['community', 'hill'], ['hospital', 'east'], ['hospital', 'west']]) await done(service.call('PUT', `/v1/voucher-parties/${kind}/${id}`, office, { name: id }))
  const { id: campaignId } = await done(service.call('POST', '/v1/voucher-campaigns', office, { name: '两癌筛查', perPerson: 10 }, keyed()))
  const { id: batchId } = await done(service.call('POST', '/v1/voucher-batches', office, {
    campaignId, group: 'chronic', examination: { name: '低剂量胸部CT', codes: ['CT01'] }, hospitalIds: ['east', 'west'], department: '社区卫生服务科', firstDay: today, lastDay: addDays(today, 30), count: 6
  }, keyed()))
  await done(service.call('POST', `/v1/voucher-batches/${batchId}/send`, office, { communityId: 'sunny', count: 6 }, keyed()))
  const app = await service.tokenFor('patient', { personId: p })
  return {
    service, keyFile, office, app,
    east: await service.tokenFor('hospital', { organizationId: 'east' }),
    west: await service.tokenFor('hospital', { organizationId: 'west' }),
    handOut: async () => {
      const window = await service.tokenFor('community', { organizationId: 'sunny' })
      const { code: personalCode } = await done(service.get('/v1/personal-codes', app))
      const { voucher, code } = await done(service.call('POST', '/v1/communities/sunny/vouchers', window, { batchId, personalCode }, keyed()))
      return { id: voucher.id, code }
    }
  }
}

async function environmentOf (t: Test, folder: string, keyFile: string): Promise<Readonly<Record<string, string>>> {
  const siteFile = path.join(folder, 'site.json')
  const hospitals = ['east', 'west', 'north'].map((id) => ({ id, name: `Hospital ${id}` }))
  writeFileSync(siteFile, JSON.stringify({ hospitals, sources: [{ name: 'east', kind: 'mllp', hospital: 'east', port: 0, mappingSite: 'base' }] }))
  return { ...await aDatabase(t), SITE_CONFIG: siteFile, VOUCHER_KEY_FILE: keyFile }
}

/** What a scanner reads from a picture that the service gives. */
async function scanned (service: Service, url: string, token: string): Promise<string | undefined> {
  const response = await fetch(`http://127.0.0.1:${service.served.http}${url}`, { headers: { authorization: `Bearer ${token}` } })
  const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()), { density: 300 }).toColourspace('srgb').flatten({ background: '#fff' }).blur(0.8).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- CommonJS without a default export in its types
  return (jsqr as any)(new Uint8ClampedArray(data), info.width, info.height)?.data
}

/** A hospital's module: it knows the published keys and what it fetched while it had a line. */
async function fetched (service: Service, token: string): Promise<{ readonly list: DenyList | null, readonly verify: VerifySignature, readonly etag: string }> {
  const { keys } = (await service.get('/.well-known/yiqiao-keys.json')).body
  const verify: VerifySignature = (shortId, bytes, signature) => {
    const jwk = keys.find(({ kid }: { kid: string }) => Buffer.from(kid, 'base64url').subarray(0, 4).toString('hex') === shortId)
    return jwk === undefined ? null : verifySignature(null, bytes, createPublicKey({ key: jwk, format: 'jwk' }), signature)
  }
  const { body, headers } = await service.get('/v1/voucher-deny-list', token)
  return { verify, list: openDenyList({ ...body, entries: Buffer.from(body.entries, 'base64') }, { verify, hash: sha256Bytes }), etag: headers.get('etag') ?? '' }
}

t.test('a code of a voucher → is seen by who has it and read by who may, and tells nothing of the person [V-09 V-11 V-12 V-13 V-15 V-23 I-46]', async (t) => {
  const { service, office, app, east, handOut } = await aScene(t, aKey())
  const { id, code } = await handOut()

  t.test('as text and picture → for the person, the community and the back office', async (t) => {
    const sunny = await service.tokenFor('community', { organizationId: 'sunny' })
    for (const token of [app, sunny, office]) t.match(await service.get(`/v1/vouchers/${id}/code`, token), { status: 200, body: { code } })
    t.equal(await scanned(service, `/v1/vouchers/${id}/code.png`, app), code)
    t.equal(await scanned(service, `/v1/vouchers/${id}/code.png?sizeMm=40&dpi=200`, sunny), code)
    t.equal(await scanned(service, `/v1/vouchers/${id}/code.svg`, app), code)
    t.match(await service.get(`/v1/vouchers/${id}/code.png?sizeMm=15&dpi=96`, app), { status: 422, body: { place: 'sizeMm' } })
    t.equal((await service.get(`/v1/vouchers/${id}/code`, app)).headers.get('cache-control'), 'no-store')
  })

  t.test('for anybody else → there is none', async (t) => {
    const others = [await service.tokenFor('community', { organizationId: 'hill' }), await service.tokenFor('patient', { personId: q })]
    for (const token of others) for (const way of ['code', 'code.png', 'code.svg']) t.equal((await service.get(`/v1/vouchers/${id}/${way}`, token)).status, 404)
    for (const token of [east, await service.tokenFor('terminal', { organizationId: 'east' })]) t.equal((await service.get(`/v1/vouchers/${id}/code`, token)).status, 403)
    t.equal((await service.get(`/v1/vouchers/${id}/code`)).status, 401)
  })

  t.test('verified → says what it is worth to whom, and no word of the person', async (t) => {
    const verified = async (token: string, said = code): Promise<Answer['body']> => (await service.post('/v1/voucher-codes/verify', token, { code: said })).body
    const seen = await verified(east)
    t.match(seen, { result: 'valid', voucher: { id, examination: '低剂量胸部CT', department: '社区卫生服务科', firstDay: today, lastDay: addDays(today, 30), uses: 1, usesLeft: 1 } })
    t.notMatch(JSON.stringify(seen), /许|样例|patient|person|0000000a/)
    const tokenOf = (role: 'hospital' | 'community', organizationId: string) => service.tokenFor(role, { organizationId })
    t.strictSame(await verified(await tokenOf('hospital', 'north')), { result: 'other_hospital', voucher: null })
    t.strictSame(await verified(await tokenOf('community', 'hill')), { result: 'unknown', voucher: null })
    t.match(await verified(await tokenOf('community', 'sunny')), { result: 'valid' })
    t.strictSame((await verified(east, code.replace(/.{2}$/, (end) => end === 'AA' ? 'CA' : 'AA'))).result, 'forged')
    t.strictSame((await verified(east, code.toLowerCase())).result, 'unreadable')
    t.equal((await service.post('/v1/voucher-codes/verify', app, { code })).status, 403)
    const trier = await tokenOf('hospital', 'east')
    const tries = await Promise.all(Array.from({ length: 130 }, () => service.post('/v1/voucher-codes/verify', trier, { code: 'YQV:GUESS' })))
    t.strictSame([...new Set(tries.map(({ status }) => status))].sort(), [200, 429], 'who tries codes is stopped')
    t.equal(tries.filter(({ status }) => status === 200).length, 120)
  })

  t.test('the personal code → is a picture too, of the person or a ward, of nobody else', async (t) => {
    t.match(await scanned(service, '/v1/personal-codes/code.png', app), new RegExp(`^YQP:${p.replaceAll('-', '').toUpperCase()}:`))
    t.match(await scanned(service, '/v1/personal-codes/code.svg?sizeMm=30', app), /^YQP:/)
    t.match(await service.get('/v1/me/personal-code', app), { status: 200, body: { code: /^YQP:/ } })
    t.equal((await service.get(`/v1/personal-codes?patientId=${q}`, app)).status, 404)
    t.equal((await service.get(`/v1/personal-codes?patientId=${p}`, app)).status, 200)
    t.equal((await service.get('/v1/personal-codes', east)).status, 403)
  })

  t.test('that is spent → is not handed out again [V-14]', async (t) => {
    await service.call('POST', `/v1/vouchers/${id}/void`, office, { reason: 'lost' }, keyed())
    t.match(await service.get(`/v1/vouchers/${id}/code`, app), { status: 409, body: { code: 'VOUCHER_CODE_NOT_THERE' } })
    t.strictSame((await service.post('/v1/voucher-codes/verify', east, { code })).body.result, 'void')
  })
})

t.test('a hospital whose line is down → goes by the signed list, and what it tells later is spent once [V-06 V-22 V-23 I-40 I-46]', async (t) => {
  const { service, office, app, east, west, handOut } = await aScene(t, aKey())
  const [one, two, three] = [await handOut(), await handOut(), await handOut()]
  const { list, verify, etag } = await fetched(service, east)
  t.match(list, { sequence: 1, count: 0, batches: [{ hospitals: ['east', 'west'] }] })
  const etagged = await fetch(`http://127.0.0.1:${service.served.http}/v1/voucher-deny-list`, { headers: { authorization: `Bearer ${east}`, 'if-none-match': etag } })
  t.equal(etagged.status, 304)
  t.equal((await service.get('/v1/voucher-deny-list', app)).status, 403)

  const offline = (hospitalId: string, code: string) => verifyOffline(code, { list, verify, hospitalId, now: new Date(), today, wasTakenHere: () => false })
  t.match(offline('east', one.code), { kind: 'accepted', voucherId: one.id, batch: { service: '低剂量胸部CT' }, listSequence: 1 })
  t.match(offline('west', one.code), { kind: 'accepted' }, 'two hospitals with no line cannot know of each other')
  t.match(offline('north', one.code), { kind: 'refused', reason: 'other_hospital' })

  const { code: personalCode } = (await service.get('/v1/personal-codes', app)).body
  const usedAt = new Date().toISOString()
  const entry = (entryId: string, code: string, facts: object = { personalCode }) => ({ entryId, code, usedAt, listSequence: 1, ...facts })
  const sync = async (token: string, entries: readonly object[], headers = keyed()): Promise<Answer> => service.call('POST', '/v1/voucher-uses/sync', token, { entries }, headers)

  const told = [entry('e1', one.code), entry('e2', two.code, { patientId: p }), entry('e3', three.code, { patientId: q })]
  const first = await sync(east, told)
  t.match(first, { status: 200, body: { items: [{ entryId: 'e1', outcome: 'taken', reason: null }, { entryId: 'e2', outcome: 'taken' }, { entryId: 'e3', outcome: 'refused', reason: 'other_person', useId: null }] } })
  t.strictSame((await sync(east, told)).body, first.body, 'told again, also under another key')
  t.match((await sync(west, [entry('w1', one.code)])).body, { items: [{ outcome: 'refused', reason: 'spent' }] })
  t.match((await service.get(`/v1/voucher-uses/${first.body.items[0].useId}`, east)).body, { state: 'used', hospitalId: 'east' })
  t.match(await service.call('POST', '/v1/voucher-uses', east, { voucherCode: one.code, personalCode }, keyed()), { status: 409 }, 'nor is it used again at the counter')
  t.strictSame((await service.post('/v1/voucher-codes/verify', west, { code: one.code })).body.result, 'in_use')
  t.match(await sync(east, told, {}), { status: 400, body: { code: 'IDEMPOTENCY_KEY_REQUIRED' } })
  t.equal((await sync(east, [told[0] as object, told[0] as object])).status, 422)
  t.equal((await sync(east, Array.from({ length: 201 }, (_, place) => entry(`x${place}`, one.code)))).status, 400)
  t.equal((await sync(app, told)).status, 403)

  t.test('what did not count → is shown to the back office, which settles it once', async (t) => {
    const open = async (token: string): Promise<Answer['body']> => (await service.get('/v1/voucher-offline-uses?open=true', token)).body.items
    t.match((await open(office)).map(({ hospitalId, reason }: Answer['body']) => `${hospitalId} ${reason}`).sort(), ['east other_person', 'west spent'])
    t.match((await open(west)).map(({ entryId }: Answer['body']) => entryId), ['w1'], 'a hospital sees its own')
    const { id } = (await open(west))[0]
    const settle = (token: string): Promise<Answer> => service.call('POST', `/v1/voucher-offline-uses/${id}/settle`, token, { how: 'programme_pays' }, keyed())
    t.equal((await settle(west)).status, 403)
    t.equal((await settle(await service.tokenFor('finance', { organizationId: 'west' }))).status, 403, 'nor does the hospital\'s own finance')
    t.match(await settle(office), { status: 200, body: { settled: { how: 'programme_pays' } } })
    t.match(await settle(office), { status: 409, body: { code: 'OFFLINE_USE_SETTLED' } })
    t.strictSame(await open(west), [])
  })
})

t.test('a change of the key → codes that people have stay good while its public half is in the file, and not longer [V-11 V-27]', async (t) => {
  const [old, young] = [aKey(), aKey()]
  const scene = await aScene(t, old)
  const before = await scene.handOut()
  const verified = async (service: Service, code: string): Promise<string> => (await service.post('/v1/voucher-codes/verify', scene.east, { code })).body.result
  // With the key that documents are signed with.
  const published = async (service: Service): Promise<number> => (await service.get('/.well-known/yiqiao-keys.json')).body.keys.length
  t.strictSame([await verified(scene.service, before.code), await published(scene.service)], ['valid', 2])

  writeFileSync(scene.keyFile, pemOf(young) + pemOf(createPublicKey(old)))
  const rotated = await scene.service.restarted()
  t.strictSame([await verified(rotated, before.code), await published(rotated)], ['valid', 3])
  t.equal((await rotated.get(`/v1/vouchers/${before.id}/code`, scene.app)).body.code, before.code, 'what is on paper stays as it is')

  writeFileSync(scene.keyFile, pemOf(young))
  const forgotten = await rotated.restarted()
  t.strictSame([await verified(forgotten, before.code), await published(forgotten)], ['unknown', 2])
  const needed = await forgotten.served.parts.store.inReading(({ codeKeys }) => codeKeys.needed(new Date()))
  t.equal(needed.length, 2, 'the start has seen that the old key is missed')
})
