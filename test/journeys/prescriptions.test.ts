import { createPublicKey, randomUUID, verify } from 'node:crypto'
import t, { type Test } from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { aDatabase, aSender, aService, eventually, type Answer, type Service } from './a-service.ts'
import { pdfText } from '../fixtures/pdf-text.ts'

t.setTimeout(300_000)

interface Item { readonly at: string, readonly kind: string, readonly key: string, readonly body: Record<string, unknown> }

interface Clinic {
  readonly service: Service
  readonly post: (url: string, who: string, body?: unknown) => Promise<Answer>
  readonly get: (url: string, who: string) => Promise<Answer>
  readonly wait: (advance: string) => Promise<void>
  readonly act: (simulator: string, body: unknown) => Promise<Answer>
  readonly items: (simulator: string) => Promise<readonly Item[]>
  /** A consultation of the demo's patient that the demo's doctor has accepted. */
  readonly consultation: () => Promise<string>
  /** A prescription of one drug, or of those given, as far as it is asked for. */
  readonly prescription: (consultationId: string, until: 'drafted' | 'signed' | 'approved', items?: readonly object[]) => Promise<Answer['body']>
  readonly pay: (orderId: string) => Promise<void>
  readonly order: (id: string) => Promise<Answer['body']>
  readonly balances: () => Promise<ReadonlyMap<string, number>>
}

const aDrug = (change: object = {}): object => ({ code: 'AMX', name: '阿莫西林胶囊', form: '0.25g×24粒', dose: { value: 0.5, unit: 'g' }, route: '口服', frequency: 'TID', days: 7, quantity: 2, unit: '盒', priceFen: 1_280, ...change })
const syrup = aDrug({ code: 'JT', name: '急支糖浆', form: '100ml', dose: { value: 20, unit: 'ml' }, quantity: 1, unit: '瓶', priceFen: 2_075 })
const content = { chiefComplaint: '咳嗽、咳痰三天', history: '三天前受凉后出现咳嗽，无发热，既往体健。', findings: '视频下精神可，呼吸平稳，咽部稍红。', diagnoses: [{ code: 'J20.9', text: '急性支气管炎' }], advice: '多饮水，三天后复诊；如发热或气促请到医院就诊。' }
const address = { name: '许样例', phone: '021-00000000', address: '示范市示范路481号' }

