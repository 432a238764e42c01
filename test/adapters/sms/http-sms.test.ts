import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { httpSms, type HttpSmsOptions } from '../../../adapters/sms/http-sms.ts'
import { signatureHeaders, signatureOf } from '../../../adapters/sms/signature.ts'
import { startSmsGateway, type SmsFaultKind, type SmsGateway } from '../../../adapters/simulators/sms-gateway.ts'
import type { SmsMessage } from '../../../core/notifications/index.ts'

const secret = Buffer.from('a secret of the test')
const businessTime = new Date('2027-03-01T10:00:00+08:00')
const realTime = new Date('2026-11-22T03:00:00Z')

async function aGateway (t: Test): Promise<SmsGateway> {
  const gateway = await startSmsGateway({ host: '127.0.0.1', port: 0, secret, clock: { now: () => businessTime }, realClock: { now: () => realTime } })
  t.teardown(gateway.close)
  return gateway
}

function aSender (url: string, changes: Partial<HttpSmsOptions> = {}): ReturnType<typeof httpSms> {
  let count = 0
  return httpSms({ url, secret, clock: { now: () => realTime }, nonces: { next: () => `nonce-${++count}-${JSON.stringify(Object.keys(changes))}` }, timeoutMs: 2_000, ...changes })
}

const aMessage = (changes: Partial<SmsMessage> = {}): SmsMessage =>
  ({ to: '000-0000-0001', templateId: 'alert', params: { code: 'queue-age' }, key: 'k1', ...changes })

const strikeOnce = (kind: SmsFaultKind): ReadonlyArray<{ kind: SmsFaultKind, rate: number, count: number, seed: number }> => [{ kind, rate: 1, count: 1, seed: 1 }]

t.test('a text message', async (t) => {
  t.test('reaches the carrier with template and parameters, at business time', async (t) => {
    const gateway = await aGateway(t)
    await aSender(gateway.url).send(aMessage())
    t.strictSame(gateway.items(null), [{ at: businessTime, kind: 'sms', key: 'k1', body: { to: '000-0000-0001', templateId: 'alert', params: { code: 'queue-age' } } }])
    t.strictSame(gateway.items(new Date('2027-03-01T10:00:00.001+08:00')), [])
  })

  t.test('is sent once, however often it is handed over', async (t) => {
    const gateway = await aGateway(t)
    const sms = aSender(gateway.url)
    await sms.send(aMessage())
    await sms.send(aMessage())
    t.equal(gateway.items(null).length, 1)
  })

  t.test('whose answer was lost may be tried again and is still sent once', async (t) => {
    const gateway = await aGateway(t)
    const sms = aSender(gateway.url)
    gateway.setFaults(strikeOnce('lost'))
    await t.rejects(sms.send(aMessage()), { code: 'OUTSIDE_UNAVAILABLE' })
    await sms.send(aMessage())
    t.equal(gateway.items(null).length, 1)
  })

  for (const kind of ['unavailable', 'busy', 'dropped'] as const) {
    t.test(`meets a gateway that is ${kind} → is not sent, and may be tried again`, async (t) => {
      const gateway = await aGateway(t)
      const sms = aSender(gateway.url)
      gateway.setFaults(strikeOnce(kind))
      await t.rejects(sms.send(aMessage()), { code: 'OUTSIDE_UNAVAILABLE', kind: 'unavailable' })
      t.strictSame(gateway.items(null), [])
      await sms.send(aMessage())
      t.equal(gateway.items(null).length, 1)
    })
  }

  t.test('that the gateway refuses is not tried again by itself', async (t) => {
    const gateway = await aGateway(t)
    gateway.setFaults(strikeOnce('refused'))
    await t.rejects(aSender(gateway.url).send(aMessage()), { code: 'OUTSIDE_REFUSED', kind: 'invalid' })
  })

  t.test('with a key that was used for other words is refused', async (t) => {
    const gateway = await aGateway(t)
    const sms = aSender(gateway.url)
    await sms.send(aMessage())
    await t.rejects(sms.send(aMessage({ params: { code: 'other' } })), { code: 'OUTSIDE_REFUSED' })
    t.equal(gateway.items(null).length, 1)
  })

  t.test('to a gateway that never answers gives up after its time-out', async (t) => {
    const { createServer } = await import('node:net')
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve) })
    t.teardown(() => silent.close())
    const { port } = silent.address() as { port: number }
    const sms = aSender(`http://127.0.0.1:${port}/messages`, { timeoutMs: 50 })
    await t.rejects(sms.send(aMessage()), { code: 'OUTSIDE_UNAVAILABLE' })
  })

  t.test('says nothing of number or words in its refusals', async (t) => {
    const gateway = await aGateway(t)
    gateway.setFaults(strikeOnce('refused'))
    const refusal: unknown = await aSender(gateway.url).send(aMessage()).catch((error: unknown) => error)
    t.ok(refusal instanceof Error)
    t.notMatch(String(refusal), /000-0000-0001|queue-age/)
  })
})

