import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { frame, makeFramer, mllpClient, type MllpClient, type MllpClientEvent, type MllpClientOptions } from '../../../adapters/mllp/index.ts'
import { startHisReceiver, type HisReceiver } from '../../../adapters/simulators/hospital/his-receiver.ts'
import { aText, clientCaseNames, runClientCase } from '../../contracts/mllp-client.ts'

const clock = { now: () => new Date('2027-03-01T00:00:00.000Z') }
const aMessage = (controlId: string, more = ''): { readonly controlId: string, readonly content: Buffer } =>
  ({ controlId, content: Buffer.from(aText(controlId).toString('utf8').replace('|P|2.5.1\r', `|P|2.5.1${more}\r`)) })

t.test('our client', async (t) => {
  for (const name of clientCaseNames) {
    t.test(name, async () => { await runClientCase(name, (at) => mllpClient({ ...at, tls: null, clock })) })
  }
})

interface Client extends MllpClient {
  readonly events: string[]
}

function aClient (t: Test, port: number, changes: Partial<MllpClientOptions> = {}): Client {
  const events: string[] = []
  const client = mllpClient({ host: '127.0.0.1', port, tls: null, ackTimeoutMs: 5_000, clock, on: ({ kind }: MllpClientEvent) => { events.push(kind) }, ...changes })
  t.teardown(client.close)
  return { ...client, events }
}

