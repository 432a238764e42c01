import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Client } from 'fhir-kit-client'
import type { Test } from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { startFhirServer, type FhirServer } from '../../adapters/simulators/fhir-server/server.ts'
import { viewDatabase, type SqlRow } from '../../adapters/simulators/tds/database.ts'
import { createHospitalViews, hospitalViewNames, type HospitalView } from '../../adapters/simulators/tds/hospital-views.ts'
import { startSqlServer, type SimulatedSqlServer } from '../../adapters/simulators/tds/sql-server.ts'
import type { Resource } from '../../core/records/index.ts'
import { aSender, aService, type Service } from './a-service.ts'

/**
 * One outpatient day in four hospitals, each of which tells it in its own way. Fictitious: 示例患者, born 1980-01-02, at the
 * clinic from 09:00 to 10:00; three charges, one of them credited, an adjustment and a payment at the window. Later the
 * phone changes, a charge comes late and another is credited.
 */
export interface Way {
  readonly hospital: string
  /** Tells the day: the money before the visit, the patient last. */
  readonly tellDay: () => Promise<void>
  /** Tells all of it once more, in the ways in which this happens there. */
  readonly tellAgain: () => Promise<void>
  readonly tellChange: () => Promise<void>
}

/** A hospital that is asked. */
export interface AskedWay extends Way {
  readonly look: () => Promise<void>
  /** One more charge, of 3.00, that is there when it is looked for. */
  readonly keepLater: () => void
}

export interface FourHospitals {
  readonly service: Service
  readonly ways: readonly Way[]
  readonly fhirServer: FhirServer
  readonly sqlServer: SimulatedSqlServer
  readonly passwordFile: string
  readonly fhirHospital: AskedWay
  readonly viewHospital: AskedWay
}

export const numbers = { patient: 'P000777', visit: 'V000777', doctor: 'D101' } as const
const login = { user: 'yiqiao_reader', password: 'not-a-secret' } as const
/** No look happens by itself but the first. */
const pollMs = 86_400_000

export async function fourHospitals (t: Test): Promise<FourHospitals> {
  const fhirClock = { now: new Date('2026-03-02T11:00:00+08:00') }
  const fhirServer = await startFhirServer({ host: '127.0.0.1', port: 0, clock: { now: () => fhirClock.now }, wallClock: { now: () => new Date() }, ids: { next: randomUUID }, retryAfterSeconds: 0 })
  t.teardown(fhirServer.close)
  const database = viewDatabase()
  createHospitalViews(database)
  const sqlServer = await startSqlServer({ host: '127.0.0.1', port: 0, database, ...login, tls: null })
  t.teardown(sqlServer.close)
  const passwordFile = path.join(mkdtempSync(path.join(tmpdir(), 'yiqiao-views-')), 'password')
  writeFileSync(passwordFile, login.password)
  t.teardown(() => { rmSync(path.dirname(passwordFile), { recursive: true }) })
  const names = ['mllp-h', 'fhir-h', 'post-h', 'views-h']
  const service = await aService(t, { site: {
    hospitals: names.map((id) => ({ id, name: id })),
    sources: [
      { name: 'mllp-h', kind: 'mllp', hospital: 'mllp-h', port: 0 },
      { name: 'fhir-h', kind: 'fhir', hospital: 'fhir-h', url: fhirServer.url, mappingSite: 'north', pollMs, timeoutMs: 5_000, overlapMs: 60_000 },
      { name: 'views-h', kind: 'views', hospital: 'views-h', host: '127.0.0.1', port: sqlServer.port, database: 'HIS', user: login.user, passwordFile, encrypt: false, views: hospitalViewNames, pollMs, timeoutMs: 5_000 }
    ]
  } })
  const viewHospital = aViewHospital(t, service, (view, row) => { database.write(hospitalViewNames[view], row) })
  const fhirHospital = aFhirHospital(service, fhirServer, fhirClock)
  return { service, fhirServer, sqlServer, passwordFile, fhirHospital, viewHospital, ways: [await anMllpHospital(t, service), fhirHospital, await aPostingHospital(service), viewHospital] }
}

