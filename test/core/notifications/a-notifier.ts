import { randomUUID } from 'node:crypto'
import { httpPush } from '../../../adapters/push/index.ts'
import { startPushProvider, type PushProvider } from '../../../adapters/simulators/push.ts'
import { startSmsGateway, type SmsFaultKind, type SmsGateway } from '../../../adapters/simulators/sms-gateway.ts'
import { httpSms } from '../../../adapters/sms/http-sms.ts'
import { instantIn } from '../../../adapters/http/index.ts'
import type { Store } from '../../../adapters/store/index.ts'
import { keysFrom, openingSms } from '../../../app/compose/access-keys.ts'
import { nobodyOutside, type Area, type AreaDeps } from '../../../app/compose/area.ts'
import { composeNotifications } from '../../../app/compose/notifications.ts'
import { accountFor, type WechatAccount } from '../../../core/access/index.ts'
import { calendarIn } from '../../../core/clock.ts'
import { startOfDayIn } from '../../../core/days.ts'
import { noticeMessage, type Notice } from '../../../core/notice.ts'
import type { KeptNotice } from '../../../core/notifications/index.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'

export const keys = keysFrom(Buffer.alloc(32, 7))
export const annasPhone = '000-0000-0001'
const zone = 'Asia/Shanghai'
const realNow = new Date('2026-11-22T03:00:00Z')

export interface ANotifier {
  readonly store: Store
  readonly area: Area
  readonly sms: SmsGateway
  readonly push: PushProvider
  /** Template messages that the official account took. */
  readonly wechat: Array<{ readonly openid: string, readonly templateId: string }>
  /** Business time. */
  readonly time: { now: Date }
  readonly tell: (key: string, change?: Partial<Notice>) => Promise<boolean>
  /** Carries out what is due; answers codes of those that were refused and stay due. */
  readonly carry: () => Promise<readonly string[]>
  /** Carries business time on, with what falls due by itself. */
  readonly waitUntil: (instant: string) => Promise<void>
  readonly kept: (key: string) => Promise<KeptNotice | null>
  readonly smsFault: (kind: SmsFaultKind, count?: number) => void
}

/** Notifications on a store of their own, with simulated carriers; Anna is known at two hospitals and has an account. */
export async function aNotifier (t: Teardown, { wechatAnswer = 'taken', hasSms = true }: { readonly wechatAnswer?: 'taken' | 'refused', readonly hasSms?: boolean } = {}): Promise<ANotifier> {
  const store = await freshStore(t)
  const time = { now: new Date('2027-03-02T10:00:00+08:00') }
  const clock = { now: () => time.now }
  const wallClock = { now: () => realNow }
  const secret = Buffer.from('a secret of the test')
  const sms = await startSmsGateway({ host: '127.0.0.1', port: 0, secret, clock, realClock: wallClock })
  const push = await startPushProvider({ host: '127.0.0.1', port: 0, appId: 'app', secret, clock, realClock: wallClock })
  t.teardown(async () => { await Promise.all([sms.close(), push.close()]) })
  const ids = { next: randomUUID }
  const wechat: ANotifier['wechat'] = []
  const account = {
    sendTemplate: async ({ openid, templateId }: { readonly openid: string, readonly templateId: string }) => {
      if (wechatAnswer === 'taken') wechat.push({ openid, templateId })
      return wechatAnswer
    }
  } as unknown as WechatAccount
  const area = composeNotifications({
    config: { site: { hospitals: [{ id: 'east', name: 'East Hospital' }], payAfterCare: { dunningFrom: '09:00', dunningUntil: '20:00' } } },
    store, clock, wallClock, ids, keys, calendar: calendarIn(zone), startOfDay: startOfDayIn(zone), writeInstant: instantIn(zone), notifyOutbox: () => undefined, wechat: account,
    sms: hasSms ? openingSms(httpSms({ url: sms.url, secret, clock: wallClock, nonces: ids, timeoutMs: 2_000 }), keys) : null,
    outside: { ...nobodyOutside, push: httpPush({ url: push.url, appId: 'app', secret, clock: wallClock, nonces: ids, timeoutMs: 2_000 }) }
  } as unknown as AreaDeps)
  await store.inTransaction(async ({ patients, accounts }) => {
    for (const id of ['east-anna', 'west-anna']) await patients.save({ id, hospitalId: id.split('-')[0] ?? '', personId: 'east-anna', name: null, birthDate: null, gender: null, active: true, identifiers: [] })
    await accounts.add(accountFor({ ...keys, ids }, { phone: annasPhone, personId: 'east-anna' }, time.now))
  })
  const carry = async (): Promise<readonly string[]> => {
    const refused: string[] = []
    for (const message of await store.inReading(({ outbox }) => outbox.due(realNow, 100, 'notice'))) {
      try {
        await area.carryOut['notice']?.(message)
        await store.inTransaction(({ outbox }) => outbox.markDone(message.id, time.now))
      } catch (error) {
        refused.push((error as { readonly code: string }).code)
      }
    }
    return refused
  }
  const [timer] = area.timers
  return {
    store, area, sms, push, wechat, time, carry,
    tell: (key, change = {}) => store.inTransaction(({ outbox }) => outbox.add(noticeMessage(
      { template: 'bill_due', patientId: 'west-anna', phone: keys.sealed(annasPhone), params: { amount: '148.30', dueOn: '2027-03-08', hospital: 'east' }, ...change }, { id: ids.next(), key, at: time.now }))),
    waitUntil: async (instant) => {
      const nextDue = async (): Promise<Date | null> => timer === undefined ? null : await store.inReading(timer.nextDue)
      for (let dueAt = await nextDue(); dueAt !== null && dueAt <= new Date(instant); dueAt = await nextDue()) {
        if (dueAt > time.now) time.now = dueAt
        await timer?.run(dueAt)
        await carry()
      }
      time.now = new Date(instant)
      await carry()
    },
    kept: (key) => store.inReading(({ notices }) => notices.findKept(key)),
    smsFault: (kind, count = 1) => { sms.setFaults([{ kind, rate: 1, count, seed: 1 }]) }
  }
}
