import assert from 'node:assert'
import { startHisReceiver, type HisReceiver, type ReceiverFaultKind } from '../../adapters/simulators/hospital/his-receiver.ts'

/** A client as the cases see it: settles with MSA-1 of the answer that names the message, refuses where none came. */
export interface ClientUnderTest {
  readonly send: (message: { readonly controlId: string, readonly content: Uint8Array }) => Promise<{ readonly code: string }>
  readonly close: () => Promise<void>
}

export type OpenClient = (at: { readonly host: string, readonly port: number, readonly ackTimeoutMs: number }) => ClientUnderTest

export const aText = (controlId: string, name = 'Example'): Buffer =>
  Buffer.from(`MSH|^~\\&|YIQIAO|HUB|HIS|EAST|20270301080000+0800||ADT^A31^ADT_A05|${controlId}|P|2.5.1\rPID|1||P1^^^EAST^MR||${name}^Patient\r`)
const aMessage = (controlId: string): { readonly controlId: string, readonly content: Buffer } => ({ controlId, content: aText(controlId) })

interface Given {
  readonly client: ClientUnderTest
  readonly his: HisReceiver
  /** The next messages meet these faults, one each. */
  readonly fault: (kind: ReceiverFaultKind, count?: number) => void
}

const clock = { now: () => new Date('2027-03-01T00:00:00.000Z') }
const keys = ({ his }: Given): readonly string[] => his.items(null).map(({ key }) => key)
const sent = async ({ client }: Given, controlId: string): Promise<string> => (await client.send(aMessage(controlId))).code
const refused = (given: Given, controlId: string): Promise<void> => assert.rejects(sent(given, controlId))

/**
 * What a client must do, whoever made it. Written without a test library, so that any client can be put through it in
 * a process of its own.
 */
const cases: Readonly<Record<string, (given: Given) => Promise<void>>> = {
  'a message → is answered AA': async (given) => {
    assert.equal(await sent(given, 'M1'), 'AA')
    assert.deepEqual(keys(given), ['M1'])
  },
  'an answer in two packets → is one answer': async (given) => {
    given.fault('ack_split')
    assert.equal(await sent(given, 'M1'), 'AA')
  },
  'AE → is told as AE': async (given) => {
    given.fault('error')
    assert.equal(await sent(given, 'M1'), 'AE')
  },
  'AR → is told as AR': async (given) => {
    given.fault('reject')
    assert.equal(await sent(given, 'M1'), 'AR')
  },
  'an answer for another message → does not count, the right one does': async (given) => {
    given.fault('wrong_msa')
    assert.equal(await sent(given, 'M1'), 'AA')
    assert.equal(await sent(given, 'M2'), 'AA')
  },
  'a peer that is silent → is given up in time': async (given) => {
    given.fault('silent')
    await refused(given, 'M1')
  },
  'a peer that was silent → gets the same message again and answers it': async (given) => {
    given.fault('silent')
    await refused(given, 'M1')
    assert.equal(await sent(given, 'M1'), 'AA')
    assert.deepEqual([...given.his.arrivals()], ['M1', 'M1'])
  },
  'an answer that comes too late → is not taken for the next message\'s': async (given) => {
    given.fault('slow')
    await refused(given, 'M1')
    given.fault('error')
    assert.equal(await sent(given, 'M2'), 'AE')
  },
  'two messages at once → go one after the other': async (given) => {
    assert.deepEqual(await Promise.all([sent(given, 'M1'), sent(given, 'M2')]), ['AA', 'AA'])
    assert.deepEqual(keys(given), ['M1', 'M2'])
  },
  'a peer that hangs up before it answers → is refused, and the message can be sent again': async (given) => {
    given.fault('hung_up')
    await refused(given, 'M1')
    assert.equal(await sent(given, 'M1'), 'AA')
    assert.deepEqual(keys(given), ['M1'])
  },
  'what is no HL7 → is refused, and the message can be sent again': async (given) => {
    given.fault('garbage')
    await refused(given, 'M1')
    assert.equal(await sent(given, 'M1'), 'AA')
  },
  'a peer that is down → is refused; up again, it gets the next message': async (given) => {
    await given.his.setUp(false)
    await refused(given, 'M1')
    await given.his.setUp(true)
    assert.equal(await sent(given, 'M1'), 'AA')
  },
  'a peer that was restarted between two messages → gets the second': async (given) => {
    assert.equal(await sent(given, 'M1'), 'AA')
    await given.his.setUp(false)
    await given.his.setUp(true)
    assert.equal(await sent(given, 'M2').catch(() => sent(given, 'M2')), 'AA')
    assert.deepEqual(keys(given), ['M1', 'M2'])
  },
  'two hundred messages in a row → arrive once each, in order': async (given) => {
    const ids = Array.from({ length: 200 }, (_, place) => `M${place}`)
    for (const id of ids) assert.equal(await sent(given, id), 'AA')
    assert.deepEqual([...given.his.arrivals()], ids)
  },
  'the text → arrives as it was given, delimiters, line ends and Chinese included': async (given) => {
    const content = aText('M1', '王\\T\\小\\.br\\明')
    assert.equal((await given.client.send({ controlId: 'M1', content })).code, 'AA')
    assert.equal(given.his.items(null)[0]?.body['message'], content.toString('utf8'))
  }
}

export const clientCaseNames = Object.keys(cases)

/** Runs one case against a simulated HIS of its own. Refuses where the client fails it. */
export async function runClientCase (name: string, open: OpenClient): Promise<void> {
  const run = cases[name]
  if (run === undefined) throw new Error(`no case ${name}`)
  const his = await startHisReceiver({ hospital: 'east', host: '127.0.0.1', port: 0, tls: null, clock, slowMs: 600 })
  const client = open({ host: '127.0.0.1', port: his.port, ackTimeoutMs: 300 })
  try {
    await run({ client, his, fault: (kind, count = 1) => { his.setFaults([{ kind, rate: 1, count, seed: 1 }]) } })
  } finally {
    await client.close()
    await his.close()
  }
}