async function anMllpHospital (t: Test, service: Service): Promise<Way> {
  const { send } = await aSender(t, service.served.parts.listeners.get('mllp-h')?.port ?? 0)
  const sent: string[] = []
  const tell = async (type: string, at: string, segments: readonly string[]): Promise<void> => {
    const header = `MSH|^~\\&|HIS|H|YIQIAO|H|${at}||${type}|M${sent.length + 1}|P|2.5.1|||||CHN|UNICODE UTF-8`
    sent.push(`${[header, `EVN||${at}`, ...segments].join('\r')}\r`)
    await accepted(sent.at(-1) ?? '')
  }
  const accepted = async (text: string): Promise<void> => {
    t.equal(parseMessage((await send(text)).toString()).get('MSA-1'), 'AA')
  }
  const person = (phone: string): string => `PID|1||${numbers.patient}^^^H^MR||示例^患者^^^^^L||19800102|M|||||^PRN^CP^^^^${phone}`
  const visit = (end: string): string => `PV1|1|O|||||${numbers.doctor}^样^医|||内科^内科^L|||||||||${numbers.visit}^^^H^VN${'|'.repeat(25)}20260302090000|${end}`
  const line = (id: string, kind: string, rest: string): string => `FT1|1|${id}||20260302093000|20260302093000|${kind}|${rest}`
  const drug = 'DRUG^药品^L|||1|63.90&CNY|63.90&CNY'
  const test = 'CBC^血常规^L|||2|51.60&CNY|25.80&CNY'
  const credits = (id: string): string => `${'|'.repeat(18)}${id}`
  return {
    hospital: 'mllp-h',
    tellDay: async () => {
      await tell('DFT^P03^DFT_P03', '20260302094000', [person('000-0000-0001'), visit(''), line('T1', 'CG', 'REG^挂号费^L|||1|15.00&CNY|15.00&CNY'), line('T2', 'CG', test), line('T3', 'CG', drug),
        line('T4', 'AJ', 'ADJ^减免^L|||1|-5.00&CNY|-5.00&CNY'), line('T5', 'PY', 'CASH^现金^L|||1|20.00&CNY|20.00&CNY')])
      await tell('DFT^P03^DFT_P03', '20260302095000', [person('000-0000-0001'), visit(''), line('T3-C', 'CD', `${drug}${credits('T3')}`)])
      await tell('ADT^A04^ADT_A01', '20260302090000', [person('000-0000-0001'), visit('')])
      await tell('ADT^A03^ADT_A03', '20260302100000', [person('000-0000-0001'), visit('20260302100000')])
    },
    tellAgain: async () => {
      for (const text of [...sent]) await accepted(text)
      for (const [place, text] of [...sent].entries()) await accepted(parseMessage(text).set('MSH-10', `N${sent.length}-${place}`).print())
    },
    tellChange: async () => {
      await tell('ADT^A08^ADT_A01', '20260302110000', [person('000-0000-0002'), visit('20260302100000')])
      await tell('DFT^P03^DFT_P03', '20260302111000', [person('000-0000-0002'), visit('20260302100000'), line('T6', 'CG', 'INJ^注射费^L|||1|12.00&CNY|12.00&CNY'), line('T2-C', 'CD', `${test}${credits('T2')}`)])
    }
  }
}

const kinds = 'http://terminology.hl7.org/CodeSystem/v2-0203'
const time = (clock: string): string => `2026-03-02T${clock}:00+08:00`
const yuan = (value: number): object => ({ value, currency: 'CNY' })

