import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { httpPush, type HttpPushOptions } from '../../../adapters/push/index.ts'
import { startPushProvider, type PushFaultKind, type PushProvider } from '../../../adapters/simulators/push.ts'
import type { PushSender } from '../../../core/notifications/index.ts'

const secret = Buffer.from('a secret of the test')
const businessTime = new Date('2027-03-01T10:00:00+08:00')
const realTime = new Date('2026-11-22T03:00:00Z')
const aMessage = { token: 'token-of-a-device', platform: 'android', title: '账单提醒', text: '请在应用内查看。', key: 'k1' } as const

async function aProvider (t: Test): Promise<PushProvider> {
  const provider = await startPushProvider({ host: '127.0.0.1', port: 0, appId: 'app', secret, clock: { now: () => businessTime }, realClock: { now: () => realTime } })
  t.teardown(provider.close)
  return provider
}

const aSender = (url: string, change: Partial<HttpPushOptions> = {}): PushSender => httpPush({ url, appId: 'app', secret, clock: { now: () => realTime }, nonces: { next: randomUUID }, timeoutMs: 2_000, ...change })
const once = (kind: PushFaultKind) => [{ kind, rate: 1, count: 1, seed: 1 }]

t.test('a push message', async (t) => {
  const provider = await aProvider(t)
  const sender = aSender(provider.url)

  t.test('reaches the device once, however often it is handed over', async (t) => {
    t.strictSame([await sender.push(aMessage), await sender.push(aMessage)], ['taken', 'taken'])
    t.strictSame(provider.items(null), [{ at: businessTime, kind: 'push', key: 'k1', body: { token: 'token-of-a-device', platform: 'android', title: '账单提醒', text: '请在应用内查看。' } }])
    await t.rejects(sender.push({ ...aMessage, text: 'other' }), { code: 'OUTSIDE_REFUSED' })
  })

  for (const [kind, count] of [['unavailable', 0], ['dropped', 0], ['lost', 1]] as const) {
    t.test(`whose answer is ${kind} may be tried again`, async (t) => {
      const key = `key-${kind}`
      const items = (): number => provider.items(null).filter((item) => item.key === key).length
      provider.setFaults(once(kind))
      await t.rejects(sender.push({ ...aMessage, key }), { code: 'OUTSIDE_UNAVAILABLE' })
      t.equal(items(), count)
      t.equal(await sender.push({ ...aMessage, key }), 'taken')
      t.equal(items(), 1)
    })
  }

  t.test('to a device without the app is told to be gone', async (t) => {
    provider.uninstall('gone-device', true)
    t.equal(await sender.push({ ...aMessage, token: 'gone-device', key: 'k2' }), 'gone')
    provider.uninstall('gone-device', false)
    t.equal(await sender.push({ ...aMessage, token: 'gone-device', key: 'k2' }), 'taken')
  })

  t.test('that is signed with another secret, of another app, too old or replayed is refused', async (t) => {
    for (const change of [{ secret: Buffer.from('other') }, { appId: 'other' }, { clock: { now: () => new Date(realTime.getTime() - 300_001) } }]) {
      await t.rejects(aSender(provider.url, change).push({ ...aMessage, key: 'k3' }), { code: 'OUTSIDE_REFUSED' })
    }
    const replaying = aSender(provider.url, { nonces: { next: () => 'the-same' } })
    t.equal(await replaying.push({ ...aMessage, key: 'k4' }), 'taken')
    await t.rejects(replaying.push({ ...aMessage, key: 'k5' }), { code: 'OUTSIDE_REFUSED' })
    t.strictSame(provider.items(null).filter(({ key }) => key === 'k3' || key === 'k5'), [])
  })

  t.test('to nobody gives up after its time-out, and tells nothing of the message', async (t) => {
    await t.rejects(aSender('http://127.0.0.1:9/push').push(aMessage), { code: 'OUTSIDE_UNAVAILABLE', message: /^(?!.*token-of).*$/ })
  })
})
