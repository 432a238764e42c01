import t, { type Test } from 'tap'
import { parseMessage } from '../../../adapters/hl7v2/index.ts'
import { frame } from '../../../adapters/mllp/index.ts'
import type { MessageOutcome } from '../../../core/inbox/index.ts'
import { dial, framed, listen, memoryInbox, registration, segmentsOf } from './peer.ts'

type Options = Parameters<typeof listen>[1]

/** Sends the messages one by one over one connection and gives that many answers, cut into segments. */
async function answersTo (t: Test, options: Options, messages: readonly Buffer[], count = messages.length): Promise<string[][]> {
  const { listener } = await listen(t, options)
  const peer = await dial(t, listener.port)
  const answers: string[][] = []
  for (const message of messages) {
    await peer.send(message)
    if (answers.length < count) answers.push(segmentsOf(await peer.answer()))
  }
  while (answers.length < count) answers.push(segmentsOf(await peer.answer()))
  return answers
}

const verdicts = (answers: readonly string[][]): unknown => answers.map(([, verdict]) => verdict)
const refused: MessageOutcome = { kind: 'parked', failure: { code: 'MAPPING_VALUE_MISSING', detail: 'Fill PID-3.', place: 'PID-3' }, errorKind: 'invalid' }
const missing = 'ERR||PID^1^3|101^Required field missing^HL70357|E|MAPPING_VALUE_MISSING^^L|||Fill PID-3.'

t.test('a message that is on disk', async (t) => {
  t.test('is answered AA by a source that says "stored", in every field', async (t) => {
    t.strictSame(await answersTo(t, {}, [framed('C1', { more: '||||||UNICODE UTF-8' })]), [[
      'MSH|^~\\&|YIQIAO|HUB|HIS|EAST|20260302083001+0800||ACK^A04^ACK|id1|P|2.5.1||||||UNICODE UTF-8', 'MSA|AA|C1']])
  })

  t.test('is kept with the very answer that was given, and with all that the inbox needs', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1'))
    const answer = await peer.answer()
    const [message] = inbox.messages
    t.strictSame(message && { ...message, contentHash: '', ack: Buffer.from(message.ack).toString() }, {
      id: 'id-2', source: 'east', hospitalId: 'east', format: 'hl7v2', raw: registration('C1'), contentHash: '', dedupeKey: 'HIS|EAST||C1', controlId: 'C1', type: 'ADT', trigger: 'A04',
      sentAt: new Date('2026-03-02T00:30:00Z'), charset: 'utf8', lanes: ['east:patient:P1'], receivedAt: new Date('2026-03-02T00:30:01Z'), parked: null, ack: answer.toString(), replayOf: null
    })
  })

  t.test('sent again gets the first answer again, byte for byte, and is not kept twice', async (t) => {
    const { listener, inbox } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(Buffer.concat([framed('C1'), framed('C2'), framed('C1')]))
    const [first, , again] = [await peer.answer(), await peer.answer(), await peer.answer()]
    t.strictSame([again, inbox.messages.length], [first, 2])
  })

  t.test('with a used control id and other content is kept and answered AA', async (t) => {
    const { listener, inbox, events } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(Buffer.concat([framed('C1'), framed('C1', { body: 'PID|1||P2' })]))
    t.strictSame([await peer.verdicts(2), inbox.messages.length], [['AA C1', 'AA C1'], 2])
    t.match(events.filter(({ kind }) => kind === 'answered'), [{ receipt: 'stored' }, { receipt: 'conflict' }])
  })

  t.test('is answered AA though it cannot be decoded or its type is missing; it is parked with the reason', async (t) => {
    const { listener, inbox, events } = await listen(t)
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1', { body: 'PID|1||P1||東', charset: 'gb18030' }))
    await peer.send(frame(Buffer.from('MSH|^~\\&|HIS|EAST|||20260302||||P|2.5\r')))
    t.strictSame(await peer.verdicts(2), ['AA C1', 'AA'])
    t.match(inbox.messages, [{ parked: { code: 'MESSAGE_UNDECODABLE', place: 'PID' }, lanes: [] }, { parked: { code: 'MESSAGE_TYPE_UNKNOWN' }, controlId: null }])
    t.match(events.filter(({ kind }) => kind === 'answered'), [{ failureCode: 'MESSAGE_UNDECODABLE' }, { failureCode: 'MESSAGE_TYPE_UNKNOWN' }])
  })
})