async function aClinic (t: Test): Promise<Clinic> {
  const service = await aService(t, { isDemo: true, environment: await aDatabase(t) })
  const tokens = service.credentials()
  const token = (who: string): string => tokens[who] ?? who
  const post: Clinic['post'] = (url, who, body = {}) => service.call('POST', url, token(who), body, { 'idempotency-key': randomUUID() })
  const get: Clinic['get'] = (url, who) => service.get(url, token(who))
  const { mrn, familyName, givenName, birthDate, residentId } = demoPatients.patient.person
  const hospital = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  const ack = await hospital.send([`MSH|^~\\&|EAST-HIS|EAST|YIQIAO|EAST|20270301073000+0800||ADT^A28^ADT_A05|J1|P|2.5.1|||||CHN|UNICODE UTF-8`, 'EVN|A28|20270301073000+0800',
    `PID|1||${mrn}^^^EAST-HIS^MR~${residentId ?? ''}^^^&2.16.156.10011.1.3&ISO^NI||${familyName}^${givenName}^^^^^L||${birthDate.replaceAll('-', '')}|M`, 'PV1|1|N', ''].join('\r'))
  t.equal(parseMessage(ack.toString('utf8')).get('MSA-1'), 'AA')
  await service.settled()
  t.equal((await post('/demo/clock', 'operator', { set: '2027-03-01T10:00:00+08:00' })).status, 200)
  const doctorId = (await get('/v1/me', 'doctor')).body.personId as string
  const act: Clinic['act'] = async (simulator, body) => {
    const done = await post(`/demo/simulators/${simulator}`, 'operator', body)
    await service.settled()
    return done
  }
  const paid = async (url: string): Promise<void> => {
    const paying = await post(`${url}/pay`, 'patient', { channel: 'wechat', mode: 'qr' })
    t.equal(paying.status, 201, JSON.stringify(paying.body))
    await service.settled()
    t.equal((await act('wechat', { act: 'pay', key: paying.body.orderNumber })).status, 200)
  }
  return {
    service, post, get, act,
    items: async (simulator) => {
      await service.settled()
      return (await get(`/demo/simulators/${simulator}`, 'operator')).body.items
    },
    wait: async (advance) => {
      const after = await post('/demo/clock', 'operator', { advance })
      t.strictSame((after.body.ran as ReadonlyArray<{ readonly job: string, readonly status: string }>).filter(({ status }) => status !== 'done'), [])
      await service.settled()
    },
    consultation: async () => {
      const made = await post('/v1/consultations', 'patient', { kind: 'consultation', mode: 'text', complaint: '咳嗽三天', doctorId })
      t.equal(made.status, 201, JSON.stringify(made.body))
      await paid(`/v1/consultations/${made.body.id}`)
      t.equal((await post(`/v1/consultations/${made.body.id}/accept`, 'doctor')).body.state, 'in_progress')
      return made.body.id
    },
    prescription: async (consultationId, until, items = [aDrug()]) => {
      const drafted = await post('/v1/prescriptions', 'doctor', { consultationId, items })
      t.equal(drafted.status, 201, JSON.stringify(drafted.body))
      const { id } = drafted.body
      if (until === 'drafted') return drafted.body
      const signed = await post(`/v1/prescriptions/${id}/sign`, 'doctor')
      t.match(signed.body, { state: 'signed' })
      if (until === 'signed') return signed.body
      const approved = await post(`/v1/prescriptions/${id}/review`, 'pharmacist', { approved: true })
      t.match(approved.body, { state: 'pharmacist_approved' }, JSON.stringify(approved.body))
      return approved.body
    },
    pay: (orderId) => paid(`/v1/drug-orders/${orderId}`),
    order: async (id) => (await get(`/v1/drug-orders/${id}`, 'patient')).body,
    balances: async () => {
      const { isProven, accounts } = (await get('/v1/ledger/trial-balance', 'finance')).body as { readonly isProven: boolean, readonly accounts: ReadonlyArray<{ readonly account: string, readonly amountFen: number }> }
      t.ok(isProven, 'the books sum to zero')
      return new Map(accounts.map(({ account, amountFen }) => [account, amountFen]))
    }
  }
}

