import type { Test } from 'tap'
import type { NoticeRecord } from '../../core/notice.ts'
import type { Device, KeptNotice } from '../../core/notifications/index.ts'
import type { OpenStore } from './store-under-test.ts'

const at = (minute: number): Date => new Date(Date.UTC(2027, 2, 1, 1, minute))
const aNotice = (key: string, given: Partial<KeptNotice> = {}): KeptNotice => ({
  key, template: 'dunning', patientId: 'p1', staffId: null, state: 'queued', channel: null, proofId: null, reason: null, queuedAt: at(0), sentAt: null, provenAt: null, messageId: `m-${key}`, params: { amount: '1.00' }, tried: [],
  lookAt: null, asks: 0, ...given
})
const recordOf = ({ key, template, patientId, staffId, state, channel, proofId, reason, queuedAt, sentAt, provenAt }: KeptNotice): NoticeRecord => ({ key, template, patientId, staffId, state, channel, proofId, reason, queuedAt, sentAt, provenAt })
const keysOf = (found: ReadonlyArray<{ readonly key: string }>): string => found.map(({ key }) => key).join(' ')

export function noticeStoreContract (t: Test, open: OpenStore): void {
  t.test('a notice to a doctor → is the doctor\'s, and nobody else\'s', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ notices }) => {
      const told = aNotice('s1', { template: 'order_assigned', patientId: null, staffId: 'd1' })
      await notices.keep(told)
      await notices.keep(aNotice('k1'))
      t.strictSame([await notices.findKept('s1'), await notices.listOfStaff('d1', { limit: 5, offset: 0 }), await notices.listOfStaff('d2', { limit: 5, offset: 0 })], [told, [told], []])
      t.equal(keysOf(await notices.listKept(['p1'], { limit: 5, offset: 0 })), 'k1')
    })
  })

  t.test('a notice → is read back as kept and replaced as a whole; its record alone leaves the rest as it is', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ notices }) => {
      const full = aNotice('k1', { state: 'delivered', channel: 'sms', proofId: 'SMS1', reason: 'r', sentAt: at(1), provenAt: at(2), tried: ['push', 'sms'], lookAt: at(3), asks: 4 })
      for (const notice of [aNotice('k1'), full]) {
        await notices.keep(notice)
        t.strictSame(await notices.findKept('k1'), notice)
        t.strictSame(await notices.find('k1'), recordOf(notice))
      }
      const suppressed = { ...recordOf(full), state: 'suppressed', reason: 'paid' } as const
      await notices.save(suppressed)
      t.strictSame(await notices.findKept('k1'), { ...full, ...suppressed })
      await notices.save(recordOf(aNotice('k2')))
      t.strictSame(await notices.find('k2'), recordOf(aNotice('k2')))
      t.strictSame([await notices.findAll(['k2', 'nobody']), (await notices.findAll(['k1', 'k2'])).length, await notices.findAll([])], [[recordOf(aNotice('k2'))], 2, []])
      t.strictSame([await notices.find('nobody'), await notices.findKept('nobody')], [null, null])
    })
  })

  t.test('notices → are listed by person, the newest first, and found when they are to be looked after', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ notices }) => {
      t.equal(await notices.nextLookAt(), null)
      await notices.keep(aNotice('k1', { lookAt: at(20) }))
      await notices.keep(aNotice('k2', { queuedAt: at(1), patientId: 'p2', state: 'sent', lookAt: at(10) }))
      await notices.keep(aNotice('k3', { queuedAt: at(2), state: 'sent', lookAt: at(30) }))
      await notices.keep(aNotice('k4', { queuedAt: at(3), state: 'sent' }))
      t.strictSame(await notices.nextLookAt(), at(10))
      t.strictSame([keysOf(await notices.toLookAfter(at(20), 10)), keysOf(await notices.toLookAfter(at(9), 10)), keysOf(await notices.toLookAfter(at(30), 1)), keysOf(await notices.awaitingReceipt(10)), keysOf(await notices.awaitingReceipt(1))],
        ['k2 k1', '', 'k2', 'k2 k3', 'k2'])
      const page = { limit: 10, offset: 0 }
      t.strictSame([keysOf(await notices.list(['p1'], page)), keysOf(await notices.listKept(['p1', 'p2'], { limit: 2, offset: 1 })), keysOf(await notices.list([], page))], ['k4 k3 k1', 'k3 k2', ''])
    })
  })
}

export function deviceStoreContract (t: Test, open: OpenStore): void {
  t.test('a device → moves to who registers it, keeps its id, and is dropped by its owner only', async (t) => {
    const { inTransaction } = await open(t)
    const device = (id: string, given: Partial<Device> = {}): Device => ({ id, ownerId: 'a1', tokenKey: `key-${id}`, token: `sealed-${id}`, platform: 'ios', registeredAt: at(0), ...given })
    await inTransaction(async ({ devices }) => {
      await devices.save(device('d1'))
      await devices.save(device('d2', { registeredAt: at(1) }))
      t.strictSame(await devices.ofOwners(['a1', 'a2']), [device('d2', { registeredAt: at(1) }), device('d1')])
      await devices.save(device('d3', { ownerId: 'a2', tokenKey: 'key-d1', token: 'sealed-anew', platform: 'android', registeredAt: at(2) }))
      t.strictSame(await devices.ofOwners(['a2']), [device('d1', { ownerId: 'a2', tokenKey: 'key-d1', token: 'sealed-anew', platform: 'android', registeredAt: at(2) })])
      t.strictSame([await devices.drop('d2', 'a2'), await devices.drop('d2', 'a1'), await devices.drop('d2', 'a1')], [false, true, false])
      t.strictSame(await devices.ofOwners([]), [])
    })
  })
}
