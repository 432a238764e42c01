import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { decodeText, encodeText } from '../../../adapters/hl7v2/index.ts'
import { frame } from '../../../adapters/mllp/index.ts'
import { allowPeers } from '../../../adapters/mllp/peers.ts'
import type { ReceiveMessage } from '../../../core/inbox/index.ts'
import { dial, framed, listen, memoryInbox, peerOn, registration, segmentsOf, verdictOf } from './peer.ts'

t.test('a hospital that sends by MLLP', async (t) => {
  t.test('in one packet, in three, or byte by byte → is answered once, for the same bytes', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    const body = 'PID|1||P1^^^EAST^MR||测试^甲'
    await peer.send(framed('C1', { body }))
    t.strictSame(await peer.verdicts(1), ['AA C1'])
    const second = framed('C2', { body })
    for (const part of [second.subarray(0, 20), second.subarray(20, 100), second.subarray(100)]) await peer.send(part)
    t.strictSame(await peer.verdicts(1), ['AA C2'])
    for (const byte of framed('C3', { body })) await peer.send(Uint8Array.of(byte))
    t.strictSame(await peer.verdicts(1), ['AA C3'])
    t.strictSame(inbox.messages.map(({ raw }) => decodeText(raw, 'utf8')), ['C1', 'C2', 'C3'].map((id) => registration(id, { body }).toString()))
  })

  t.test('two messages in one packet → gets two answers in their order', async (t) => {
    const { listener } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(Buffer.concat([framed('C1'), framed('C2')]))
    t.strictSame(await peer.verdicts(2), ['AA C1', 'AA C2'])
  })

  t.test('one and a half messages, then the rest → each is taken once', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    const second = framed('C2')
    await peer.send(Buffer.concat([framed('C1'), second.subarray(0, 30)]))
    t.strictSame(await peer.verdicts(1), ['AA C1'])
    await peer.send(second.subarray(30))
    t.strictSame([await peer.verdicts(1), inbox.calls], [['AA C2'], 2])
  })

  t.test('with the end block and its CR in separate packets → is answered, and so is the next', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1').subarray(0, -1))
    await peer.send('\r')
    t.strictSame(await peer.verdicts(1), ['AA C1'])
    await peer.send(framed('C2').subarray(0, -1))
    await peer.send(Buffer.concat([Buffer.from('\r'), framed('C3')]))
    t.strictSame([await peer.verdicts(2), inbox.calls], [['AA C2', 'AA C3'], 3])
  })

  t.test('five messages one after another → makes five calls', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    for (const id of ['C1', 'C2', 'C3', 'C4', 'C5']) {
      await peer.send(framed(id))
      t.equal(verdictOf(await peer.answer()), `AA ${id}`)
    }
    t.strictSame([inbox.calls, inbox.messages.map(({ controlId }) => controlId)], [5, ['C1', 'C2', 'C3', 'C4', 'C5']])
  })

  t.test('on two connections, interleaved → is answered on each for its own', async (t) => {
    const { listener, events } = await listen(t)
    const [one, other] = [await dial(t, listener.port), await dial(t, listener.port)]
    const [first, second] = [framed('C1'), framed('C2')]
    await one.send(first.subarray(0, 40))
    await other.send(second.subarray(0, 50))
    await one.send(first.subarray(40))
    await other.send(second.subarray(50))
    t.strictSame([await one.verdicts(1), await other.verdicts(1), listener.connections()], [['AA C1'], ['AA C2'], 2])
    t.strictSame(events.filter(({ kind }) => kind === 'answered').length, 2)
  })

  t.test('with garbage before a frame, blanks behind one, or LF as segment end → is read all the same', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(Buffer.concat([Buffer.from('\x06noise\r\n'), framed('C1')]))
    t.strictSame(await peer.verdicts(1), ['AA C1'])
    await peer.send(Buffer.concat([framed('C2'), Buffer.from('\r\n'), framed('C3', { end: '\n' }), framed('C4', { end: '\r\n' })]))
    t.strictSame(await peer.verdicts(3), ['AA C2', 'AA C3', 'AA C4'])
    t.strictSame(inbox.messages.map(({ lanes }) => lanes), Array.from({ length: 4 }, () => ['east:patient:P1']))
  })

  t.test('what is no HL7 → gets AR without a control id, and the bytes are kept', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(frame(Buffer.from('hello')))
    t.strictSame(segmentsOf(await peer.answer()).slice(1), ['MSA|AR|', 'ERR|||100^Segment sequence error^HL70357|E|MESSAGE_MALFORMED^^L|||The frame holds no readable MSH segment; check what is connected to this port.'])
    await peer.send(framed('C1'))
    t.strictSame(await peer.verdicts(1), ['AA C1'])
    t.match(inbox.messages, [{ raw: Buffer.from('hello'), dedupeKey: null, controlId: null, lanes: [], parked: { code: 'MESSAGE_MALFORMED' } }, { controlId: 'C1' }])
  })

  t.test('a photo of 5 MB in many packets → is answered once, without holding up the others', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    const photo = framed('C1', { body: `PID|1||P1||测试\rOBX|1|ED|PHOTO||^image^jpeg^Base64^${'A'.repeat(5_000_000)}`, more: '||||||GB18030', charset: 'gb18030' })
    const cpu = process.cpuUsage()
    await peer.send(photo)
    t.strictSame([await peer.verdicts(1), inbox.calls, inbox.messages[0]?.raw.length], [['AA C1'], 1, photo.length - 3])
    const { user, system } = process.cpuUsage(cpu)
    t.ok(user + system < 2_000_000, 'in less than 2 s of CPU')
  })

  t.test('in GB18030, named by MSH-18 or by the source → is read and answered in it', async (t) => {
    for (const { charset, more } of [{ charset: 'UTF-8', more: '||||||GB 18030-2000' }, { charset: 'GB18030', more: '' }]) {
      const { listener, inbox } = await listen(t, { charset })
      const peer = await dial(t, listener.port)
      const message = decodeText(registration('C1', { more, body: 'PID|1||P東^^^^MR||測試' }), 'utf8').replace('|EAST|', '|東區|')
      await peer.send(frame(encodeText(message, 'gb18030')))
      t.equal(segmentsOf(await peer.answer(), 'gb18030')[0]?.split('|')[5], '東區')
      t.match(inbox.messages, [{ charset: 'gb18030', lanes: ['east:patient:P東'], parked: null }])
    }
  })

  t.test('an acknowledgement → is not answered, or two systems would talk for ever', async (t) => {
    const { listener, inbox, events } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(Buffer.concat([frame(Buffer.from('MSH|^~\\&|A|B|C|D|||ACK^A04^ACK|1|P|2.5\rMSA|AA|x\r')), framed('C1')]))
    t.strictSame([await peer.verdicts(1), inbox.calls, events.filter(({ kind }) => kind === 'acknowledgement_ignored').length], [['AA C1'], 1, 1])
  })

  t.test('many messages without waiting → gets every answer, in order', async (t) => {
    const { listener } = await listen(t)
    const peer = await dial(t, listener.port)
    const ids = Array.from({ length: 2000 }, (_, index) => `C${index}`)
    await peer.send(Buffer.concat(ids.map((id) => framed(id))))
    t.strictSame(await peer.verdicts(2000), ids.map((id) => `AA ${id}`))
  })
})