t.test('what the doctor writes of a consultation', async (t) => {
  const clinic = await aClinic(t)
  const { service, post, get, consultation, prescription } = clinic
  const id = await consultation()
  const records = `/v1/consultations/${id}/records`

  await t.test('no prescription and no note without a signed record with a diagnosis [C11]', async (t) => {
    t.match(await post('/v1/prescriptions', 'doctor', { consultationId: id, items: [aDrug()] }), { status: 409, body: { code: 'DOCUMENT_RECORD_NEEDED' } })
    t.match(await post('/v1/sick-notes', 'doctor', { consultationId: id, firstDay: '2027-03-01', days: 3 }), { status: 409, body: { code: 'DOCUMENT_RECORD_NEEDED' } })
    t.equal((await post(records, 'doctor2', content)).status, 404, 'only the doctor who has the consultation')
    t.equal((await post(records, 'pharmacist', content)).status, 403)
    t.equal((await get(records, 'patient')).status, 404)
  })

  await t.test('the record → is signed as it is written; an amendment is the next version and the first one stays [C1 C11]', async (t) => {
    const first = await post(records, 'doctor', content)
    t.match(first, { status: 201, body: { version: 1, content, amendedBecause: null } }, JSON.stringify(first.body))
    t.match(await post(records, 'doctor', content), { status: 409, body: { code: 'DOCUMENT_VERSION_CHANGED' } }, 'nothing is overwritten unread')
    t.match(await post(records, 'doctor', { ...content, basedOn: 1 }), { status: 422 }, 'an amendment has a reason')
    const amended = await post(records, 'doctor', { ...content, findings: '咽部充血。', basedOn: 1, because: '补充查体' })
    t.match(amended, { status: 201, body: { version: 2, amendedBecause: '补充查体' } })
    t.match((await get(records, 'patient')).body.items, [{ version: 1, content }, { version: 2, content: { findings: '咽部充血。' } }])
    t.equal((await get(records, 'patient2')).status, 404)
  })

  await t.test('the signature → is proven by anybody with the public key [C11]', async (t) => {
    const { body } = await get(`${records}/1/verification`, 'patient')
    t.match(body, { isValid: true, algorithm: 'EdDSA', by: (await get('/v1/me', 'doctor')).body.personId })
    const { keys } = (await get('/.well-known/yiqiao-keys.json', 'patient')).body as { readonly keys: ReadonlyArray<{ readonly kid: string, readonly x: string }> }
    const jwk = keys.find(({ kid }) => Buffer.from(kid, 'base64url').subarray(0, 4).toString('hex') === body.keyId)
    t.ok(verify(null, Buffer.from(body.text), createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: jwk?.x ?? '' }, format: 'jwk' }), Buffer.from(body.value, 'base64url')))
  })

  await t.test('the hospital → has it as MDM^T02, and FHIR as Composition and DocumentReference [C1 C11]', async (t) => {
    await service.settled()
    const mdm = (await clinic.items('his')).map(({ body }) => String(body['message'])).filter((text) => text.includes('MDM^T02'))
    t.equal(mdm.length, 2)
    t.match(mdm[0], /TXA\|1\|record\^.*急性支气管炎/su)
    const { body: compositions } = await get('/fhir/Composition', 'patient')
    t.match(compositions.entry?.map(({ resource }: { resource: { status: string } }) => resource.status), ['amended'])
    const { body: documents } = await get('/fhir/DocumentReference', 'patient')
    t.strictSame(documents.entry.map(({ resource }: { resource: { status: string } }) => resource.status).sort(), ['current', 'superseded'])
  })

  await t.test('the sick note → is proven by its code, which tells nothing of the illness [C11]', async (t) => {
    t.match(await post('/v1/sick-notes', 'doctor', { consultationId: id, firstDay: '2027-03-01', days: 60 }), { status: 422, body: { code: 'SICK_NOTE_DAYS_INVALID' } })
    const { status, body: note } = await post('/v1/sick-notes', 'doctor', { consultationId: id, firstDay: '2027-03-01', days: 3, advice: '居家休息' })
    t.equal(status, 201, JSON.stringify(note))
    t.match(note.code, /^[0-9A-HJKMNP-TV-Z]{16}$/)
    const proven = await get(`/v1/sick-notes/verify?code=${String(note.code).replace(/(.{4})/g, '$1%20').toLowerCase()}`, '')
    t.strictSame([proven.status, proven.body], [200, { result: 'valid', name: '许*例', hospital: proven.body.hospital, firstDay: '2027-03-01', lastDay: '2027-03-03', days: 3, issuedAt: note.signature.at }])
    t.equal((await get('/v1/sick-notes/verify?code=0000000000000000', '')).status, 404)
    t.equal((await get(`/v1/sick-notes/${note.id}`, 'patient2')).status, 404)
    await post(`/v1/sick-notes/${note.id}/void`, 'doctor', { reason: '日期有误' })
    t.match(await get(`/v1/sick-notes/verify?code=${note.code}`, ''), { body: { result: 'void' } })
    const guesses = await Promise.all(Array.from({ length: 30 }, (_, place) => get(`/v1/sick-notes/verify?code=GUESS${place}`, '')))
    t.ok(guesses.some((answer) => answer.status === 429), 'whoever tries codes is stopped')
  })

  await t.test('a prescription → never of narcotic or psychotropic drugs; of what is signed nothing changes [C11 acc:8.11]', async (t) => {
    for (const name of ['盐酸吗啡缓释片', '地西泮片', '盐酸曲马多片', '盐酸哌甲酯片']) t.match(await post('/v1/prescriptions', 'doctor', { consultationId: id, items: [aDrug(), aDrug({ code: 'X', name })] }), { status: 422, body: { code: 'PRESCRIPTION_DRUG_FORBIDDEN' } }, name)
    t.match(await post('/v1/prescriptions', 'doctor', { consultationId: id, items: [aDrug({ code: 'N05BA01', name: 'Valium' })] }), { status: 422 }, 'by its ATC code')
    const drafted = await prescription(id, 'drafted')
    t.equal((await get(`/v1/prescriptions/${drafted.id}`, 'patient')).status, 404, 'a draft is the doctor\'s own')
    t.match(await post(`/v1/prescriptions/${drafted.id}/review`, 'pharmacist', { approved: true }), { status: 404 })
    await post(`/v1/prescriptions/${drafted.id}/sign`, 'doctor')
    t.match(await post(`/v1/prescriptions/${drafted.id}/sign`, 'doctor'), { status: 409, body: { code: 'PRESCRIPTION_STATE_REFUSED' } })
    t.match(await post(`/v1/prescriptions/${drafted.id}/review`, 'doctor', { approved: true }), { status: 403 }, 'whoever prescribes does not review')
    t.match((await get('/v1/prescriptions', 'pharmacist')).body.items.map(({ id: one }: { id: string }) => one), [drafted.id])
    t.match(await post(`/v1/prescriptions/${drafted.id}/review`, 'pharmacist', { approved: false }), { status: 422 }, 'a rejection has a reason')
    t.match((await post(`/v1/prescriptions/${drafted.id}/review`, 'pharmacist', { approved: false, reason: '剂量偏大' })).body, { state: 'rejected', review: { reason: '剂量偏大' } })
    const approved = await prescription(id, 'approved')
    t.match((await get(`/v1/prescriptions/${approved.id}/verification`, 'patient')).body, { doctor: { isValid: true }, pharmacist: { isValid: true } })
    await service.settled()
    const rde = (await clinic.items('his')).map(({ body }) => String(body['message'])).filter((text) => text.includes('RDE^O11'))
    t.equal(rde.length, 1, 'the hospital hears of what is approved')
    t.match(rde[0], /ORC\|NW\|.*RXE\|.*AMX\^阿莫西林胶囊/su)
    t.match((await post(`/v1/prescriptions/${approved.id}/void`, 'doctor', { reason: '改用其他药物' })).body, { state: 'void' })
  })

  await t.test('nobody lists prescriptions over doctors but the pharmacist for the review; each reading is in the audit [C11]', async (t) => {
    for (const who of ['hospital', 'finance', 'operator', 'administrator', 'auditor', 'support', 'reviewer', 'desk', 'integrator', 'terminal']) t.equal((await get('/v1/prescriptions', who)).status, 403, who)
    t.equal((await get('/v1/prescriptions?state=dispensed', 'pharmacist')).status, 403, 'nor the pharmacist beyond it')
    t.equal((await get('/v1/prescriptions', 'doctor2')).body.items.length, 0)
    t.ok((await get('/v1/prescriptions', 'doctor')).body.items.length > 0)
    for (const search of ['MedicationRequest', `MedicationRequest?requester=Practitioner/${(await get('/v1/me', 'doctor')).body.personId}`, 'MedicationRequest?patient.name=许', 'Practitioner?_revinclude=MedicationRequest:requester']) {
      for (const who of ['hospital', 'operator', 'doctor']) t.equal((await get(`/fhir/${search}`, who)).status, 403, `${who}: ${search}`)
    }
    t.equal((await get(`/fhir/MedicationRequest?patient=${(await get('/v1/me', 'patient')).body.personId}`, 'hospital')).status, 200, 'of one person it is their work')
    const seen = await eventually(async () => (await get('/v1/ops/audit?limit=100', 'auditor')).body.items as ReadonlyArray<{ action: string, target: string }>, (events) => events.some(({ target, action }) => target === 'prescription' && action === 'search'))
    t.ok(seen.some(({ target, action }) => target === 'prescription' && action === 'search'))
  })

  await t.test('nothing of it is deleted before its time, by no interface [acc:8.13]', async (t) => {
    const [one] = (await get('/v1/prescriptions', 'doctor')).body.items
    const remove = (path: string, who: string) => service.call('DELETE', path, service.credentials()[who])
    t.match(await remove(`/v1/documents/record/${id}`, 'administrator'), { status: 409, body: { code: 'RETENTION_NOT_OVER' } })
    t.match(await remove(`/v1/documents/prescription/${one.id}`, 'administrator'), { status: 409, body: { code: 'RETENTION_NOT_OVER' } })
    t.equal((await remove(`/v1/documents/record/${id}`, 'doctor')).status, 403)
    const [document] = (await get('/fhir/DocumentReference', 'patient')).body.entry
    t.ok((await remove(`/fhir/DocumentReference/${document.resource.id}`, 'administrator')).status >= 400)
    await t.rejects(service.served.parts.store.inTransaction(async (stores) => { await stores.consultRecords.add((await stores.consultRecords.versions(id))[0] as never) }), { code: 'STORE_WRITE_CONFLICT' })
  })
})