/** A peer that writes what it is told to for each message. */
async function aPeer (t: Test, behave: (controlId: string, write: (...answers: readonly string[]) => void, socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const framer = makeFramer({ maxMessageBytes: 1_000_000 })
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      for (const event of framer.push(chunk)) {
        if (event.kind !== 'frame') continue
        const controlId = event.bytes.toString('latin1').split('|')[9] ?? ''
        behave(controlId, (...answers) => { for (const answer of answers) socket.write(frame(Buffer.from(`MSH|^~\\&|||||||ACK|1|P|2.5.1\r${answer}\r`))) }, socket)
      }
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

t.test('enhanced mode', async (t) => {
  t.test('CA, where the answer of the application was not asked for → is the end of it', async (t) => {
    const client = aClient(t, await aPeer(t, (id, write) => { write(`MSA|CA|${id}`) }))
    t.match(await client.send(aMessage('M1', '|||AL|NE')), { code: 'CA', verdict: 'accepted' })
  })

  t.test('CA, then AE of the application that was asked for → is AE', async (t) => {
    const client = aClient(t, await aPeer(t, (id, write) => { write(`MSA|CA|${id}`, `MSA|AE|${id}`) }))
    t.match(await client.send(aMessage('M1', '|||AL|AL')), { code: 'AE', verdict: 'failed' })
  })

  t.test('CA, then silence → is CA, for the destination keeps the message', async (t) => {
    const client = aClient(t, await aPeer(t, (id, write) => { write(`MSA|CA|${id}`) }), { ackTimeoutMs: 50 })
    t.match(await client.send(aMessage('M1', '|||AL|AL')), { code: 'CA', verdict: 'accepted' })
  })

  t.test('CE and CR → are what AE and AR are', async (t) => {
    const client = aClient(t, await aPeer(t, (id, write) => { write(`MSA|${id}|${id}`) }))
    t.match([await client.send(aMessage('CE', '|||AL|AL')), await client.send(aMessage('CR', '|||AL|AL'))], [{ verdict: 'failed' }, { verdict: 'rejected' }])
  })
})

t.test('answers that are none', async (t) => {
  t.test('a code that table 0008 does not hold → is no acceptance', async (t) => {
    const client = aClient(t, await aPeer(t, (id, write) => { write(`MSA|OK|${id}`) }))
    t.match(await client.send(aMessage('M1')), { code: 'OK', verdict: 'failed' })
  })

  t.test('a message of the peer\'s own, an answer without MSA-2 → are passed over and noted', async (t) => {
    const client = aClient(t, await aPeer(t, (id, write) => { write('PID|1', 'MSA|AA|', `MSA|AA|${id}`) }))
    t.match(await client.send(aMessage('M1')), { code: 'AA' })
    t.strictSame(client.events, ['connected', 'foreign_answer', 'foreign_answer'])
  })

  t.test('a control id in capitals or padded → is that of the message all the same', async (t) => {
    const client = aClient(t, await aPeer(t, (id, write) => { write(`MSA|AA|${id.toUpperCase()}   `) }))
    t.match(await client.send(aMessage('0a1b2c')), { code: 'AA' })
  })

  t.test('an answer in a batch, with bytes of another character set, or with a second MSA → is read by its first MSA', async (t) => {
    const client = aClient(t, await aPeer(t, (id, _write, socket) => {
      socket.write(frame(Buffer.from(`FHS|^~\\&|\rBHS|^~\\&|\rMSH|^~\\&|\xb1\xb1||||||ACK|1|P|2.5.1\rMSA|AA|${id}|\xcd\xf5\rMSA|AE|${id}\rBTS|1\rFTS|1\r`, 'latin1')))
    }))
    t.match(await client.send(aMessage('M1')), { code: 'AA' })
  })

  t.test('an answer without end → closes the connection', async (t) => {
    const client = aClient(t, await aPeer(t, (_id, _write, socket) => { socket.write(Buffer.concat([Buffer.from([0x0b]), Buffer.alloc(70_000, 'A')])) }))
    await t.rejects(client.send(aMessage('M1')), { code: 'OUTSIDE_UNAVAILABLE' })
    t.strictSame(client.events, ['connected', 'garbage'])
  })
})

async function aHis (t: Test, tls: Parameters<typeof startHisReceiver>[0]['tls'] = null): Promise<HisReceiver> {
  const his = await startHisReceiver({ hospital: 'east', host: '127.0.0.1', port: 0, tls, clock, slowMs: 1_000 })
  t.teardown(his.close)
  return his
}

t.test('the state of the line', async (t) => {
  const his = await aHis(t)
  const client = aClient(t, his.port)
  t.match(client.status(), { state: 'starting', code: null, lastAt: null })
  await his.setUp(false)
  await t.rejects(client.send(aMessage('M1')), { code: 'OUTSIDE_DOWN', message: /Nobody listens/ }, 'nothing was sent, so it is another code than that of silence')
  t.match(client.status(), { state: 'down', code: 'OUTSIDE_DOWN', detail: /Nobody listens/, lastAt: null })
  await his.setUp(true)
  await client.send(aMessage('M1'))
  t.match(client.status(), { state: 'up', code: null, detail: null, lastAt: clock.now() })
  t.strictSame(client.events.filter((kind) => kind === 'connected').length, 1)
  await client.send(aMessage('M2'))
  t.strictSame(client.events.filter((kind) => kind === 'connected').length, 1, 'the connection is kept')
  await client.close()
  await t.rejects(client.send(aMessage('M3')), { code: 'OUTSIDE_DOWN' }, 'closed, it takes no more')
})

t.test('a message in flight when the client is closed → is answered first', async (t) => {
  const held: Array<() => void> = []
  const arrived = new Promise<void>((resolve) => { held.push(resolve) })
  let release = (): void => undefined
  const client = aClient(t, await aPeer(t, (id, write) => {
    release = () => { write(`MSA|AA|${id}`) }
    held[0]?.()
  }))
  const sent = client.send(aMessage('M1'))
  await arrived
  const closed = client.close()
  release()
  t.match(await sent, { code: 'AA' })
  await closed
})

t.test('over TLS', async (t) => {
  const pem = (name: string): string => readFileSync(path.join(import.meta.dirname, '../../fixtures/tls', `throwaway-${name}.pem`), 'utf8')
  const his = await aHis(t, { key: pem('server-key'), cert: pem('server'), ca: pem('ca'), requestCert: true, rejectUnauthorized: true })
  const over = (tls: MllpClientOptions['tls']): Client => aClient(t, his.port, { host: 'localhost', tls })

  t.test('with certificates that fit → is answered', async (t) => {
    t.match(await over({ ca: pem('ca'), key: pem('client-key'), cert: pem('client') }).send(aMessage('M1')), { code: 'AA' })
  })

  t.test('a destination whose certificate is not known → is not sent to', async (t) => {
    await t.rejects(over({ ca: null, key: pem('client-key'), cert: pem('client') }).send(aMessage('M2')), { code: 'OUTSIDE_DOWN', message: /certificates/ })
  })

  t.test('without the certificate that the destination asks for → counts as not sent', async (t) => {
    await t.rejects(over({ ca: pem('ca'), key: null, cert: null }).send(aMessage('M3')), { code: 'OUTSIDE_DOWN' })
    t.strictSame(his.items(null).map(({ key }) => key), ['M1'])
  })
})