t.test('a connection that goes wrong', async (t) => {
  t.test('with more than the limit → gets AR for its control id and is closed', async (t) => {
    const { listener, inbox } = await listen(t, { limits: { maxMessageBytes: 2000 } })
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1', { body: `PID|1||P1||${'x'.repeat(100_000)}` }))
    t.equal(verdictOf(await peer.answer()), 'AR C1')
    await peer.ended()
    t.equal(inbox.calls, 0)
  })

  t.test('that stalls inside a message → gets AR and is closed', async (t) => {
    const { listener, events } = await listen(t, { limits: { messageTimeoutMs: 100 } })
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1').subarray(0, -5))
    t.equal(verdictOf(await peer.answer()), 'AR C1')
    await peer.ended()
    t.match(events.filter(({ kind }) => kind === 'timed_out'), [{ what: 'message' }])
  })

  t.test('whose sender never writes the last CR → is answered when the time is over', async (t) => {
    const { listener } = await listen(t, { limits: { messageTimeoutMs: 100 } })
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1').subarray(0, -1))
    t.strictSame(await peer.verdicts(1), ['AA C1'])
  })

  t.test('that is idle → is closed', async (t) => {
    const { listener, events } = await listen(t, { limits: { idleTimeoutMs: 100 } })
    const peer = await dial(t, listener.port)
    t.strictSame([(await peer.ended()).length, events.filter(({ kind }) => kind === 'timed_out')], [0, [{ source: 'east', kind: 'timed_out', what: 'idle' }]])
  })

  t.test('with bytes in no frame → gets AR after a short while and may go on', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send('GET / HTTP/1.1\r\n\r\n')
    t.equal(verdictOf(await peer.answer()), 'AR')
    await peer.send(Buffer.concat([registration('C1'), Buffer.from('\x1c\r')]))
    t.equal(verdictOf(await peer.answer()), 'AR', 'a frame without its start, at once')
    await peer.send(framed('C2'))
    t.strictSame([await peer.verdicts(1), inbox.calls], [['AA C2'], 1])
  })

  t.test('that ends its side behind a message → still reads the answer', async (t) => {
    const { listener } = await listen(t)
    const peer = await dial(t, listener.port)
    peer.socket.end(framed('C1'))
    t.equal(verdictOf((await peer.ended()).subarray(1)), 'AA C1')
  })

  t.test('that breaks off inside a message → leaves nothing behind', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1').subarray(0, 30))
    peer.socket.resetAndDestroy()
    const other = await dial(t, listener.port)
    await other.send(framed('C1'))
    t.strictSame([await other.verdicts(1), inbox.messages.length], [['AA C1'], 1])
  })

  t.test('that is gone before its answer → still had its message stored', async (t) => {
    const inbox = memoryInbox()
    let store = (): void => undefined
    let tellAsked = (): void => undefined
    const asked = new Promise<void>((resolve) => { tellAsked = resolve })
    const slowly: ReceiveMessage = async (message) => {
      tellAsked()
      await new Promise<void>((resolve) => { store = resolve })
      return inbox.receive(message)
    }
    const { listener } = await listen(t, { inbox: { ...inbox, receive: slowly } })
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1'))
    await asked
    peer.socket.resetAndDestroy()
    await once(peer.socket, 'close')
    store()
    await listener.close()
    t.equal(inbox.messages.length, 1)
  })

  t.test('while the listener closes → is answered for what was begun, then ended', async (t) => {
    const { listener } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1'))
    t.strictSame(await peer.verdicts(1), ['AA C1'])
    await listener.close()
    await peer.ended()
    await t.rejects(dial(t, listener.port), { code: 'ECONNREFUSED' })
  })
})