t.test('a message that could not be stored', async (t) => {
  t.test('is answered AR, and taken when it comes again', async (t) => {
    const inbox = memoryInbox()
    inbox.isDown = true
    const { listener } = await listen(t, { inbox })
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1'))
    t.strictSame(segmentsOf(await peer.answer()).slice(1), ['MSA|AR|C1', 'ERR|||207^Application internal error^HL70357|E|STORE_UNAVAILABLE^^L|||The disk is full; make room.'])
    inbox.isDown = false
    await peer.send(framed('C1'))
    t.strictSame(await peer.verdicts(1), ['AA C1'])
  })

  t.test('for a fault of our own is answered AR and told', async (t) => {
    const inbox = { ...memoryInbox(), receive: async () => { throw new TypeError('x is not a function') } }
    const { listener, events } = await listen(t, { inbox })
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1'))
    t.strictSame(await peer.verdicts(1), ['AR C1'])
    t.match(events.filter(({ kind }) => kind === 'failed'), [{ reason: 'TypeError' }])
  })

  t.test('without a readable header is answered AR all the same', async (t) => {
    const inbox = memoryInbox()
    inbox.isDown = true
    t.strictSame(verdicts(await answersTo(t, { inbox }, [frame(Buffer.from('hello'))])), ['MSA|AR|'])
  })
})

t.test('a source that says "applied"', async (t) => {
  const ack = 'applied' as const

  t.test('answers AA when the effects are done', async (t) => {
    t.strictSame(await answersTo(t, { ack }, [framed('C1')]), [['MSH|^~\\&|YIQIAO|HUB|HIS|EAST|20260302083001+0800||ACK^A04^ACK|id1|P|2.5.1', 'MSA|AA|C1']])
  })

  t.test('answers AE with the place and what to do when a message is refused, the same to a resend', async (t) => {
    const [first, again] = await answersTo(t, { ack, outcome: async () => refused }, [framed('C1'), framed('C1')])
    t.strictSame(first, ['MSH|^~\\&|YIQIAO|HUB|HIS|EAST|20260302083001+0800||ACK^A04^ACK|id1|P|2.5.1', 'MSA|AE|C1', missing])
    t.strictSame(again, first)
  })

  t.test('answers AE to a used control id and to what cannot be read, without waiting', async (t) => {
    const outcome = async (): Promise<MessageOutcome> => ({ kind: 'applied' })
    t.strictSame(verdicts(await answersTo(t, { ack, outcome }, [framed('C1'), framed('C1', { body: 'PID|1||P2' }), framed('C3', { body: 'PID|1||東', charset: 'gb18030' })])),
      ['MSA|AA|C1', 'MSA|AE|C1', 'MSA|AE|C3'])
  })

  t.test('answers AR for version and processing id only', async (t) => {
    const other = frame(Buffer.from(registration('C2').toString().replace('|P|', '|X|')))
    t.strictSame((await answersTo(t, { ack }, [framed('C1', { version: '3.0' }), other])).map((segments) => segments.slice(1)), [
      ['MSA|AR|C1', 'ERR||MSH^1^12|203^Unsupported version id^HL70357|E|MESSAGE_VERSION_UNSUPPORTED^^L|||Only HL7 versions 2.x are read; correct MSH-12 and send again.'],
      ['MSA|AR|C2', 'ERR||MSH^1^11|202^Unsupported processing id^HL70357|E|MESSAGE_PROCESSING_ID_UNSUPPORTED^^L|||The processing id must be P, T or D; correct MSH-11 and send again.']])
    const unavailable: MessageOutcome = { kind: 'parked', failure: { code: 'OUTSIDE_UNAVAILABLE', detail: 'Wait.', place: null }, errorKind: 'unavailable' }
    t.strictSame(verdicts(await answersTo(t, { ack, outcome: async () => unavailable }, [framed('C1')])), ['MSA|AE|C1'])
  })

  t.test('answers AE with a warning while a message is still queued, and asks again for a resend', async (t) => {
    const outcomes: MessageOutcome[] = [{ kind: 'pending' }, { kind: 'applied' }]
    const asked: number[] = []
    const answers = await answersTo(t, {
      ack,
      limits: { applyTimeoutMs: 777 },
      outcome: async (_id, timeoutMs) => {
        asked.push(timeoutMs)
        return outcomes.shift() ?? refused
      }
    }, [framed('C1'), framed('C1')])
    t.strictSame([verdicts(answers), answers[0]?.[2]?.split('|').slice(3, 6), asked], [['MSA|AE|C1', 'MSA|AA|C1'], ['207^Application internal error^HL70357', 'W', 'MESSAGE_STILL_QUEUED^^L'], [777, 777]])
  })

  t.test('that cannot learn the outcome says so instead of AA', async (t) => {
    t.strictSame(verdicts(await answersTo(t, { ack, outcome: async () => { throw new Error('gone') } }, [framed('C1')])), ['MSA|AE|C1'])
  })
})

