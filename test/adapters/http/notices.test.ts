import t from 'tap'
import type { AreaDeps } from '../../../app/compose/area.ts'
import { nobodyOutside } from '../../../app/compose/area.ts'
import { composeNotifications } from '../../../app/compose/notifications.ts'
import { instantIn } from '../../../adapters/http/index.ts'
import { calendarIn } from '../../../core/clock.ts'
import { startOfDayIn } from '../../../core/days.ts'
import type { KeptNotice } from '../../../core/notifications/index.ts'
import { aHospital } from './a-hospital.ts'
import { caller } from './a-phone.ts'
import { aServer, businessNow, keys, tokensOfAllRoles, type AServer } from './a-server.ts'
import type { Teardown } from '../../fixtures/store.ts'

const sentAt = new Date('2027-03-01T00:10:00Z')
const aNotice = (key: string, patientId: string, change: Partial<KeptNotice> = {}): KeptNotice => ({
  key, template: 'bill_due', patientId, staffId: null, state: 'sent', channel: 'sms', proofId: null, reason: null, queuedAt: sentAt, sentAt, provenAt: null, messageId: `m-${key}`,
  params: { hospital: 'east', amount: '148.30', dueOn: '2027-03-08' }, tried: [], lookAt: null, asks: 0, ...change
})

/** Anna with notices at both hospitals, a stranger with one. */
async function aTown (t: Teardown): Promise<AServer> {
  let count = 0
  const zone = 'Asia/Shanghai'
  const server = await aServer(t)
  const [routes] = composeNotifications({
    config: { site: { hospitals: [{ id: 'east', name: 'East Hospital' }], payAfterCare: { dunningFrom: '09:00', dunningUntil: '20:00' } } }, store: server.store, clock: { now: () => businessNow },
    ids: { next: () => `id-${count += 1}` }, keys, calendar: calendarIn(zone), startOfDay: startOfDayIn(zone), writeInstant: instantIn(zone), notifyOutbox: () => undefined, sms: null, wechat: null, outside: nobodyOutside
  } as unknown as AreaDeps).routes
  if (routes === undefined) throw new Error('notifications have routes')
  await server.server.register(routes)
  await aHospital(server.store)
  await server.store.inTransaction(async ({ notices }) => {
    await notices.keep(aNotice('bill_due:b1:1', 'east-anna'))
    await notices.keep(aNotice('gone', 'east-anna', { queuedAt: new Date('2027-02-01T00:00:00Z'), state: 'suppressed', reason: 'nothing_owed', sentAt: null, channel: null }))
    await notices.keep(aNotice('west', 'west-anna', { queuedAt: new Date('2027-02-02T00:00:00Z'), state: 'undelivered', template: 'pre_report_notice', params: { amount: '1.00', dueOn: '2027-03-08', bureau: 'B' } }))
    await notices.keep(aNotice('of-berta', 'west-berta'))
  })
  return server
}