t.test('a source', async (t) => {
  t.test('lets in the peers of its list only', async (t) => {
    const { listener, events } = await listen(t, { peers: ['10.1.0.0/16'] })
    const peer = await dial(t, listener.port)
    t.strictSame([(await peer.ended()).length, events], [0, [{ source: 'east', kind: 'refused', peer: '127.0.0.1', reason: 'peer_not_allowed' }]])
  })

  t.test('reads its list as addresses and blocks of either family', async (t) => {
    const isAllowed = allowPeers(['10.1.0.0/16', '192.168.7.7', '2001:db8::/32', '::ffff:172.16.0.9'])
    t.strictSame(['10.1.255.1', '::ffff:10.1.2.3', '10.2.0.1', '192.168.7.7', '192.168.7.8', '2001:db8::1', '2001:db9::1', '172.16.0.9', ''].map(isAllowed),
      [true, true, false, true, false, true, false, true, false])
    t.ok(allowPeers([])('203.0.113.5'))
    for (const peer of ['east.example', '10.1.0.0/33', '10.1.0.0/x', '10.1.0.0/8/8', '']) t.throws(() => allowPeers([peer]), { code: 'REQUEST_INVALID' }, peer)
  })

  t.test('turns away a connection too many, and takes one again when one has gone', async (t) => {
    const { listener, events } = await listen(t, { limits: { maxConnections: 1 } })
    const first = await dial(t, listener.port)
    await first.send(framed('C1'))
    await first.verdicts(1)
    await (await dial(t, listener.port)).ended()
    t.match(events.filter(({ kind }) => kind === 'refused'), [{ reason: 'too_many_connections' }])
    first.socket.end()
    await once(first.socket, 'close')
    while (listener.connections() > 0) await new Promise((resolve) => setImmediate(resolve))
    const next = await dial(t, listener.port)
    await next.send(framed('C2'))
    t.strictSame(await next.verdicts(1), ['AA C2'])
  })

  t.test('with a character set that nobody knows does not start', async (t) => {
    await t.rejects(listen(t, { charset: 'EBCDIC' }), { code: 'REQUEST_INVALID' })
  })

  t.test('whose port is taken does not start', async (t) => {
    const { listener } = await listen(t)
    await t.rejects(listen(t, { port: listener.port }), { code: 'EADDRINUSE' })
  })
})

t.test('a source with TLS', async (t) => {
  const pem = (name: string): string => readFileSync(path.join(import.meta.dirname, '../../fixtures/tls', `throwaway-${name}.pem`), 'utf8')
  const server = { key: pem('server-key'), cert: pem('server') }
  const dialTls = async (port: number, client: { key?: string, cert?: string } = {}) => {
    const socket = connectTls({ host: '127.0.0.1', port, ca: pem('ca'), servername: 'localhost', ...client })
    const peer = peerOn(t, socket)
    await once(socket, 'secureConnect')
    return peer
  }

  t.test('takes messages over TLS and nothing in the clear', async (t) => {
    const { listener, events } = await listen(t, { tls: { ...server, clientCa: null } })
    const peer = await dialTls(listener.port)
    await peer.send(framed('C1'))
    t.strictSame(await peer.verdicts(1), ['AA C1'])
    const clear = await dial(t, listener.port)
    await clear.send(framed('C2'))
    await clear.ended()
    t.match(events.filter(({ kind }) => kind === 'refused'), [{ reason: 'tls' }])
    peer.socket.end()
  })

  t.test('that asks for certificates lets in those of its authority only', async (t) => {
    const { listener, inbox, events } = await listen(t, { tls: { ...server, clientCa: pem('ca') } })
    const known = await dialTls(listener.port, { key: pem('client-key'), cert: pem('client') })
    await known.send(framed('C1'))
    t.strictSame(await known.verdicts(1), ['AA C1'])
    for (const client of [{ key: pem('stranger-key'), cert: pem('stranger') }, {}]) {
      const stranger = await dialTls(listener.port, client)
      await stranger.send(framed('C2'))
      await t.rejects(stranger.answer())
    }
    t.strictSame([inbox.calls, events.filter(({ kind }) => kind === 'refused').length], [1, 2])
    known.socket.end()
  })
})
