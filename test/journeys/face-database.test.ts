import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'fhir-kit-client'
import t, { type Test } from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { startFhirServer, type FhirServer } from '../../adapters/simulators/fhir-server/server.ts'
import { drawnPhoto } from '../../adapters/simulators/hospital/drawn-photo.ts'
import { seededChance } from '../../adapters/simulators/random.ts'
import { viewDatabase, type SqlRow } from '../../adapters/simulators/tds/database.ts'
import { createHospitalViews, hospitalViewNames, type HospitalView } from '../../adapters/simulators/tds/hospital-views.ts'
import { startSqlServer } from '../../adapters/simulators/tds/sql-server.ts'
import { loadFaces, reindexFaces, resealFaces } from '../../app/commands/faces.ts'
import type { Call } from '../../app/commands/command.ts'
import { faceParts } from '../../app/compose/face-parts.ts'
import { countFaces } from '../../jobs/count-faces.ts'
import { faceModel } from '../../adapters/face/model-card.ts'
import { anotherPicture, aSubject, hasPictures, withoutPictures, type PersonName } from '../fixtures/camera.ts'
import { aDatabase, aSender, aService, type Answer, type Service } from './a-service.ts'

const skip = hasPictures ? {} : { skip: withoutPictures }
const pollMs = 86_400_000
const login = { user: 'yiqiao_reader', password: 'not-a-secret' } as const

/** Three hospitals, each with its own way to tell of a person, a photo and a consent. */
interface Town {
  readonly service: Service
  readonly site: unknown
  readonly environment: Readonly<Record<string, string>>
  readonly operator: string
  readonly tell: (type: string, segments: readonly string[]) => Promise<void>
  readonly fhir: { readonly put: (resource: { readonly resourceType: string, readonly id: string } & Readonly<Record<string, unknown>>) => Promise<void>, readonly look: () => Promise<void> }
  readonly views: { readonly write: (view: HospitalView, row: SqlRow) => void, readonly look: () => Promise<void> }
  readonly patientId: (hospital: string, number: string) => string
  /** Photos by what became of them, with the reasons. */
  readonly photos: () => Promise<readonly string[]>
  readonly status: () => Promise<Answer['body']>
}