t.test('from the prescription to the drugs at the door [C11 C12 C13]', async (t) => {
  const clinic = await aClinic(t)
  const { service, post, get, act, wait, consultation, prescription, pay, order, balances } = clinic
  const id = await consultation()
  await post(`/v1/consultations/${id}/records`, 'doctor', content)
  const wanted = (prescriptionId: string, more: object = {}): object => ({ prescriptionId, delivery: 'pick_up', ...more })

  await t.test('unsigned, unreviewed, rejected, void or expired → no drugs [C12 acc:8.11]', async (t) => {
    const drafted = await prescription(id, 'drafted')
    t.match(await post('/v1/drug-orders', 'patient', wanted(drafted.id)), { status: 409, body: { code: 'PRESCRIPTION_NOT_SIGNED' } })
    t.match(await post('/v1/drug-orders', 'patient2', wanted(drafted.id)), { status: 404 })
    await post(`/v1/prescriptions/${drafted.id}/sign`, 'doctor')
    t.match(await post('/v1/drug-orders', 'patient', wanted(drafted.id)), { status: 409, body: { code: 'PRESCRIPTION_NOT_REVIEWED' } })
    await post(`/v1/prescriptions/${drafted.id}/review`, 'pharmacist', { approved: false, reason: '剂量偏大' })
    t.match(await post('/v1/drug-orders', 'patient', wanted(drafted.id)), { status: 409, body: { code: 'PRESCRIPTION_REJECTED' } })
    const old = await prescription(id, 'approved')
    t.match(old.validUntil, /^2027-03-04T00:00:00/, 'the day of signing and two more')
    const voided = await prescription(id, 'approved')
    await post(`/v1/prescriptions/${voided.id}/void`, 'doctor', { reason: '改方' })
    t.match(await post('/v1/drug-orders', 'patient', wanted(voided.id)), { status: 409, body: { code: 'PRESCRIPTION_STATE_REFUSED' } })
    await wait('P3D')
    t.match(await post('/v1/drug-orders', 'patient', wanted(old.id)), { status: 409, body: { code: 'PRESCRIPTION_EXPIRED' } })
    t.match((await get(`/v1/prescriptions/${old.id}`, 'patient')).body, { state: 'expired' })
  })

  await t.test('mailed → paid with the carriage, checked, dispensed, shipped, delivered; the carrier learns name, telephone and address only [C12 C13]', async (t) => {
    const rx = await prescription(id, 'approved', [aDrug(), syrup])
    const before = await balances()
    t.match(await post('/v1/drug-orders', 'patient', wanted(rx.id, { delivery: 'mail' })), { status: 422 }, 'a parcel has an address')
    const made = await post('/v1/drug-orders', 'patient', wanted(rx.id, { delivery: 'mail', address }))
    t.match(made, { status: 201, body: { state: 'created', drugsFen: 2 * 1_280 + 2_075, logisticsFen: 1_200, totalFen: 5_835, address } }, JSON.stringify(made.body))
    const { id: orderId, number } = made.body
    t.match(await post('/v1/drug-orders', 'patient', wanted(rx.id)), { status: 409, body: { code: 'PRESCRIPTION_ITEM_ORDERED' } }, 'once only')
    t.match(await post(`/v1/drug-orders/${orderId}/check`, 'pharmacist'), { status: 409 }, 'not before it is paid')
    await pay(orderId)
    t.match(await order(orderId), { state: 'paid' })
    const booked = await balances()
    t.equal((booked.get('REV:drugs') ?? 0) - (before.get('REV:drugs') ?? 0), -4_635)
    t.equal((booked.get('REV:logistics') ?? 0) - (before.get('REV:logistics') ?? 0), -1_200)
    t.match(await post(`/v1/drug-orders/${orderId}/dispense`, 'pharmacist'), { status: 409 }, 'not unchecked')
    t.equal((await post(`/v1/drug-orders/${orderId}/check`, 'desk')).status, 403)
    t.match((await post(`/v1/drug-orders/${orderId}/check`, 'pharmacist')).body, { state: 'rx_checked' })
    t.match((await post(`/v1/drug-orders/${orderId}/dispense`, 'pharmacist')).body, { state: 'dispensed' })
    t.match(await post(`/v1/drug-orders/${orderId}/cancel`, 'patient'), { status: 409 }, 'too late')
    t.match((await get(`/v1/prescriptions/${rx.id}`, 'patient')).body, { state: 'dispensed' })
    await post('/demo/simulators/carrier', 'operator', { faults: [{ kind: 'lost', rate: 1, count: 1, seed: 1 }] })
    t.match((await post(`/v1/drug-orders/${orderId}/ship`, 'pharmacist')).body, { state: 'shipped' })
    for (let look = 0; look < 50 && (await order(orderId)).parcel.trackingNumber === null; look++) await service.settled()
    const shipments = (await clinic.items('carrier')).filter(({ kind }) => kind === 'shipment')
    t.strictSame(shipments.map(({ key, body }) => [key, body['recipient'], Object.keys(body).sort()]), [[number, address, ['recipient', 'shipper', 'trackingNumber']]], 'an answer that was lost makes no second parcel')
    await post('/demo/simulators/carrier', 'operator', { faults: [{ kind: 'duplicated', rate: 1, count: 1, seed: 1 }] })
    await act('carrier', { act: 'pickup', key: number })
    await wait('PT1H')
    await post('/demo/simulators/carrier', 'operator', { faults: [{ kind: 'reordered', rate: 1, count: 1, seed: 1 }] })
    await act('carrier', { act: 'move', key: number })
    await wait('PT1H')
    await act('carrier', { act: 'deliver', key: number })
    const done = await order(orderId)
    t.strictSame([done.state, done.parcel.state, done.parcel.events.map(({ kind }: { kind: string }) => kind)], ['delivered', 'delivered', ['picked_up', 'in_transit', 'delivered']])
    t.match((await get('/v1/drug-orders?delivery=mail', 'patient')).body.items, [{ id: orderId, parcel: { state: 'delivered' } }], 'the mailed ones')
    t.equal((await get(`/v1/drug-orders/${orderId}`, 'patient2')).status, 404)
    t.match((await get('/fhir/SupplyDelivery', 'patient')).body.entry, [{ resource: { status: 'completed' } }])
    const forged = await service.call('POST', '/v1/logistics/callbacks/carrier', undefined, { number, events: [{ id: 'x', kind: 'lost', at: '2027-03-09T00:00:00Z' }] })
    t.strictSame([forged.status >= 400, (await order(orderId)).state], [true, 'delivered'], 'what is not signed changes nothing')
  })

  await t.test('picked up, given back unopened → the price of the drugs goes back the way it came [C12]', async (t) => {
    const rx = await prescription(id, 'approved', [aDrug(), syrup])
    const before = await balances()
    const { body: { id: orderId } } = await post('/v1/drug-orders', 'patient', wanted(rx.id, { items: [2] }))
    await pay(orderId)
    for (const step of ['check', 'dispense']) await post(`/v1/drug-orders/${orderId}/${step}`, 'pharmacist')
    t.match(await post(`/v1/drug-orders/${orderId}/ship`, 'pharmacist'), { status: 409 }, 'it is picked up')
    t.match((await post(`/v1/drug-orders/${orderId}/hand-over`, 'desk')).body, { state: 'delivered' })
    t.match((await get(`/v1/prescriptions/${rx.id}`, 'patient')).body, { state: 'pharmacist_approved' }, 'the other drug may still be ordered')
    t.match(await post(`/v1/drug-orders/${orderId}/return-decision`, 'pharmacist', { accepted: true, unopened: true, reason: 'x' }), { status: 409 }, 'nobody asked')
    await post(`/v1/drug-orders/${orderId}/return`, 'patient', { reason: '已好转' })
    t.match(await post(`/v1/drug-orders/${orderId}/return-decision`, 'pharmacist', { accepted: true, unopened: false, reason: '已拆封' }), { status: 409, body: { code: 'DRUG_ORDER_RETURN_REFUSED' } })
    const returned = await post(`/v1/drug-orders/${orderId}/return-decision`, 'pharmacist', { accepted: true, unopened: true, reason: '未拆封' })
    t.match(returned.body, { state: 'returned', refundFen: 2_075 })
    await service.settled()
    await wait('PT5M')
    t.match(await order(orderId), { state: 'refunded' })
    const after = await balances()
    t.equal(after.get('REV:drugs'), before.get('REV:drugs'), 'as if nothing was sold')
    t.equal(after.get('REFUND_PAYABLE') ?? 0, 0)
    const { body: { id: late } } = await post('/v1/drug-orders', 'patient', wanted(rx.id, { items: [1] }))
    await pay(late)
    for (const step of ['check', 'dispense', 'hand-over']) await post(`/v1/drug-orders/${late}/${step}`, 'pharmacist')
    await post(`/v1/drug-orders/${late}/return`, 'patient', { reason: '不需要' })
    t.match((await post(`/v1/drug-orders/${late}/return-decision`, 'pharmacist', { accepted: false, reason: '已拆封' })).body, { state: 'delivered', returnAsked: null, refundFen: 0 })
  })

  await t.test('cancelled before it is dispensed, unpaid in time, or lost on the way → nothing is kept of the money [C12 C13]', async (t) => {
    const rx = await prescription(id, 'approved')
    const before = await balances()
    const unpaid = await post('/v1/drug-orders', 'patient', wanted(rx.id))
    const paying = await post(`/v1/drug-orders/${unpaid.body.id}/pay`, 'patient', { channel: 'wechat', mode: 'qr' })
    await service.settled()
    await wait('PT31M')
    t.match(await order(unpaid.body.id), { state: 'cancelled', reason: 'not_paid_in_time' })
    await act('wechat', { act: 'pay', key: paying.body.orderNumber })
    await wait('PT5M')
    t.match(await order(unpaid.body.id), { state: 'cancelled' }, 'what was paid too late goes back by itself')
    const changed = await post('/v1/drug-orders', 'patient', wanted(rx.id))
    await pay(changed.body.id)
    t.match((await post(`/v1/drug-orders/${changed.body.id}/cancel`, 'patient', {})).body, { state: 'cancelled', refundFen: 2_560 })
    const lost = await post('/v1/drug-orders', 'patient', wanted(rx.id, { delivery: 'mail', address }))
    await pay(lost.body.id)
    for (const step of ['check', 'dispense', 'ship']) t.equal((await post(`/v1/drug-orders/${lost.body.id}/${step}`, 'pharmacist')).status, 200)
    await service.settled()
    await act('carrier', { act: 'pickup', key: lost.body.number })
    await post('/demo/simulators/carrier', 'operator', { faults: [{ kind: 'silent', rate: 1, count: 1, seed: 1 }] })
    await wait('PT1H')
    await act('carrier', { act: 'lose', key: lost.body.number })
    t.match(await order(lost.body.id), { state: 'shipped' }, 'the call-back did not come')
    await wait('PT5H')
    t.match(await order(lost.body.id), { reason: 'parcel_lost', refundFen: 2_560 + 1_200, parcel: { state: 'lost' } }, 'it was asked for')
    await wait('PT5M')
    t.strictSame([(await order(changed.body.id)).state, (await order(lost.body.id)).state], ['refunded', 'refunded'])
    const after = await balances()
    for (const account of ['REV:drugs', 'REV:logistics', 'REFUND_PAYABLE']) t.equal(after.get(account) ?? 0, before.get(account) ?? 0, account)
  })
})

