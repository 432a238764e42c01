import t, { type Test } from 'tap'
import { leaseHolder, outboxDispatcher } from '../../../adapters/queue/index.ts'
import { mllpClient } from '../../../adapters/mllp/index.ts'
import { startHisReceiver, type HisReceiver, type ReceiverFaultKind } from '../../../adapters/simulators/hospital/his-receiver.ts'
import type { Store } from '../../../adapters/store/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { takeIn } from '../../../core/intake/index.ts'
import { fhirCarrier, fhirContent, outboxKindOf, pruneOutbound, resendOutbound, sendOutbound, skipOutbound, type Carrier, type Destination, type FhirWriter, type OutboundMessage, type OutboundSummary, type WriteOutbound } from '../../../core/outbound/index.ts'
import type { OutboxEngine } from '../../../core/outbox.ts'
import type { RecordChange, RecordVersion } from '../../../core/records/index.ts'
import { freshStore } from '../../fixtures/store.ts'
import { aChange, aPatient, at, clockTime, depsOf } from '../intake/hospital-day.ts'

const east: Destination = { name: 'east-his', hospitalId: 'east', kind: 'mllp', sends: [{ resource: 'Patient', message: 'ADT^A31' }, { resource: 'Appointment', message: 'SIU^S12' }] }
const west: Destination = { ...east, name: 'west-his', hospitalId: 'west' }
const fhir: Destination = { name: 'east-fhir', hospitalId: 'east', kind: 'fhir', sends: [{ resource: 'Patient', message: null }] }
const ours = (change: RecordChange): RecordChange => ({ ...change, isOurs: true })
const named = (id: string, name: string, time: string): RecordChange => ours(aPatient(id, { name: [{ text: name }] }, { asOf: clockTime(time) }))

/** What a table would write: the name, and the names of what the record refers to. Refuses who has none. */
const write: WriteOutbound = ({ message, focus, related, controlId }) => {
  const nameOf = ({ resource: { title, name = [] } }: RecordVersion): string => typeof title === 'string' ? title : (name as ReadonlyArray<{ readonly text: string }>)[0]?.text ?? ''
  if (focus.type === 'Patient' && nameOf(focus) === '') throw new DomainError('MAPPING_VALUE_MISSING', 'PID-5 is required.', 'PID-5')
  const lines = [`MSH|^~\\&|YIQIAO|HUB|HIS|EAST|20270301080000+0800||${message ?? ''}|${controlId}|P|2.5.1`, `PID|1||${focus.id}||${nameOf(focus)}`, ...related.map((one) => `NTE|1||${one.type} ${nameOf(one)}`)]
  return { content: Buffer.from(lines.join('\r') + '\r'), charset: 'utf8', notes: [] }
}

let serial = 0
async function take (store: Store, destinations: readonly Destination[], ...changes: readonly RecordChange[]): Promise<void> {
  await store.inTransaction((stores) => takeIn({ ...depsOf(stores), destinations, ids: { next: () => `00000000-0000-7000-8000-${String(serial += 1).padStart(12, '0')}` } }, changes, at))
}

const list = (store: Store): Promise<readonly OutboundSummary[]> => store.inReading(async ({ outbound }) => [...await outbound.list({}, { limit: 99, before: null })].reverse())
const find = async (store: Store, id: string): Promise<OutboundMessage> => {
  const found = await store.inReading(({ outbound }) => outbound.find(id))
  if (found === null) throw new Error('no such message')
  return found
}