/** The day as R4 says it. `system` and `kind` are how a server names its numbers; `ref` is how it refers. */
function dayInFhir ({ number, ref }: { readonly number: (kind: string, name: string, value: string) => object, readonly ref: (name: string) => string }) {
  const charge = (id: string, [code, text]: readonly [string, string], quantity: number, value: number): Resource => ({
    resourceType: 'ChargeItem', identifier: [number('', 'transaction', id)], status: 'billable', code: { coding: [{ code, display: text }], text }, subject: { reference: ref('Patient') }, context: { reference: ref('Encounter') },
    occurrenceDateTime: time('09:30'), quantity: { value: quantity }, priceOverride: yuan(value)
  })
  return {
    doctor: { resourceType: 'Practitioner', identifier: [number('EI', 'doctor', numbers.doctor)], name: [{ text: '样医', family: '样', given: ['医'] }] },
    patient: (phone: string): Resource => ({
      resourceType: 'Patient', identifier: [number('MR', 'patient', numbers.patient)], name: [{ use: 'official', text: '示例患者', family: '示例', given: ['患者'] }], gender: 'male', birthDate: '1980-01-02',
      telecom: [{ system: 'phone', value: phone, use: 'mobile' }]
    }),
    visit: {
      resourceType: 'Encounter', identifier: [number('VN', 'visit', numbers.visit)], status: 'finished', class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }, serviceType: { text: '内科' },
      subject: { reference: ref('Patient') }, period: { start: time('09:00'), end: time('10:00') },
      participant: [{ type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ATND' }] }], individual: { reference: ref('Practitioner') } }]
    },
    charges: [charge('T1', ['REG', '挂号费'], 1, 15), charge('T2', ['CBC', '血常规'], 2, 51.6), charge('T3', ['DRUG', '药品'], 1, 63.9), charge('T4', ['ADJ', '减免'], 1, -5)],
    late: charge('T6', ['INJ', '注射费'], 1, 12),
    later: charge('T7', ['COPY', '复印费'], 1, 3),
    payment: {
      resourceType: 'PaymentNotice', identifier: [number('', 'transaction', 'T5')], status: 'active', request: { reference: ref('Encounter') }, created: time('09:30'), payment: { display: '现金' },
      paymentDate: '2026-03-02', recipient: { display: '医院' }, amount: yuan(20)
    }
  } satisfies Record<string, unknown>
}

/** Its server: the visit and the charges stand there before the patient does. */
function aFhirHospital (service: Service, { url, resources }: FhirServer, clock: { now: Date }): AskedWay {
  const client = new Client({ baseUrl: url })
  const put = async (resource: Resource, id: string): Promise<void> => { await client.update({ resourceType: resource.resourceType, id, body: { ...resource, resourceType: resource.resourceType, id } }) }
  const look = async (): Promise<void> => {
    await service.served.parts.followers.get('fhir-h')?.look()
    await service.settled()
  }
  const sid = 'https://his.north.example/sid/'
  const day = dayInFhir({
    number: (kind, name, value) => ({ ...(kind === 'EI' ? { type: { coding: [{ system: kinds, code: kind }] } } : {}), system: sid + name, value }),
    ref: (type) => type === 'Patient' ? `${url}/Patient/p1` : `${type}/${type === 'Encounter' ? 'e1' : 'd1'}`
  })
  return {
    hospital: 'fhir-h',
    look,
    keepLater: () => { resources.write({ ...day.later, id: 'c7' }) },
    tellDay: async () => {
      await put(day.doctor, 'd1')
      await put(day.visit, 'e1')
      for (const [place, charge] of day.charges.entries()) await put(charge, `c${place + 1}`)
      await put(day.payment, 'c5')
      await look()
      clock.now = new Date(time('12:00'))
      await put({ ...day.charges[2], resourceType: 'ChargeItem', status: 'entered-in-error' }, 'c3')
      await look()
      await put(day.patient('000-0000-0001'), 'p1')
      await look()
      await nothingWaits(service)
    },
    tellAgain: async () => {
      await look()
      clock.now = new Date('2026-03-03T12:00:00+08:00')
      await look()
      await put(day.visit, 'e1')
      await put({ ...day.charges[0], resourceType: 'ChargeItem' }, 'c1')
      await put({ ...day.charges[2], resourceType: 'ChargeItem', status: 'entered-in-error' }, 'c3')
      await look()
    },
    tellChange: async () => {
      await put(day.patient('000-0000-0002'), 'p1')
      await put(day.late, 'c6')
      await put({ ...day.charges[1], resourceType: 'ChargeItem', status: 'entered-in-error' }, 'c2')
      await look()
    }
  }
}

/** What waited for the patient is tried again by itself, a second after it was refused. */
async function nothingWaits ({ served: { parts: { store } }, settled }: Service): Promise<void> {
  for (;;) {
    await settled()
    if ((await store.inReading(({ inbox }) => inbox.statistics())).oldestQueuedAt === null) return
    await setImmediate()
  }
}

/** An integrator's client: one Bundle for the visit, single posts for the money. */
async function aPostingHospital (service: Service): Promise<Way> {
  const administrator = await service.tokenFor('administrator')
  const { body: { clientId, clientSecret } } = await service.post('/v1/ops/clients', administrator, { name: 'post-h', role: 'integrator', organizationId: 'post-h', scopes: ['system/*.read', 'system/*.write'], speaksFor: 'hospital' })
  const granted = await fetch(`http://127.0.0.1:${service.served.http}/oauth/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }) })
  const { access_token: bearerToken } = await granted.json() as { readonly access_token: string }
  const client = new Client({ baseUrl: `http://127.0.0.1:${service.served.http}/fhir`, bearerToken })
  const named = { Patient: 'urn:uuid:6f0a8c0e-0c1d-4e0b-9b7e-0d7f3b8f1a01', Encounter: 'urn:uuid:6f0a8c0e-0c1d-4e0b-9b7e-0d7f3b8f1a02', Practitioner: 'urn:uuid:6f0a8c0e-0c1d-4e0b-9b7e-0d7f3b8f1a03' }
  const number = (kind: string, name: string, value: string): object => kind === ''
    ? { system: 'urn:yiqiao:hospital:post-h:FT', value }
    : { type: { coding: [{ system: kinds, code: kind }] }, system: `urn:yiqiao:hospital:post-h:${kind}`, value, assigner: { display: name } }
  const inBundle = dayInFhir({ number, ref: (type) => named[type as keyof typeof named] })
  const idOf = (type: string, key: string): string => `${type}/${service.served.parts.stableId('post-h', type, key)}`
  const alone = dayInFhir({ number, ref: (type) => type === 'Patient' ? idOf(type, numbers.patient) : type === 'Encounter' ? idOf(type, numbers.visit) : idOf(type, numbers.doctor) })
  const post = async (resource: Resource): Promise<void> => { await client.create({ resourceType: resource.resourceType, body: { ...resource, resourceType: resource.resourceType } }) }
  const day = async (phone: string): Promise<void> => {
    const entry = [inBundle.charges[0], inBundle.visit, inBundle.patient(phone), inBundle.doctor].map((resource) => ({
      ...(resource !== undefined && resource.resourceType in named ? { fullUrl: named[resource.resourceType as keyof typeof named] } : {}), resource, request: { method: 'POST', url: resource?.resourceType }
    }))
    await client.transaction({ body: { resourceType: 'Bundle', type: 'transaction', entry } })
    for (const charge of alone.charges) await post(charge)
    await post(alone.payment)
    await post({ ...alone.charges[2], resourceType: 'ChargeItem', status: 'entered-in-error' })
  }
  return {
    hospital: 'post-h',
    tellDay: () => day('000-0000-0001'),
    tellAgain: () => day('000-0000-0001'),
    tellChange: async () => {
      await post(alone.patient('000-0000-0002'))
      await post(alone.late)
      await post({ ...alone.charges[1], resourceType: 'ChargeItem', status: 'entered-in-error' })
    }
  }
}

/** Its views: charges and visits come before their patient. */
function aViewHospital (t: Test, service: Service, write: (view: HospitalView, row: SqlRow) => void): AskedWay {
  const { patient: patientNo, visit: visitNo } = numbers
  const look = async (): Promise<void> => {
    await service.served.parts.viewPollers.get('views-h')?.look()
    await service.settled()
  }
  const patient = (phone: string, at: string): void => {
    write('patients', { patient_no: patientNo, name: '示例患者', sex: '男', birth_date: '1980-01-02', id_card_no: null, phone, address: null, merged_into: null, updated_at: at, remark: null })
  }
  const visit = (): void => {
    write('visits', {
      visit_no: visitNo, patient_no: patientNo, class: 'outpatient', status: 'finished', department_code: '内科', department_name: '内科', doctor_no: numbers.doctor, doctor_name: '样医',
      started_at: '2026-03-02T09:00:00', ended_at: '2026-03-02T10:00:00', diagnosis_code: null, diagnosis_name: null, diagnosis_type: null, updated_at: '2026-03-02T10:00:00'
    })
  }
  const line = (id: string, [item, name]: readonly [string, string], [quantity, price]: readonly [number, number], { kind = 'charge', cancels = null }: { readonly kind?: string, readonly cancels?: string | null } = {}): void => {
    write('charges', {
      transaction_id: id, patient_no: patientNo, visit_no: visitNo, kind, cancels, item_code: item, item_name: name, quantity: String(quantity), unit_price: price.toFixed(2), amount: (quantity * price).toFixed(2),
      charged_at: '2026-03-02T09:30:00', updated_at: '2026-03-02T09:30:00'
    })
  }
  return {
    hospital: 'views-h',
    look,
    keepLater: () => { line('T7', ['COPY', '复印费'], [1, 3]) },
    tellDay: async () => {
      line('T1', ['REG', '挂号费'], [1, 15])
      line('T2', ['CBC', '血常规'], [2, 25.8])
      line('T3-C', ['DRUG', '药品'], [1, 63.9], { kind: 'credit', cancels: 'T3' })
      line('T3', ['DRUG', '药品'], [1, 63.9])
      line('T4', ['ADJ', '减免'], [1, -5], { kind: 'adjustment' })
      line('T5', ['CASH', '现金'], [1, 20], { kind: 'payment' })
      await look()
      visit()
      await look()
      patient('000-0000-0001', '2026-03-02T09:00:00')
      await look()
    },
    tellAgain: async () => {
      await look()
      visit()
      line('T1', ['REG', '挂号费'], [1, 15])
      await look()
      const { body: { status, result } } = await service.post('/v1/ops/jobs/compare-views-views-h/run', await service.tokenFor('operator'), {})
      t.match({ status, result }, { status: 'done', result: { missed: 0, changed: 0, vanished: 0 } })
      t.ok(result.compared >= 8, 'patient, visit and six lines')
    },
    tellChange: async () => {
      patient('000-0000-0002', '2026-03-02T11:00:00')
      line('T6', ['INJ', '注射费'], [1, 12])
      line('T2-C', ['CBC', '血常规'], [2, 25.8], { kind: 'credit', cancels: 'T2' })
      await look()
    }
  }
}