t.test('enhanced mode', async (t) => {
  const codes = async (t: Test, conditions: string, options: Options, count: number): Promise<unknown> => {
    const answers = await answersTo(t, options, [framed('C1', { more: `|||${conditions}` })], count)
    return answers.map((segments) => parseMessage(segments.join('\r')).get('MSA-1'))
  }
  const down = (): Options => ({ inbox: { ...memoryInbox(), receive: async () => { throw new TypeError('down') } } })

  t.test('gives CA at once and AA or AE when the message is applied, each with a header of its own', async (t) => {
    const answers = await answersTo(t, { outcome: async () => refused }, [framed('C1', { more: '|||AL|AL' })], 2)
    t.strictSame(answers, [
      ['MSH|^~\\&|YIQIAO|HUB|HIS|EAST|20260302083001+0800||ACK^A04^ACK|id1|P|2.5.1|||NE|NE', 'MSA|CA|C1'],
      ['MSH|^~\\&|YIQIAO|HUB|HIS|EAST|20260302083001+0800||ACK^A04^ACK|id3|P|2.5.1|||NE|NE', 'MSA|AE|C1', missing]])
    t.strictSame(await codes(t, 'AL|AL', {}, 2), ['CA', 'AA'])
  })

  t.test('gives each answer only under the condition that the sender names', async (t) => {
    t.strictSame(await codes(t, 'AL|NE', {}, 1), ['CA'])
    t.strictSame(await codes(t, 'AL|', {}, 1), ['CA'])
    t.strictSame(await codes(t, 'SU|NE', {}, 1), ['CA'])
    t.strictSame(await codes(t, 'NE|AL', {}, 1), ['AA'])
    t.strictSame(await codes(t, '|AL', {}, 1), ['AA'])
    t.strictSame(await codes(t, 'ER|SU', {}, 1), ['AA'])
    t.strictSame(await codes(t, 'ER|ER', { outcome: async () => refused }, 1), ['AE'])
    t.strictSame(await codes(t, 'AL|AL', down(), 1), ['CR'])
    t.strictSame(await codes(t, 'ER|NE', down(), 1), ['CR'])
    t.strictSame(await codes(t, 'NE|AL', down(), 1), ['AR'])
  })

  t.test('keeps silent where the sender wants no answer', async (t) => {
    const { listener, events } = await listen(t)
    const peer = await dial(t, listener.port)
    for (const conditions of ['NE|NE', 'ER|NE', 'ER|ER', 'NE|ER']) await peer.send(framed(conditions, { more: `|||${conditions}` }))
    await peer.send(framed('C9'))
    t.strictSame([await peer.verdicts(1), events.filter((event) => event.kind === 'answered' && event.code === null).length], [['AA C9'], 4])
  })

  t.test('waits for the application as long as the connection lasts, and no longer', async (t) => {
    const { listener, inbox } = await listen(t, { outcome: async () => ({ kind: 'pending' }) })
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1', { more: '|||AL|AL' }))
    t.strictSame(await peer.verdicts(1), ['CA C1'])
    peer.socket.end()
    await peer.ended()
    t.equal(inbox.messages.length, 1)
  })

  t.test('gets the later answer between others, which it does not hold up', async (t) => {
    let settle: (outcome: MessageOutcome) => void = () => undefined
    const { listener } = await listen(t, { outcome: () => new Promise((resolve) => { settle = resolve }) })
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1', { more: '|||AL|AL' }))
    await peer.send(framed('C2'))
    t.strictSame(await peer.verdicts(2), ['CA C1', 'AA C2'])
    settle({ kind: 'applied' })
    t.strictSame(await peer.verdicts(1), ['AA C1'])
  })

  t.test('rejects what is too large with CR', async (t) => {
    const { listener } = await listen(t, { limits: { maxMessageBytes: 1000 } })
    const peer = await dial(t, listener.port)
    await peer.send(framed('C1', { more: '|||AL|NE', body: `PID|${'x'.repeat(2000)}` }))
    t.strictSame(await peer.verdicts(1), ['CR C1'])
  })
})