t.test('what goes out', async (t) => {
  t.test('a record that we changed → to each destination of its hospital that wants its type, once a version', async (t) => {
    const store = await freshStore(t)
    await take(store, [east, west, fhir], named('A', 'Ann', '08:00'), ours(aChange({ resourceType: 'ServiceRequest', id: 'S', status: 'active', intent: 'order', subject: { reference: 'Patient/A' } })))
    await take(store, [east, west, fhir], named('A', 'Ann', '08:00'))
    await take(store, [east, west, fhir], named('A', 'Anna', '08:01'))
    t.strictSame((await list(store)).map(({ destination, message, record, patientId }) => ({ destination, message, record, patientId })), [
      { destination: 'east-his', message: 'ADT^A31', record: { type: 'Patient', id: 'A', version: 1 }, patientId: 'A' },
      { destination: 'east-fhir', message: null, record: { type: 'Patient', id: 'A', version: 1 }, patientId: 'A' },
      { destination: 'east-his', message: 'ADT^A31', record: { type: 'Patient', id: 'A', version: 2 }, patientId: 'A' },
      { destination: 'east-fhir', message: null, record: { type: 'Patient', id: 'A', version: 2 }, patientId: 'A' }
    ])
  })

  t.test('what the hospital told us itself → is not told back to it', async (t) => {
    const store = await freshStore(t)
    await take(store, [east], aPatient('A', { name: [{ text: 'Ann' }] }))
    t.strictSame(await list(store), [])
  })

  t.test('what is refused → leaves nothing to send', async (t) => {
    const store = await freshStore(t)
    await t.rejects(store.inTransaction(async (stores) => {
      await takeIn({ ...depsOf(stores), destinations: [east] }, [named('A', 'Ann', '08:00')], at)
      throw new Error('refused')
    }))
    t.strictSame([await list(store), await store.inReading(({ outbox }) => outbox.counts())], [[], { waiting: 0, dead: 0, oldestAt: null }])
  })
})

interface Line {
  readonly store: Store
  readonly his: HisReceiver
  /** Another process on the same store: its own engine and its own connection. */
  readonly aProcess: () => Process
  readonly fault: (kind: ReceiverFaultKind, count?: number) => void
}

interface Process extends OutboxEngine {
  readonly later: (ms: number) => void
}

async function aLine (t: Test): Promise<Line> {
  const store = await freshStore(t)
  const clock = { now: () => at }
  const his = await startHisReceiver({ hospital: 'east', host: '127.0.0.1', port: 0, tls: null, clock, slowMs: 1_000 })
  t.teardown(his.close)
  let processes = 0
  let now = at.getTime()
  return {
    store,
    his,
    fault: (kind, count = 1) => { his.setFaults([{ kind, rate: 1, count, seed: 1 }]) },
    aProcess: () => {
      const client = mllpClient({ host: '127.0.0.1', port: his.port, tls: null, ackTimeoutMs: 100, clock })
      const wallClock = { now: () => new Date(now) }
      const kind = outboxKindOf('east-his')
      const engine = outboxDispatcher({
        inTransaction: store.inTransaction, inReading: store.inReading, clock, wallClock, random: () => 0, pollMs: 10,
        carryOut: { [kind]: sendOutbound({ inTransaction: store.inTransaction, inReading: store.inReading, clock, write }, east, client) },
        rules: { [kind]: { maxRunning: 1, inOrder: true } },
        lease: leaseHolder({ inTransaction: store.inTransaction, name: 'outbox', holder: `p${processes += 1}`, wallClock, leaseMs: 86_400_000_000 })
      })
      const stop = async (): Promise<void> => {
        await engine.stop()
        await client.close()
      }
      t.teardown(stop)
      return { ...engine, stop, later: (ms) => { now += ms } }
    }
  }
}

const names = ({ his }: Line): readonly string[] => his.items(null).map(({ body }) => /PID\|1\|\|\w+\|\|(\w+)/.exec(String(body['message']))?.[1] ?? '')

