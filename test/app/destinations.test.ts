import path from 'node:path'
import t, { type Test } from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { startHisReceiver } from '../../adapters/simulators/hospital/his-receiver.ts'
import { composeDestinations, destinationsOf, type Destinations, type DestinationsDeps } from '../../app/compose/destinations.ts'
import { loadMappings } from '../../app/load-mappings.ts'
import type { MllpDestinationConfig, SiteConfig } from '../../app/site-config.ts'
import { addOutbound } from '../../core/outbound/index.ts'
import type { RecordToSave } from '../../core/records/index.ts'
import { compileOutbound } from '../../mappings/index.ts'
import { freshStore } from '../fixtures/store.ts'

const sources = await loadMappings(path.join(import.meta.dirname, '../../mappings'))
const tables = compileOutbound({ ...sources, sites: { base: { messages: {}, segments: {}, codeTables: {} }, ...sources.sites } }, 'base')
const at = new Date('2027-03-01T00:00:00.000Z')
const clock = { now: () => at }

const aPatient: RecordToSave = {
  type: 'Patient', id: 'p1', version: 1, lastUpdated: at, elementTimes: {}, hospitalId: 'east', patientId: 'p1', source: 's', mappingVersion: null, searchValues: [],
  resource: { resourceType: 'Patient', id: 'p1', identifier: [{ system: 'urn:yiqiao:hospital:east:MR', value: 'E1', type: { coding: [{ code: 'MR' }] } }], name: [{ family: '王', given: ['小明'] }], gender: 'male', birthDate: '1990-01-02' }
}

const aHis = (changes: Partial<MllpDestinationConfig> = {}): MllpDestinationConfig => ({
  name: 'east-his', kind: 'mllp', hospital: 'east', host: '127.0.0.1', port: 1, charset: 'UTF-8', version: '2.5.1', application: 'HIS', facility: 'EAST', mappingSite: 'base', ackTimeoutMs: 5_000, sends: [{ resource: 'Patient', message: 'ADT^A31' }], ...changes
})

interface Opened {
  readonly destinations: Destinations
  readonly carryOut: (name: string) => Promise<void>
}

async function open (t: Test, site: Pick<SiteConfig, 'destinations'>, fhirWriterOf: DestinationsDeps['fhirWriterOf'] = () => { throw new Error('none') }): Promise<Opened> {
  const store = await freshStore(t)
  const destinations = composeDestinations(site, { inTransaction: store.inTransaction, inReading: store.inReading, clock, zone: 'Asia/Shanghai', tablesOf: () => tables, fhirTablesOf: () => ({ tellIdentifiers: (resource) => resource }), fhirWriterOf })
  t.teardown(destinations.close)
  await store.inTransaction(async (stores) => {
    await stores.records.save([aPatient])
    const outgoing = destinationsOf(site).map((destination) => ({ destination, message: destination.sends[0]?.message ?? null, record: { type: 'Patient', id: 'p1', version: 1 }, patientId: 'p1' }))
    let ids = 0
    await addOutbound({ ...stores, ids: { next: () => `00000000-0000-7000-8000-00000000000${ids += 1}` } }, outgoing, at)
  })
  return {
    destinations,
    carryOut: async (name) => {
      const kind = `destination:${name}`
      for (const message of await store.inReading(({ outbox }) => outbox.due(at, 9, kind))) await destinations.carryOut[kind]?.(message)
    }
  }
}

t.test('a patient whom we changed → arrives at the HIS as the message that the tables write, in its character set', async (t) => {
  const his = await startHisReceiver({ hospital: 'east', host: '127.0.0.1', port: 0, tls: null, clock, slowMs: 0 })
  t.teardown(his.close)
  const { destinations, carryOut } = await open(t, { destinations: [aHis({ port: his.port, charset: 'GB18030' })] })
  t.match(destinations.states(), [{ name: 'east-his', hospitalId: 'east', status: { state: 'starting' } }])
  await carryOut('east-his')
  const message = parseMessage(String(his.items(null)[0]?.body['message']))
  t.strictSame(['MSH-4', 'MSH-5', 'MSH-6', 'MSH-7', 'MSH-9.1', 'MSH-9.2', 'MSH-10', 'MSH-12', 'MSH-18', 'PID-3.1', 'PID-5.1', 'PID-7', 'PID-8'].map((field) => message.get(field)),
    ['east', 'HIS', 'EAST', '20270301080000+0800', 'ADT', 'A31', '00800000000000000100', '2.5.1', 'GB18030', 'E1', '王', '19900102', 'M'])
  t.match(destinations.states(), [{ status: { state: 'up' } }])
  t.strictSame(destinations.rules, { 'destination:east-his': { maxRunning: 1, inOrder: true } })
})

t.test('a FHIR server → is written to, and its state is that of the last write', async (t) => {
  const written: unknown[] = []
  const site: Pick<SiteConfig, 'destinations'> = { destinations: [{ name: 'east-fhir', kind: 'fhir', hospital: 'east', url: 'http://127.0.0.1/fhir', timeoutMs: 1_000, mappingSite: 'base', sends: [{ resource: 'Patient' }] }] }
  const { destinations, carryOut } = await open(t, site, () => ({
    create: async (resource, { ifNoneExist }) => {
      written.push(ifNoneExist)
      return { id: '7', version: '1', resource: { ...resource, id: '7' } }
    },
    read: async () => { throw new Error('it tells what it holds') },
    update: async () => { throw new Error('there is nothing to update') }
  }))
  await carryOut('east-fhir')
  t.strictSame(written, ['identifier=urn%3Ayiqiao%3Ahospital%3Aeast%3AMR%7CE1'])
  t.match(destinations.states(), [{ kind: 'fhir', status: { state: 'up', lastAt: at } }])
})

t.test('a message that no table writes, or a character set that nobody knows → stops the start', async (t) => {
  await t.rejects(open(t, { destinations: [aHis({ sends: [{ resource: 'Patient', message: 'ADT^A99' }] })] }), { code: 'REQUEST_INVALID', message: /east-his: no table of mappings\/outbound writes ADT\^A99 of a Patient/ })
  await t.rejects(open(t, { destinations: [aHis({ charset: 'KLINGON' })] }), { code: 'REQUEST_INVALID', message: /charset/ })
})