t.test('the gateway', async (t) => {
  t.test('refuses a wrong secret', async (t) => {
    const gateway = await aGateway(t)
    await t.rejects(aSender(gateway.url, { secret: Buffer.from('another') }).send(aMessage()), { code: 'OUTSIDE_REFUSED' })
    t.strictSame(gateway.items(null), [])
  })

  t.test('refuses a signature of six minutes ago', async (t) => {
    const gateway = await aGateway(t)
    const late = { now: () => new Date(realTime.getTime() - 360_000) }
    await t.rejects(aSender(gateway.url, { clock: late }).send(aMessage()), { code: 'OUTSIDE_REFUSED' })
  })

  t.test('refuses the same signed request a second time', async (t) => {
    const gateway = await aGateway(t)
    const body = JSON.stringify(aMessage())
    const parts = { timestamp: String(realTime.getTime() / 1000), nonce: 'n1', body }
    const send = async (): Promise<number> => (await fetch(gateway.url, { method: 'POST', body, headers: {
      'content-type': 'application/json', 'idempotency-key': 'k1',
      [signatureHeaders.timestamp]: parts.timestamp, [signatureHeaders.nonce]: parts.nonce, [signatureHeaders.signature]: signatureOf(parts, secret)
    } })).status
    t.strictSame([await send(), await send()], [202, 409])
  })

  t.test('refuses a body that was changed on its way', async (t) => {
    const gateway = await aGateway(t)
    const parts = { timestamp: String(realTime.getTime() / 1000), nonce: 'n1', body: JSON.stringify(aMessage()) }
    const answer = await fetch(gateway.url, { method: 'POST', body: JSON.stringify(aMessage({ to: '000-0000-0002' })), headers: {
      'idempotency-key': 'k1', [signatureHeaders.timestamp]: parts.timestamp, [signatureHeaders.nonce]: parts.nonce, [signatureHeaders.signature]: signatureOf(parts, secret)
    } })
    t.equal(answer.status, 401)
  })

  t.test('outlives a sender that hangs up in the middle of a request', async (t) => {
    const gateway = await aGateway(t)
    const { port } = new URL(gateway.url)
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => { socket.end('POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{') })
      socket.on('close', () => { resolve() }).on('error', () => undefined).resume()
    })
    await aSender(gateway.url).send(aMessage())
    t.equal(gateway.items(null).length, 1)
  })
})

t.test('a signature is an HMAC over time stamp, nonce and the hash of the body, as the gateway\'s guide says', async (t) => {
  const hash = createHash('sha256').update('{}').digest('hex')
  const { createHmac } = await import('node:crypto')
  t.equal(signatureOf({ timestamp: '1', nonce: 'n', body: '{}' }, secret), createHmac('sha256', secret).update(`1\nn\n${hash}`).digest('hex'))
})

t.test('the receipt of a text message', async (t) => {
  t.test('tells what became of it, by its key', async (t) => {
    const gateway = await aGateway(t)
    const sms = aSender(gateway.url)
    t.strictSame(await sms.receipt('k/1 ü'), { kind: 'not_known' })
    await sms.send(aMessage({ key: 'dunning:C:2027-03-09' }))
    t.strictSame(await sms.receipt('dunning:C:2027-03-09'), { kind: 'delivered', proofId: 'SMS0000000001', at: businessTime })
    gateway.setFaults(strikeOnce('undelivered'))
    await sms.send(aMessage({ key: 'k2' }))
    t.strictSame(await sms.receipt('k2'), { kind: 'undelivered', proofId: 'SMS0000000002', code: 'PHONE_UNREACHABLE' })
    gateway.setFaults(strikeOnce('receipt_late'))
    await sms.send(aMessage({ key: 'k3' }))
    const seen: string[] = []
    for (let time = 0; time < 4; time += 1) seen.push((await sms.receipt('k3')).kind)
    t.strictSame(seen, ['pending', 'pending', 'pending', 'delivered'])
  })

  t.test('is known after an answer that was lost, so that nothing is sent twice', async (t) => {
    const gateway = await aGateway(t)
    const sms = aSender(gateway.url)
    gateway.setFaults(strikeOnce('lost'))
    await t.rejects(sms.send(aMessage()), { code: 'OUTSIDE_UNAVAILABLE' })
    t.match(await sms.receipt('k1'), { kind: 'delivered' })
  })

  t.test('is told to nobody with another secret, and not to be had from a gateway that is away', async (t) => {
    const gateway = await aGateway(t)
    await t.rejects(aSender(gateway.url, { secret: Buffer.from('other') }).receipt('k1'), { code: 'OUTSIDE_REFUSED' })
    await gateway.close()
    await t.rejects(aSender(gateway.url).receipt('k1'), { code: 'OUTSIDE_UNAVAILABLE' })
  })
})