t.test('a destination', async (t) => {
  t.test('that answers → gets each message once, in order, and the answer is kept', async (t) => {
    const line = await aLine(t)
    for (const [place, name] of ['Ann', 'Anna', 'Annabel'].entries()) await take(line.store, [east], named('A', name, `08:0${place}`))
    await line.aProcess().drain()
    t.strictSame(names(line), ['Ann', 'Anna', 'Annabel'])
    const [first] = await list(line.store)
    t.match(first, { state: 'sent', answerCode: 'AA', attempts: 0, failure: null, controlId: /^[0-9a-f]{18}00$/ })
    const { composed, answer, events } = await find(line.store, first?.id ?? '')
    t.equal(Buffer.from(composed?.content ?? []).toString('utf8'), line.his.items(null)[0]?.body['message'])
    t.match(Buffer.from(answer?.bytes ?? []).toString('latin1'), /^MSH.*\rMSA\|AA\|/)
    t.strictSame(events.map(({ what }) => what), ['written', 'composed', 'answered'])
  })

  for (const fault of ['silent', 'hung_up', 'garbage'] as const) {
    t.test(`${fault} → gets the same bytes again, and keeps each message once and in order`, async (t) => {
      const line = await aLine(t)
      line.fault(fault, 2)
      for (const [place, name] of ['Ann', 'Anna', 'Annabel'].entries()) await take(line.store, [east], named('A', name, `08:0${place}`))
      const process = line.aProcess()
      await process.drain()
      for (const waitMs of [1_000, 5_000]) {
        process.later(waitMs)
        await process.drain()
      }
      t.strictSame(names(line), ['Ann', 'Anna', 'Annabel'])
      const ids = (await list(line.store)).map(({ controlId }) => controlId)
      t.strictSame(line.his.arrivals(), [ids[0], ids[0], ...ids])
      t.match(await list(line.store), [{ state: 'sent', attempts: 2 }, { state: 'sent', attempts: 0 }, { state: 'sent' }])
    })
  }

  for (const fault of ['ack_split', 'wrong_msa'] as const) {
    t.test(`${fault} → is understood at the first time`, async (t) => {
      const line = await aLine(t)
      line.fault(fault)
      await take(line.store, [east], named('A', 'Ann', '08:00'))
      await take(line.store, [east], named('A', 'Anna', '08:01'))
      await line.aProcess().drain()
      t.strictSame([names(line), line.his.arrivals().length], [['Ann', 'Anna'], 2])
    })
  }

  t.test('down, then up again → has used up no attempt and gets all in order', async (t) => {
    const line = await aLine(t)
    await line.his.setUp(false)
    await take(line.store, [east], named('A', 'Ann', '08:00'))
    const process = line.aProcess()
    for (const waitMs of [1_000, 2_000, 5_000]) {
      await process.drain()
      process.later(waitMs)
    }
    await take(line.store, [east], named('A', 'Anna', '08:01'))
    t.match(await list(line.store), [{ state: 'waiting', attempts: 0, failure: { code: 'OUTSIDE_DOWN' } }, { state: 'waiting', controlId: null }])
    await line.his.setUp(true)
    await process.drain()
    process.later(10_000)
    await process.drain()
    t.strictSame([names(line), line.his.arrivals().length], [['Ann', 'Anna'], 2])
  })

  t.test('a new process in between → goes on with the same control ids, nothing twice', async (t) => {
    const line = await aLine(t)
    line.fault('silent')
    for (const [place, name] of ['Ann', 'Anna', 'Annabel'].entries()) await take(line.store, [east], named('A', name, `08:0${place}`))
    const first = line.aProcess()
    await first.drain()
    await first.stop()
    const second = line.aProcess()
    second.later(1_000)
    await second.drain()
    t.strictSame([names(line), [...new Set(line.his.arrivals())].length, line.his.arrivals().length], [['Ann', 'Anna', 'Annabel'], 3, 4])
  })

  t.test('a crash after the answer was kept, before the message counted as sent → sends nothing again', async (t) => {
    const line = await aLine(t)
    await take(line.store, [east], named('A', 'Ann', '08:00'))
    const [message] = await list(line.store)
    await line.store.inTransaction(({ outbound }) => outbound.answered(message?.id ?? '', { code: 'AA', verdict: 'accepted', bytes: Buffer.from('MSA'), at }))
    await line.aProcess().drain()
    t.strictSame([line.his.arrivals(), (await list(line.store))[0]?.state], [[], 'sent'])
  })

  t.test('AE → is asked three times again, then the message is dead and the next one goes', async (t) => {
    const line = await aLine(t)
    line.fault('error', 4)
    await take(line.store, [east], named('A', 'Ann', '08:00'))
    await take(line.store, [east], named('A', 'Anna', '08:01'))
    const process = line.aProcess()
    for (const waitMs of [1_000, 5_000, 30_000, 0]) {
      await process.drain()
      process.later(waitMs)
    }
    t.match(await list(line.store), [{ state: 'dead', attempts: 4, answerCode: 'AE', failure: { code: 'OUTSIDE_FAILED' } }, { state: 'sent' }])
    t.strictSame(names(line), ['Anna'])
  })

  t.test('AR → is final, and the next one goes', async (t) => {
    const line = await aLine(t)
    line.fault('reject')
    await take(line.store, [east], named('A', 'Ann', '08:00'))
    await take(line.store, [east], named('A', 'Anna', '08:01'))
    await line.aProcess().drain()
    t.match(await list(line.store), [{ state: 'dead', attempts: 1, answerCode: 'AR', failure: { code: 'OUTSIDE_REFUSED' } }, { state: 'sent' }])
  })

  t.test('what the tables refuse → is dead with code and place, and nothing was sent', async (t) => {
    const line = await aLine(t)
    await take(line.store, [east], ours(aPatient('A', { name: [{ text: '' }] }, { asOf: clockTime('08:00') })))
    await line.aProcess().drain()
    t.match(await list(line.store), [{ state: 'dead', controlId: null, failure: { code: 'MAPPING_VALUE_MISSING', detail: 'PID-5 is required.', place: 'PID-5' } }])
    t.strictSame(line.his.arrivals(), [])
  })

  t.test('a message → tells the version that caused it, and what that refers to', async (t) => {
    const line = await aLine(t)
    await take(line.store, [east], aPatient('A', { name: [{ text: 'Ann' }] }, { asOf: clockTime('08:00') }), aChange({ resourceType: 'HealthcareService', id: 'D', title: 'Eyes' }),
      aChange({ resourceType: 'Location', id: 'R', title: 'Room 1', managingOrganization: { reference: 'HealthcareService/D' } }))
    await take(line.store, [east], ours(aChange({ resourceType: 'Appointment', id: 'X', status: 'booked', participant: [{ actor: { reference: 'Patient/A' } }, { actor: { reference: 'Location/R' } }] })))
    await line.aProcess().drain()
    t.match(line.his.items(null)[0]?.body['message'], /NTE\|1\|\|Patient Ann\rNTE\|1\|\|Location Room 1\rNTE\|1\|\|HealthcareService Eyes\r/)
  })
})