t.test('on paper [C11]', async (t) => {
  const { service, post, get, consultation, prescription } = await aClinic(t)
  const id = await consultation()
  await post(`/v1/consultations/${id}/records`, 'doctor', content)
  const rx = await prescription(id, 'approved', [aDrug(), syrup])
  const { body: note } = await post('/v1/sick-notes', 'doctor', { consultationId: id, firstDay: '2027-03-01', days: 2 })
  const papers: ReadonlyArray<readonly [url: string, words: readonly string[]]> = [
    [`/v1/consultations/${id}/records/1.pdf`, ['互联网诊疗病历', '许样例', '急性支气管炎（J20.9）', '多饮水']],
    [`/v1/prescriptions/${rx.id}.pdf`, ['电子处方笺', '阿莫西林胶囊', '每日三次', '25.60', '46.35', '审方药师']],
    [`/v1/sick-notes/${note.id}.pdf`, ['病假证明', '2027-03-01 至 2027-03-02', String(note.code).slice(0, 4)]]
  ]
  for (const [url, words] of papers) {
    const paper = await paperOf(t, service, url)
    for (const word of words) t.ok(paper.includes(word), `${url}: ${word}`)
    t.equal((await get(url, 'patient2')).status, 404)
    t.equal((await get(url, 'doctor')).status, 403, 'the paper is the person\'s')
  }
})

async function paperOf (t: Test, service: Service, url: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${service.served.http}${url}`, { headers: { authorization: `Bearer ${service.credentials()['patient'] ?? ''}` } })
  t.equal(answer.status, 200)
  t.strictSame([answer.headers.get('content-type'), answer.headers.get('cache-control')], ['application/pdf', 'no-store'])
  return pdfText(Buffer.from(await answer.arrayBuffer()))
}