async function aTown (t: Test): Promise<Town> {
  const clock = { now: new Date('2026-03-02T11:00:00+08:00') }
  const fhirServer = await startFhirServer({ host: '127.0.0.1', port: 0, clock: { now: () => clock.now }, wallClock: { now: () => new Date() }, ids: { next: randomUUID }, retryAfterSeconds: 0 })
  t.teardown(fhirServer.close)
  const database = viewDatabase()
  createHospitalViews(database)
  const sqlServer = await startSqlServer({ host: '127.0.0.1', port: 0, database, ...login, tls: null })
  t.teardown(sqlServer.close)
  const folder = mkdtempSync(path.join(tmpdir(), 'yiqiao-faces-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const passwordFile = path.join(folder, 'password')
  writeFileSync(passwordFile, login.password)
  const site = {
    hospitals: ['mllp-h', 'fhir-h', 'views-h'].map((id) => ({ id, name: id })),
    sources: [
      { name: 'mllp-h', kind: 'mllp', hospital: 'mllp-h', port: 0 },
      { name: 'fhir-h', kind: 'fhir', hospital: 'fhir-h', url: fhirServer.url, mappingSite: 'north', pollMs, timeoutMs: 5_000, overlapMs: 60_000 },
      { name: 'views-h', kind: 'views', hospital: 'views-h', host: '127.0.0.1', port: sqlServer.port, database: 'HIS', user: login.user, passwordFile, encrypt: false, views: hospitalViewNames, pollMs, timeoutMs: 5_000 }
    ]
  }
  const environment = await aDatabase(t)
  const service = await aService(t, { site, environment })
  const { parts } = service.served
  const { send } = await aSender(t, parts.listeners.get('mllp-h')?.port ?? 0)
  let sent = 0
  const operator = await service.tokenFor('operator')
  return {
    service, site, environment, operator,
    tell: async (type, segments) => {
      sent += 1
      const at = `202603021${String(sent).padStart(5, '0')}`
      const message = [`MSH|^~\\&|HIS|H|YIQIAO|H|${at}||${type}|M${sent}|P|2.5.1|||||CHN|UNICODE UTF-8`, `EVN||${at}`, ...segments].join('\r')
      t.equal(parseMessage((await send(`${message}\r`)).toString()).get('MSA-1'), 'AA')
      await service.settled()
    },
    fhir: aFhirSide(fhirServer, service, clock),
    views: {
      write: (view, row) => { database.write(hospitalViewNames[view], row) },
      look: async () => {
        await parts.viewPollers.get('views-h')?.look()
        await service.settled()
      }
    },
    patientId: (hospital, number) => parts.stableId(hospital, 'Patient', number),
    photos: async () => {
      const { body: { items } } = await service.get('/v1/faces/photos?limit=200', operator)
      return (items as ReadonlyArray<{ readonly hospitalId: string, readonly outcome: string, readonly reasons: readonly string[] }>).map(({ hospitalId, outcome, reasons }) => [hospitalId, outcome, ...reasons].join(' ')).sort()
    },
    status: async () => (await service.get('/v1/faces/status', operator)).body
  }
}

function aFhirSide ({ url }: FhirServer, service: Service, clock: { now: Date }): Town['fhir'] {
  const client = new Client({ baseUrl: url })
  return {
    put: async (resource) => { await client.update({ resourceType: resource.resourceType, id: resource.id, body: resource }) },
    look: async () => {
      clock.now = new Date(clock.now.getTime() + 600_000)
      await service.served.parts.followers.get('fhir-h')?.look()
      await service.settled()
    }
  }
}

const pid = (number: string, name: string, born: string): string => `PID|1||${number}^^^H^MR||${name}^患者^^^^^L||${born}|F|||||^PRN^CP^^^^000-0000-0001~^NET^Internet^sample@example.org`
const photo = (picture: Buffer): string => `OBX|1|ED|PHOTO^患者照片^L||^image^jpeg^Base64^${picture.toString('base64')}||||||F`
const consent = (word: 'Y' | 'N'): string => `OBX|2|CWE|FACECONSENT^人脸处理同意^L||${word}^^HL70136||||||F`
const pv1 = `PV1|1|O|||||D101^样^医|||内科^内科^L|||||||||V1^^^H^VN${'|'.repeat(25)}20260302090000`

const fhirPerson = (picture: Buffer): { readonly resourceType: string, readonly id: string } & Readonly<Record<string, unknown>> => ({
  resourceType: 'Patient', id: 'p1', identifier: [{ system: 'https://his.north.example/sid/patient', value: 'F1' }], name: [{ use: 'official', text: '示例丙' }], gender: 'female', birthDate: '1988-05-05',
  telecom: [{ system: 'other', value: 'im-sample' }, { system: 'url', value: 'https://social.example/sample' }], photo: [{ contentType: 'image/jpeg', data: picture.toString('base64') }]
})
const fhirConsent = (status: string): { readonly resourceType: string, readonly id: string } & Readonly<Record<string, unknown>> => ({
  resourceType: 'Consent', id: 'c1', identifier: [{ system: 'https://his.north.example/sid/consent', value: 'FC1' }], status, scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'urn:yiqiao:fhir:consent-category', code: 'face' }] }], patient: { reference: 'Patient/p1' }, policy: [{ uri: 'urn:example:face' }]
})
const viewPerson = (consents: string | null): SqlRow => ({
  patient_no: 'W1', name: '示例丁', sex: '女', birth_date: '1979-04-04', id_card_no: null, phone: '000-0000-0009', address: null, merged_into: null, face_consent: consents, face_consent_at: null, updated_at: '2026-03-02T09:00:00', remark: null
})
const viewPhoto = (picture: Buffer, takenAt: string): SqlRow => ({ patient_no: 'W1', photo: picture, content_type: 'image/jpeg', taken_at: takenAt })

const picturesOf = async (...names: readonly PersonName[]): Promise<readonly Buffer[]> => Promise.all(names.map(async (name) => (await aSubject(name)).picture))