t.test('an operator', async (t) => {
  const operator = (line: Line, { isConfigured = true } = {}): { readonly resend: (id: string, isAnew?: boolean) => Promise<void>, readonly skip: (id: string) => Promise<void> } => {
    const deps = { inTransaction: line.store.inTransaction, clock: { now: () => at }, notify: () => undefined, isConfigured: (name: string) => isConfigured && name === 'east-his' }
    return {
      resend: (id, isAnew = false) => resendOutbound(deps, { id, isAnew, actor: 'token-1' }),
      skip: (id) => skipOutbound(deps, { id, reason: 'told by telephone', actor: 'token-1' })
    }
  }

  t.test('sends a dead message again → the same bytes; anew → another control id', async (t) => {
    const line = await aLine(t)
    line.fault('reject', 2)
    await take(line.store, [east], named('A', 'Ann', '08:00'))
    const process = line.aProcess()
    await process.drain()
    const [{ id = '' } = {}] = await list(line.store)
    const { resend } = operator(line)
    await resend(id)
    await process.drain()
    await resend(id, true)
    await process.drain()
    const [one, other, third] = line.his.arrivals()
    t.equal(one, other)
    t.equal(third, `${one?.slice(0, 18) ?? ''}01`)
    t.match(await find(line.store, id), { state: 'sent', events: [{ what: 'written' }, { what: 'composed' }, { what: 'answered' }, { what: 'failed' }, { what: 'resent', by: 'token-1' }, {}, {}, { what: 'composed_anew' }, { what: 'composed' }, { what: 'answered', code: 'AA' }] })
  })

  t.test('skips a dead message → it is gone from the dead ones, and skipping again changes nothing', async (t) => {
    const line = await aLine(t)
    line.fault('reject')
    await take(line.store, [east], named('A', 'Ann', '08:00'))
    await line.aProcess().drain()
    const [{ id = '' } = {}] = await list(line.store)
    const { skip } = operator(line)
    await skip(id)
    await skip(id)
    t.match(await find(line.store, id), { state: 'skipped', events: { length: 5 } })
    t.strictSame(await line.store.inReading(({ outbound }) => outbound.counts()), [])
  })

  t.test('sends an old version again that never arrived, after a newer one did → is refused, for it would undo that', async (t) => {
    const line = await aLine(t)
    line.fault('reject')
    await take(line.store, [east], named('A', 'Ann', '08:00'))
    await take(line.store, [east], named('A', 'Anna', '08:01'))
    await take(line.store, [east], named('B', 'Bob', '08:01'))
    const process = line.aProcess()
    await process.drain()
    const [old, newest] = await list(line.store)
    const { resend, skip } = operator(line)
    for (const isAnew of [false, true]) await t.rejects(resend(old?.id ?? '', isAnew), { code: 'OUTBOUND_NOT_REPAIRABLE', message: /newer version/ })
    await skip(old?.id ?? '')
    await t.rejects(resend(old?.id ?? ''), { code: 'OUTBOUND_NOT_REPAIRABLE' })
    await resend(newest?.id ?? '')
    await process.drain()
    t.strictSame(names(line).at(-1), 'Bob', 'what was sent may be sent again')
    t.equal(line.his.arrivals().length, 4)
  })

  t.test('skips what waits for a destination that was taken out of the configuration', async (t) => {
    const line = await aLine(t)
    await take(line.store, [east], named('A', 'Ann', '08:00'))
    const [{ id = '' } = {}] = await list(line.store)
    await operator(line, { isConfigured: false }).skip(id)
    t.match(await find(line.store, id), { state: 'skipped' })
    t.strictSame(await line.store.inReading(({ outbox }) => outbox.counts()), { waiting: 0, dead: 0, oldestAt: null })
  })

  t.test('of a message that waits, or that nobody knows → is told why not', async (t) => {
    const line = await aLine(t)
    await take(line.store, [east], named('A', 'Ann', '08:00'))
    const [{ id = '' } = {}] = await list(line.store)
    const { resend, skip } = operator(line)
    await t.rejects(resend(id), { code: 'OUTBOUND_NOT_REPAIRABLE' })
    await t.rejects(skip(id), { code: 'OUTBOUND_NOT_REPAIRABLE' })
    await t.rejects(resend('nobody'), { code: 'OUTBOUND_NOT_FOUND' })
  })

  t.test('need not delete what was sent long ago', async (t) => {
    const line = await aLine(t)
    await take(line.store, [east], named('A', 'Ann', '08:00'))
    await line.aProcess().drain()
    t.equal(await pruneOutbound(line.store.inTransaction, new Date(at.getTime() + 1)), 1)
  })
})