t.test('the notices of a person', async (t) => {
  const town = await aTown(t)
  const call = caller(town)
  const tokens = await tokensOfAllRoles(town)

  t.test('are what they and their guardians were told, in words, the newest first', async (t) => {
    for (const role of ['patient', 'guardian'] as const) {
      const { status, body } = await call('GET', '/v1/me/notices', tokens[role])
      t.strictSame([status, body.items.map(({ key }: { readonly key: string }) => key)], [200, ['bill_due:b1:1', 'west', 'gone']], role)
      t.match(body.items[0], { state: 'sent', text: '您在East Hospital的就诊费用共148.30元，请于2027-03-0824时前支付。', provenAt: null })
      t.equal(body.items[2].text, null, 'what was not sent after all is not said')
    }
    t.strictSame((await call('GET', '/v1/me/notices', tokens.doctor)).body.items, [], 'a doctor has notices of their own')
    for (const role of ['desk', 'finance', 'operator', 'terminal', 'bureau'] as const) t.equal((await call('GET', '/v1/me/notices', tokens[role])).status, 403, role)
  })

  t.test('opened in the app are read and so proven, by whom they are for only [I-31]', async (t) => {
    const read = (key: string, token: string) => call('POST', `/v1/me/notices/${encodeURIComponent(key)}/read`, token, {})
    t.strictSame((await read('of-berta', tokens.patient)).body.code, 'NOTICE_NOT_FOUND')
    t.strictSame((await read('nobody', tokens.patient)).body.code, 'NOTICE_NOT_FOUND')
    const { status, body } = await read('bill_due:b1:1', tokens.patient)
    t.match([status, body], [200, { state: 'read', provenAt: '2027-03-01T08:30:00.000+08:00' }])
    const kept = await town.store.inReading(({ notices }) => notices.findKept('bill_due:b1:1'))
    t.match(kept, { state: 'read', proofId: /^read-id-/ })
    await read('bill_due:b1:1', tokens.guardian)
    t.strictSame(await town.store.inReading(({ notices }) => notices.findKept('bill_due:b1:1')), kept, 'read once')
  })

  t.test('are shown with their proofs to finance of that hospital, and to nobody else\'s', async (t) => {
    const head = await town.tokenOf('finance', { organizationId: null })
    const west = await town.tokenOf('finance', { organizationId: 'west' })
    const keysSeen = async (token: string, patient: string): Promise<unknown> => {
      const { body } = await call('GET', `/v1/notices?patient=${patient}`, token)
      return body.code ?? body.items.map(({ key }: { readonly key: string }) => key)
    }
    t.strictSame([await keysSeen(tokens.finance, 'east-anna'), await keysSeen(west, 'west-anna'), await keysSeen(head, 'east-anna'), await keysSeen(tokens.finance, 'west-berta'), await keysSeen(tokens.patient, 'east-anna')],
      [['bill_due:b1:1', 'gone'], ['west'], ['bill_due:b1:1', 'west', 'gone'], 'PATIENT_NOT_FOUND', 'ACCESS_DENIED'])
  })

  t.test('that went by registered letter are proven by its number [I-31]', async (t) => {
    const west = await town.tokenOf('finance', { organizationId: 'west' })
    const letter = { letterNumber: 'XA123456789CN', sentAt: '2027-02-20T10:00:00+08:00', deliveredAt: '2027-02-22T10:00:00+08:00' }
    const send = (token: string, change: Partial<typeof letter> = {}) => call('POST', '/v1/notices/west/letter', token, { ...letter, ...change })
    t.strictSame([(await send(tokens.finance)).body.code, (await send(tokens.patient)).body.code], ['NOTICE_NOT_FOUND', 'ACCESS_DENIED'])
    t.equal((await send(west, { deliveredAt: '2027-02-19T10:00:00+08:00' })).body.code, 'REQUEST_INVALID')
    t.equal((await send(west, { deliveredAt: '2027-04-01T10:00:00+08:00' })).body.code, 'REQUEST_INVALID')
    t.match((await send(west)).body, { state: 'delivered', channel: 'letter', proofId: 'XA123456789CN', sentAt: '2027-02-20T10:00:00.000+08:00', provenAt: '2027-02-22T10:00:00.000+08:00' })
    t.match((await send(west, { letterNumber: 'XA2' })).body, { proofId: 'XA123456789CN' }, 'the first proof stays')
  })
})

t.test('a device with the app', async (t) => {
  const town = await aTown(t)
  const call = caller(town)
  const tokens = await tokensOfAllRoles(town)
  const register = (token: string, body: unknown = { token: 'token-of-a-device', platform: 'ios' }) => call('POST', '/v1/me/devices', token, body)

  t.test('is registered by its owner, sealed, and dropped by its owner only', async (t) => {
    const { status, body } = await register(tokens.patient)
    t.match([status, body], [200, { id: /^id-/, platform: 'ios' }])
    t.strictSame((await register(tokens.patient)).body, body, 'again it is the same one')
    const [device] = await town.store.inReading(({ devices }) => devices.ofOwners(['east-anna']))
    t.match(device, { token: /^sealed:/, tokenKey: /^[0-9a-f]{64}$/ })
    t.strictSame([(await call('DELETE', `/v1/me/devices/${body.id}`, tokens.guardian)).body.code, (await call('DELETE', `/v1/me/devices/${body.id}`, tokens.patient)).status, (await call('DELETE', `/v1/me/devices/${body.id}`, tokens.patient)).body.code],
      ['DEVICE_NOT_FOUND', 204, 'DEVICE_NOT_FOUND'])
    t.notOk(town.logged.some((line) => line.includes('token-of-a-device')))
  })

  t.test('of an unknown kind, or of somebody without an account, is refused', async (t) => {
    t.equal((await register(tokens.patient, { token: 'token-of-a-device', platform: 'toaster' })).status, 400)
    t.equal((await register(tokens.patient, { token: 'short', platform: 'ios' })).status, 400)
    t.equal((await register(tokens.desk)).status, 403)
  })
})