t.test('photos and consents of three hospitals fill the face database [T1 K-04]', skip, async (t) => {
  const town = await aTown(t)
  const { service, tell, fhir, views, photos, status } = town
  const [anna, clara, greta, hilda] = await picturesOf('anna', 'clara', 'greta', 'hilda') as [Buffer, Buffer, Buffer, Buffer]
  const annaId = town.patientId('mllp-h', 'P1')

  t.test('only of whoever consented, whichever way they are told; the others are listed with the reason', async (t) => {
    await tell('ADT^A04^ADT_A01', [pid('P1', '示例甲', '19900315'), pv1, 'DG1|1||I10^原发性高血压^I10|||W', photo(anna), consent('Y')])
    await tell('ADT^A28^ADT_A05', [pid('P2', '示例乙', '19850101'), photo(hilda)])
    await tell('ADT^A28^ADT_A05', [pid('P3', '示例戊', '19700101'), photo(drawnPhoto(seededChance(1))), consent('Y')])
    await tell('ADT^A28^ADT_A05', [pid('P4', '示例小', '20200101'), photo(drawnPhoto(seededChance(2))), consent('Y')])
    await fhir.put(fhirPerson(clara))
    await fhir.put(fhirConsent('active'))
    await fhir.look()
    views.write('patients', viewPerson('同意'))
    views.write('photos', viewPhoto(greta, '2026-03-01T08:00:00'))
    await views.look()
    t.strictSame(await photos(), ['fhir-h enrolled', 'mllp-h enrolled', 'mllp-h not_allowed guardian_needed', 'mllp-h not_allowed no_consent', 'mllp-h unusable no_face', 'views-h enrolled'])
    const { persons, photos: counts, consents, engine, limits } = await status()
    t.strictSame([persons, counts.enrolled, consents.given, engine, limits], [3, 3, 5, { modelId: faceModel.id, indexed: 3, isReady: true }, { near: 80_000, filing: 100_000 }])
  })

  t.test('a consent that comes later → the photo at hand is read', async (t) => {
    await tell('ADT^A31^ADT_A05', [pid('P2', '示例乙', '19850101'), consent('Y')])
    t.strictSame((await status()).persons, 4)
  })

  t.test('the same told again changes nothing; another photo takes the place of the first', async (t) => {
    await tell('ADT^A31^ADT_A05', [pid('P1', '示例甲', '19900315'), photo(anna), consent('Y')])
    const before = await service.served.parts.store.inReading(({ faceTemplates }) => faceTemplates.ofPatients([town.patientId('views-h', 'W1')]))
    views.write('photos', viewPhoto(await anotherPicture(await aSubject('greta')), '2026-03-02T08:00:00'))
    await views.look()
    const after = await service.served.parts.store.inReading(({ faceTemplates }) => faceTemplates.ofPatients([town.patientId('views-h', 'W1')]))
    t.strictSame([before.length, after.length, after.some(({ id }) => id === before[0]?.id)], [1, 1, false])
    const { persons, engine, templates } = await status()
    t.strictSame([persons, engine.indexed, templates], [4, 4, [{ modelId: faceModel.id, templates: 4 }]])
  })

  t.test('a photo that could not be used → is read once more when an operator says so', async (t) => {
    const retried = await service.post('/v1/faces/photos/retry', town.operator, { outcome: 'unusable' })
    await service.settled()
    t.strictSame([retried.status, retried.body, (await photos()).filter((line) => line.includes('unusable'))], [200, { queued: 1 }, ['mllp-h unusable no_face']])
  })

  t.test('who stands behind a face: numbers, contacts, visits with doctor, condition and medication [T10 K-05]', async (t) => {
    await tell('RDE^O11^RDE_O11', [pid('P1', '示例甲', '19900315'), pv1, 'ORC|NW|RX1^H||RXG1^H|||||20260302093000|||D101^样^医', 'RXE|1|AML^氨氯地平^L|5||mg|||||14||||||||||||||||||||||', 'RXR|PO^口服^HL70162'])
    await fhir.put({ resourceType: 'Encounter', id: 'e1', identifier: [{ system: 'https://his.north.example/sid/visit', value: 'FV1' }], status: 'finished', class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }, serviceType: { text: '内分泌科' }, subject: { reference: 'Patient/p1' }, period: { start: '2026-02-02T09:00:00+08:00' } })
    await fhir.put({ resourceType: 'Condition', id: 'k1', subject: { reference: 'Patient/p1' }, encounter: { reference: 'Encounter/e1' }, code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'E11' }], text: '2型糖尿病' } })
    await fhir.put({ resourceType: 'MedicationStatement', id: 'm1', identifier: [{ system: 'https://his.north.example/sid/drug', value: 'FM1' }], status: 'active', medicationCodeableConcept: { text: '二甲双胍' }, subject: { reference: 'Patient/p1' }, context: { reference: 'Encounter/e1' } })
    await fhir.look()
    views.write('visits', { visit_no: 'WV1', patient_no: 'W1', class: 'outpatient', status: 'finished', department_code: '11', department_name: '呼吸科', doctor_no: 'W9', doctor_name: '样丁', started_at: '2026-01-05T09:00:00', ended_at: '2026-01-05T10:00:00', diagnosis_code: 'J45', diagnosis_name: '哮喘', diagnosis_type: null, drug_code: null, drug_name: '沙丁胺醇', updated_at: '2026-01-05T10:00:00' })
    await views.look()
    const visitOf = async (hospital: string, number: string): Promise<unknown> => {
      const { status, body } = await service.get(`/v1/patients/${town.patientId(hospital, number)}/face-profile`, town.operator)
      t.equal(status, 200)
      const [visit] = body.visits as ReadonlyArray<Record<string, never>>
      return { contacts: body.contacts, department: visit?.['department'], doctor: visit?.['practitionerName'], conditions: (visit?.['conditions'] as unknown as ReadonlyArray<{ code: string, text: string }>).map(({ code, text }) => `${code} ${text}`), medications: (visit?.['medications'] as unknown as ReadonlyArray<{ text: string }>).map(({ text }) => text), faces: (body.faces as readonly unknown[]).length }
    }
    t.strictSame(await visitOf('mllp-h', 'P1'), { contacts: { phone: ['000-0000-0001'], im: [], social: [], mail: ['sample@example.org'] }, department: '内科', doctor: '样医', conditions: ['I10 原发性高血压'], medications: ['氨氯地平'], faces: 1 })
    t.strictSame(await visitOf('fhir-h', 'F1'), { contacts: { phone: [], im: ['im-sample'], social: ['https://social.example/sample'], mail: [] }, department: '内分泌科', doctor: null, conditions: ['E11 2型糖尿病'], medications: ['二甲双胍'], faces: 1 })
    t.strictSame(await visitOf('views-h', 'W1'), { contacts: { phone: ['000-0000-0009'], im: [], social: [], mail: [] }, department: '呼吸科', doctor: '样丁', conditions: ['J45 哮喘'], medications: ['沙丁胺醇'], faces: 1 })
  })

  t.test('withdrawn by the person → template, photo and its copy are gone within a second, and the next message does not bring them back', async (t) => {
    const own = await service.tokenFor('patient', { personId: annaId })
    const [listed] = await service.served.parts.store.inReading(({ facePhotos }) => facePhotos.ofPatients([annaId]))
    const photoId = listed?.photoId ?? ''
    t.equal((await service.get(`/fhir/Binary/${photoId}`, town.operator)).status, 200)
    const messagesWithPictures = async (): Promise<readonly string[]> => {
      await service.settled()
      const { body: { items } } = await service.post('/v1/ops/messages/search', town.operator, { patient: 'P1' })
      const shown = await Promise.all((items as ReadonlyArray<{ id: string }>).map(async ({ id }) => (await service.get(`/v1/ops/messages/${id}`, town.operator)).body as { id: string, text: string }))
      return shown.filter(({ text }) => text.includes('/9j/')).map(({ id }) => id)
    }
    const pictured = await messagesWithPictures()
    t.ok(pictured.length > 0)
    const startedAt = performance.now()
    const withdrawn = await service.post(`/v1/patients/${annaId}/face-consents/withdraw`, own, {})
    const { persons, engine } = await status()
    t.ok(performance.now() - startedAt < 1_000)
    t.strictSame([withdrawn.status, withdrawn.body.templates, persons, engine.indexed], [200, 1, 3, 3])
    const gone = async (): Promise<unknown> => [(await service.get(`/fhir/Binary/${photoId}`, town.operator)).status, (await service.get(`/fhir/Patient/${annaId}`, town.operator)).body.photo, (await service.served.parts.store.inReading(({ facePhotos }) => facePhotos.ofPatients([annaId]))).length]
    t.strictSame(await gone(), [404, undefined, 0])
    await tell('ADT^A08^ADT_A01', [pid('P1', '示例甲', '19900315'), pv1, photo(anna), consent('Y')])
    t.strictSame([await gone(), (await status()).persons], [[404, undefined, 0], 3], 'a flag of the hospital is no new consent')
    t.strictSame(await messagesWithPictures(), [], 'neither the messages of before nor the one that came since keep a copy')
    t.equal((await service.post('/v1/ops/messages/replay', town.operator, { dryRun: false, filter: { ids: pictured } })).body.code, 'MESSAGE_NOT_REPAIRABLE')
    const history = await service.get(`/v1/patients/${annaId}/face-consents`, own)
    t.strictSame([history.body.may, history.body.because, (history.body.items as ReadonlyArray<{ state: string, channel: string }>).map(({ state, channel }) => `${state} ${channel}`)], [false, 'withdrawn', ['withdrawn app', 'given his']])
  })

  t.test('given again by the person themselves → the hospital\'s next photo is read', async (t) => {
    const own = await service.tokenFor('patient', { personId: annaId })
    t.equal((await service.post(`/v1/patients/${annaId}/face-consents`, own, { textVersion: 'old' })).body.code, 'AGREEMENT_CHANGED')
    const { body: { textVersion } } = await service.get('/v1/face-consent-text', own)
    t.equal((await service.post(`/v1/patients/${annaId}/face-consents`, own, { textVersion })).status, 201)
    await tell('ADT^A08^ADT_A01', [pid('P1', '示例甲', '19900315'), pv1, photo(anna), consent('Y')])
    t.equal((await status()).persons, 4)
  })

  t.test('withdrawn at the hospital → gone from here with the next look, until the hospital says otherwise', async (t) => {
    await fhir.put(fhirConsent('rejected'))
    await fhir.look()
    t.strictSame([(await status()).persons, (await service.get(`/fhir/Patient/${town.patientId('fhir-h', 'F1')}`, town.operator)).body.photo], [3, undefined])
    await fhir.put({ ...fhirPerson(clara), gender: 'unknown' })
    await fhir.look()
    t.strictSame([(await status()).persons, (await photos()).filter((line) => line.includes('fhir-h'))], [3, ['fhir-h not_allowed withdrawn']], 'a photo that comes nevertheless is not read')
    await fhir.put(fhirConsent('active'))
    await fhir.put(fhirPerson(clara))
    await fhir.look()
    t.equal((await status()).persons, 4)
  })

  t.test('a child → only with a guardian\'s consent at the desk', async (t) => {
    const child = town.patientId('mllp-h', 'P4')
    const desk = await service.tokenFor('desk', { organizationId: 'mllp-h' })
    const { body: { textVersion } } = await service.get('/v1/face-consent-text', desk)
    t.equal((await service.post(`/v1/patients/${child}/face-consents`, desk, { textVersion })).body.code, 'FACE_CONSENT_NEEDED')
    t.equal((await service.post(`/v1/patients/${child}/face-consents`, desk, { textVersion, guardianPatientId: annaId })).status, 201)
    await service.settled()
    t.strictSame((await photos()).filter((line) => line.includes('mllp-h unusable')), ['mllp-h unusable no_face', 'mllp-h unusable no_face'], 'read now: its picture shows no face')
    t.equal((await service.get(`/v1/patients/${child}/face-consents`, await service.tokenFor('desk', { organizationId: 'views-h' }))).status, 404, 'of another hospital')
  })

  t.test('a guardian\'s word or a site\'s own segment of a hospital → counts like a word here', async (t) => {
    const [anna2] = await picturesOf('anna') as [Buffer]
    await fhir.put({ resourceType: 'Patient', id: 'p9', identifier: [{ system: 'https://his.north.example/sid/patient', value: 'F9' }], name: [{ use: 'official', text: '示例童' }], gender: 'female', birthDate: '2020-05-05', photo: [{ contentType: 'image/jpeg', data: anna2.toString('base64') }] })
    await fhir.put({ ...fhirConsent('active'), id: 'c9', identifier: [{ system: 'https://his.north.example/sid/consent', value: 'FC9' }], patient: { reference: 'Patient/p9' } })
    await fhir.look()
    const childId = town.patientId('fhir-h', 'F9')
    const toldOf = async (): Promise<unknown> => (await service.served.parts.store.inReading(({ facePhotos }) => facePhotos.ofPatients([childId]))).map(({ outcome, reasons }) => [outcome, ...reasons].join(' '))
    t.strictSame(await toldOf(), ['not_allowed guardian_needed'], 'the child\'s own word')
    await fhir.put({ ...fhirConsent('active'), id: 'c9', identifier: [{ system: 'https://his.north.example/sid/consent', value: 'FC9' }], patient: { reference: 'Patient/p9' }, performer: [{ reference: 'Patient/p1' }], dateTime: '2026-03-02T12:30:00+08:00' })
    await fhir.look()
    t.strictSame(await toldOf(), ['enrolled'])
    const [zelda] = await picturesOf('hilda') as [Buffer]
    await tell('ADT^A28^ADT_A05', [pid('P7', '示例辛', '19900101'), photo(zelda), 'ZFC|1|1|20260302'])
    const zeldaId = town.patientId('mllp-h', 'P7')
    t.strictSame((await service.served.parts.store.inReading(({ facePhotos }) => facePhotos.ofPatients([zeldaId]))).map(({ outcome }) => outcome), ['enrolled'])
    for (const id of [childId, zeldaId]) await service.post(`/v1/patients/${id}/face-consents/withdraw`, await service.tokenFor('desk', { organizationId: id === childId ? 'fhir-h' : 'mllp-h' }), {})
  })

  t.test('nothing of a face stands in an answer, and nothing readable in the database', async (t) => {
    const [template] = await service.served.parts.store.inReading(({ faceTemplates }) => faceTemplates.ofPatients([annaId]))
    t.ok(template !== undefined && template.sealed.length === 1 + 12 + 16 + 512 * 4)
    const key = readFileSync(path.join(service.dataDir, 'face.key'), 'utf8').trim()
    t.match(key, /^[0-9a-f]{64}$/)
    const answers = JSON.stringify([await status(), (await service.get('/v1/faces/photos', town.operator)).body, (await service.get(`/v1/patients/${annaId}/face-profile`, town.operator)).body])
    t.notMatch(answers, /sealed|"data"|base64/)
  })

  await commandLine(t, town)

  t.test('what nobody was known by for a year → is dropped at night, on every node, and read again when the person comes', async (t) => {
    const { parts } = service.served
    const otherNode = faceParts(parts)
    t.teardown(otherNode.end)
    await otherNode.search.look()
    const { persons } = await status()
    t.equal(otherNode.search.index.size(), persons)
    const job = parts.jobs.find(({ name }) => name === 'retain-faces')
    const later = new Date(Date.now() + 400 * 86_400_000)
    await parts.store.inTransaction(({ faceTemplates }) => faceTemplates.noteMatched([annaId], new Date(later.getTime() - 86_400_000)))
    t.strictSame(await job?.run(later), { unused: persons - 1, notAllowed: 0, photos: 0 })
    await otherNode.search.look()
    t.strictSame([(await status()).persons, otherNode.search.index.size(), (await photos()).filter((line) => line.endsWith('expired unused')).length], [1, 1, persons - 1])
    await parts.store.inTransaction(({ visits }) => visits.save({ id: 'v-later', hospitalId: 'views-h', visitNumber: null, placerNumber: null, patientId: town.patientId('views-h', 'W1'), class: 'outpatient', state: 'registered', payMode: null, startedAt: new Date(later.getTime() + 1_000), endedAt: null, department: null, practitionerId: null, continuedAs: null }))
    t.strictSame(await job?.run(new Date(later.getTime() + 86_400_000)), { unused: 0, notAllowed: 0, photos: 1 })
    await parts.operations.outbox.drain()
    t.equal((await status()).persons, 2)
  })

  t.test('80,000 persons → one alarm; 100,000 → the one to file, instead', async (t) => {
    const { store, ids } = service.served.parts
    const counted = async (persons: number): Promise<readonly string[]> => {
      await countFaces({ inTransaction: store.inTransaction, keep: store.inTransaction, ids, onCall: [], countPersons: async () => persons }).run(new Date())
      return store.inReading(async ({ alerts }) => (await alerts.open()).map(({ key }) => key).filter((key) => key.startsWith('job:faces')))
    }
    t.strictSame([await counted(79_999), await counted(80_000), await counted(100_000), await counted(10)], [[], ['job:faces-near-filing'], ['job:faces-filing'], []])
    t.match((await service.get('/metrics')).body, /yiqiao_face_persons 10\n/)
  })
})