t.test('a FHIR server as destination', async (t) => {
  const version = (type: string, id: string, elements: Readonly<Record<string, unknown>>): RecordVersion =>
    ({ type, id, version: 1, lastUpdated: at, resource: { resourceType: type, id, meta: { versionId: '1' }, ...elements }, elementTimes: {}, hospitalId: 'east', patientId: null, source: 's', mappingVersion: null })

  t.test('a resource → is found there by an identifier, and refers to others by theirs', async (t) => {
    const mr = { system: 'urn:yiqiao:hospital:east:MR', value: 'P1' }
    t.strictSame(fhirContent(version('Appointment', 'X', { status: 'booked', participant: [{ actor: { reference: 'Patient/A', display: 'Ann' } }, { actor: { reference: 'Location/L' } }] }), [version('Patient', 'A', { identifier: [mr] })]), {
      ifNoneExist: 'identifier=urn%3Ayiqiao%3Arecord%7CX',
      resource: {
        resourceType: 'Appointment',
        identifier: [{ system: 'urn:yiqiao:record', value: 'X' }],
        status: 'booked',
        participant: [{ actor: { type: 'Patient', identifier: mr, display: 'Ann' } }, { actor: { type: 'Location', identifier: { system: 'urn:yiqiao:record', value: 'L' } } }]
      }
    })
    t.equal(fhirContent(version('Patient', 'A', { identifier: [mr] }), []).ifNoneExist, 'identifier=urn%3Ayiqiao%3Ahospital%3Aeast%3AMR%7CP1')
  })

  const content = new TextEncoder().encode(JSON.stringify(fhirContent(version('Patient', 'A', { birthDate: '1990-01-02' }), [])))
  const held = { identifier: [{ system: 'urn:yiqiao:record', value: 'A' }], birthDate: '1990-01-02' }
  /** A server that holds these elements afterwards, whether they were there or were made. */
  const aServer = (elements: Readonly<Record<string, unknown>>, { isChanged = false, isTerse = false, refusal = null }: { readonly isChanged?: boolean, readonly isTerse?: boolean, readonly refusal?: DomainError | null } = {}): Carrier & { readonly asked: unknown[], readonly put: unknown[] } => {
    const asked: unknown[] = []
    const put: unknown[] = []
    const writer: FhirWriter = {
      read: async (resourceType, id) => {
        asked.push(`read ${id}`)
        return { resourceType, id, meta: { versionId: '3' }, ...elements }
      },
      create: async ({ resourceType }, { ifNoneExist }) => {
        asked.push(ifNoneExist)
        if (refusal !== null) throw refusal
        return isTerse ? { id: '77', version: null, resource: null } : { id: '77', version: '3', resource: { resourceType, id: '77', ...elements } }
      },
      update: async (resource, { ifMatch } = { ifMatch: '' }) => {
        asked.push(`${resource.id} if ${ifMatch}`)
        put.push(resource)
        return isChanged ? null : { id: resource.id, version: '4', resource }
      }
    }
    return { ...fhirCarrier(writer), asked, put }
  }
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

  t.test('that has made it, or has it as it is → is asked no more', async (t) => {
    const server = aServer(held)
    const { verdict, bytes } = await server.send({ controlId: '', content })
    t.strictSame([verdict, text(bytes), server.asked], ['accepted', 'Patient/77/_history/3', ['identifier=urn%3Ayiqiao%3Arecord%7CA']])
  })

  t.test('that has it otherwise → is asked to replace that very version, so that a resend makes nothing twice', async (t) => {
    const server = aServer({ ...held, birthDate: '1980-01-01' })
    const { verdict, bytes } = await server.send({ controlId: '', content })
    t.strictSame([verdict, text(bytes), server.asked.slice(1)], ['accepted', 'Patient/77/_history/4', ['77 if 3']])
  })

  t.test('that knows more than we do → keeps it; what we took away goes', async (t) => {
    const theirs = { identifier: [{ system: 'urn:their:card', value: '9' }, ...held.identifier], text: { status: 'generated' }, maritalStatus: { text: 'M' }, deceasedBoolean: true, telecom: [{ value: '1' }], birthDate: '1980-01-01' }
    const second = { ...version('Patient', 'A', { birthDate: '1990-01-02', deceasedDateTime: '2027-01-01' }), version: 2 }
    const said = new TextEncoder().encode(JSON.stringify(fhirContent(second, [], version('Patient', 'A', { telecom: [{ value: '1' }] }))))
    const expected = { resourceType: 'Patient', id: '77', maritalStatus: { text: 'M' }, birthDate: '1990-01-02', deceasedDateTime: '2027-01-01', identifier: [...held.identifier, { system: 'urn:their:card', value: '9' }] }
    const server = aServer(theirs)
    await server.send({ controlId: '', content: said })
    t.strictSame(server.put, [expected])
    const terse = aServer(theirs, { isTerse: true })
    await terse.send({ controlId: '', content: said })
    t.strictSame([terse.put, terse.asked.slice(1)], [[{ ...expected, meta: { versionId: '3' } }], ['read 77', '77 if 3']], 'also where it tells nothing of itself but its id')
  })

  t.test('that somebody else wrote to in between → is asked again later', async (t) => {
    t.match(await aServer({}, { isChanged: true }).send({ controlId: '', content }), { code: '412', verdict: 'failed' })
  })

  t.test('that refuses → has the last word; that answers 503 → is asked again; that gives no answer → is down', async (t) => {
    for (const [code, place, expected] of [['OUTSIDE_REFUSED', 'HTTP 422', 'OUTSIDE_REFUSED'], ['OUTSIDE_UNAVAILABLE', 'HTTP 503', 'OUTSIDE_UNAVAILABLE'], ['OUTSIDE_UNAVAILABLE', undefined, 'OUTSIDE_DOWN']] as const) {
      await t.rejects(aServer({}, { refusal: new DomainError(code, 'A refusal of the test.', place) }).send({ controlId: '', content }), { code: expected })
    }
  })
})
