import t, { type Test } from 'tap'
import { carrierCallbackPath, httpCarrier } from '../../../adapters/logistics/index.ts'
import { signedHeaders } from '../../../adapters/logistics/signature.ts'
import { startCarrier, type CarrierFaultKind, type CarrierSimulator } from '../../../adapters/simulators/carrier.ts'
import type { Carrier } from '../../../core/prescriptions/index.ts'

const known = { appId: 'yiqiao', secret: Buffer.from('a secret of the test') }
const businessTime = new Date('2027-03-01T10:00:00+08:00')
const realTime = new Date('2026-11-22T03:00:00Z')
const clock = { now: () => realTime }

async function aCarrier (t: Test): Promise<{ readonly simulated: CarrierSimulator, readonly carrier: Carrier }> {
  let count = 0
  const ids = { next: () => `id-${++count}` }
  const simulated = await startCarrier({ host: '127.0.0.1', port: 0, ...known, clock: { now: () => businessTime }, realClock: clock, ids, callback: () => null })
  t.teardown(simulated.close)
  return { simulated, carrier: httpCarrier({ ...known, url: simulated.url, clock, nonces: ids, timeoutMs: 2_000 }) }
}

const parcel = { number: 'YQ1', hospitalId: 'east', to: { name: '许样例', phone: '021-00000000', address: '示范路1号' } }
const once = (kind: CarrierFaultKind): ReadonlyArray<{ kind: CarrierFaultKind, rate: number, count: number, seed: number }> => [{ kind, rate: 1, count: 1, seed: 1 }]

t.test('a parcel → is made once of a number, also where the answer was lost; the carrier learns where to and nothing else [C13]', async (t) => {
  const { simulated, carrier } = await aCarrier(t)
  simulated.setFaults(once('lost'))
  await t.rejects(carrier.create(parcel), { code: 'OUTSIDE_UNAVAILABLE' })
  const first = await carrier.create(parcel)
  t.strictSame([first, await carrier.create(parcel)], [{ trackingNumber: 'SF000000000001' }, { trackingNumber: 'SF000000000001' }])
  t.strictSame(simulated.items(null).map(({ key, body }) => [key, body]), [['YQ1', { trackingNumber: 'SF000000000001', shipper: 'east', recipient: parcel.to }]])
  await t.rejects(carrier.create({ ...parcel, to: { ...parcel.to, name: 'x' } }), { code: 'OUTSIDE_REFUSED' }, 'the same number with another address')
})

t.test('a carrier that is down → may be tried again; one that refuses will never take it', async (t) => {
  const { simulated, carrier } = await aCarrier(t)
  simulated.setFaults(once('unavailable'))
  await t.rejects(carrier.create(parcel), { code: 'OUTSIDE_UNAVAILABLE' })
  simulated.setFaults(once('refused'))
  await t.rejects(carrier.create(parcel), { code: 'OUTSIDE_REFUSED' })
  const nobody = httpCarrier({ ...known, url: 'http://127.0.0.1:1', clock, nonces: { next: () => 'n' }, timeoutMs: 500 })
  await t.rejects(nobody.track('YQ1'), { code: 'OUTSIDE_UNAVAILABLE' })
  const stranger = httpCarrier({ ...known, secret: Buffer.from('another'), url: simulated.url, clock, nonces: { next: () => 'n' }, timeoutMs: 500 })
  await t.rejects(stranger.create(parcel), { code: 'OUTSIDE_REFUSED' }, 'a signature of another secret')
})

t.test('where it is → is told by events with the carrier\'s own time [C13]', async (t) => {
  const { simulated, carrier } = await aCarrier(t)
  t.equal(await carrier.track('YQ1'), null)
  await carrier.create(parcel)
  t.strictSame(await carrier.track('YQ1'), { trackingNumber: 'SF000000000001', events: [] })
  for (const act of ['pickup', 'move', 'deliver'] as const) await simulated.act(act, 'SF000000000001')
  t.match(await carrier.track('YQ1'), { events: [{ kind: 'picked_up', at: businessTime, place: '揽收网点' }, { kind: 'in_transit' }, { kind: 'delivered' }] })
  t.equal(await simulated.act('lose', 'YQ2'), null)
})

t.test('a call-back → is believed with the right signature over path and body, in time [C13]', async (t) => {
  const { carrier } = await aCarrier(t)
  const body = JSON.stringify({ number: 'YQ1', events: [{ id: 'e1', kind: 'delivered', at: '2027-03-01T02:00:00Z' }, { id: 'e2', kind: 'flown', at: '2027-03-01T02:00:00Z', place: 'x' }, { kind: 'lost' }, 7] })
  const headers = (change: object = {}): Readonly<Record<string, string>> => signedHeaders({ appId: 'yiqiao', timestamp: String(realTime.getTime() / 1000), nonce: 'n', path: carrierCallbackPath, body, ...change }, known.secret)
  const heard = (given = headers(), text = body, now = realTime): unknown => carrier.readCallback(given, Buffer.from(text), now)
  t.strictSame(heard(), { number: 'YQ1', events: [{ id: 'e1', kind: 'delivered', at: new Date('2027-03-01T02:00:00Z'), place: null }, { id: 'e2', kind: 'unknown', at: new Date('2027-03-01T02:00:00Z'), place: 'x' }] }, 'what is no event is left out, an unknown kind says nothing')
  t.strictSame([heard(headers({ path: '/v1/other' })), heard(headers({ appId: 'other' })), heard({}), heard(headers(), `${body} `), heard(headers(), body, new Date(realTime.getTime() + 300_001))], [null, null, null, null, null])
  t.ok(heard(headers(), body, new Date(realTime.getTime() + 300_000)))
})