const root = path.resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

/** The command line beside the running service. */
async function commandLine (t: Test, town: Town): Promise<void> {
  const { service, status, tell } = town
  const folder = mkdtempSync(path.join(tmpdir(), 'yiqiao-archive-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const siteFile = path.join(folder, 'site.json')
  writeFileSync(siteFile, JSON.stringify(town.site))
  const yiqiao = async (...args: readonly string[]): Promise<string> => (await run(process.execPath, ['--import', 'tsx', path.join(root, 'app/yiqiao.ts'), ...args],
    { cwd: root, env: { PATH: process.env['PATH'] ?? '', DATA_DIR: service.dataDir, SITE_CONFIG: siteFile, ...town.environment }, timeout: 120_000 })).stdout

  const called = (...args: readonly string[]): Call => ({ config: service.served.parts.config, store: service.served.parts.store, root, args })

  await t.test('templates of another model → the photos are read anew by one command; camera pictures are listed, since nobody has them', async (t) => {
    const { store } = service.served.parts
    await store.inTransaction(({ faceTemplates }) => faceTemplates.add({ id: 'camera', patientId: town.patientId('mllp-h', 'P4'), hospitalId: 'mllp-h', modelId: faceModel.id, sealed: Buffer.alloc(1), origin: { kind: 'terminal', terminalId: 'k1' }, createdAt: new Date() }))
    await store.runByHand("update face_templates set model_id = 'former-model'")
    await store.runByHand("update face_photos set model_id = 'former-model' where outcome = 'enrolled'")
    t.match(await yiqiao('faces', 'reindex'), /^4 photos were queued, 1 camera templates .*\nread: 4 enrolled\n$/)
    await service.settled()
    t.strictSame((await status()).templates, [{ modelId: faceModel.id, templates: 4 }])
    t.ok((await town.photos()).includes('mllp-h unusable model_changed'))
    t.match(await reindexFaces(called()), /^0 photos were queued, 0 camera templates .*\nread: nothing\n$/, 'again: nothing is left to do')
  })

  await t.test('a hospital\'s photo archive → is loaded by the same rules, goes on where it was left, and tells of each that was not read', async (t) => {
    await tell('ADT^A28^ADT_A05', [pid('P5', '示例己', '19900101'), consent('Y')])
    await tell('ADT^A28^ADT_A05', [pid('P6', '示例庚', '19900101')])
    const archive = path.join(folder, 'archive')
    mkdirSync(archive)
    const picture = await anotherPicture(await aSubject('hilda'))
    for (const number of ['P5', 'P6', 'P99']) writeFileSync(path.join(archive, `${number}.jpg`), picture)
    writeFileSync(path.join(archive, 'P3.jpg'), 'no picture'.repeat(200))
    writeFileSync(path.join(archive, 'readme.txt'), 'no picture')
    const report = path.join(folder, 'report.csv')
    writeFileSync(path.join(archive, 'list.csv'), 'file,number,taken_at\nP5.jpg,P5,2026-02-01\n../outside.jpg,P5\n')
    await t.rejects(loadFaces(called(archive, '--hospital', 'mllp-h', '--manifest', path.join(archive, 'list.csv'))), { message: /names \.\.\/outside\.jpg, which is no picture of the folder/ })
    t.match(await loadFaces(called(archive, '--hospital', 'mllp-h', '--report', report)), /^4 photos: /)
    t.equal(readFileSync(report, 'utf8'), 'file,outcome,reasons\nP3.jpg,unusable,unreadable\nP6.jpg,not_allowed,no_consent\nP99.jpg,unknown number,no_record\n')
    t.match(await loadFaces(called(archive, '--hospital', 'mllp-h')), /1 read before/)
    t.equal((await status()).persons, 5)
  })

  await t.test('another key → stands first in the file, seals what is there anew, and a key of another database stops the start', async (t) => {
    const keyFile = path.join(service.dataDir, 'face.key')
    const former = readFileSync(keyFile, 'utf8')
    const other = Buffer.alloc(32, 7).toString('base64')
    writeFileSync(keyFile, `${other}\n${former}`)
    t.match(await resealFaces(called()), /^5 templates are sealed/)
    writeFileSync(keyFile, `${other}\n`)
    t.match(await resealFaces(called()), /^0 templates are sealed/)
    writeFileSync(keyFile, former)
    await t.rejects(reindexFaces(called()), { message: /FACE_KEY_FILE: it does not hold the key/ })
    writeFileSync(keyFile, `${other}\n`)
  })
}
