import { renameSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { Service } from './a-service.ts'
import { fourHospitals, numbers, type Way } from './four-hospitals.ts'

interface Line { readonly kind: string, readonly sourceKey: string, readonly amountFen: number, readonly effectiveOn: string }
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as a client reads answers
type Any = any

const lines = ['T1', 'T2', 'T3', 'T4', 'T6', 'T7'] as const

/** Everything that a patient app reads of one hospital's patient. */
async function read (service: Service, { hospital }: Way): Promise<{ readonly seen: Any, readonly versions: Readonly<Record<string, string>> }> {
  const { stableId } = service.served.parts
  const idOf = (type: string, key: string): string => stableId(hospital, type, key)
  const id = idOf('Patient', numbers.patient)
  const token = await service.tokenFor('patient', { personId: id })
  const body = async (url: string): Promise<Any> => (await service.get(url, token)).body
  const identifier = encodeURIComponent(`urn:yiqiao:hospital:${hospital}:MR|${numbers.patient}`)
  const resources = [await body(`/fhir/Patient/${id}`), await body(`/fhir/Encounter/${idOf('Encounter', numbers.visit)}`), await body(`/fhir/Practitioner/${idOf('Practitioner', numbers.doctor)}`),
    ...(await body(`/fhir/ChargeItem?patient=${id}`)).entry.map(({ resource }: Any) => resource), await body(`/fhir/PaymentNotice/${idOf('PaymentNotice', 'T5')}`)]
  const ours = [[id, 'patient'], [idOf('Encounter', numbers.visit), 'visit'], [idOf('Practitioner', numbers.doctor), 'doctor'], [idOf('PaymentNotice', 'T5'), 'T5'], ...lines.map((line) => [idOf('ChargeItem', line), line])]
  const named = (value: unknown): Any => JSON.parse(ours.reduce((text, [from = '', to = '']) => text.replaceAll(from, to), JSON.stringify(value)).replaceAll(hospital, 'hospital'))
  return {
    seen: named({
      patients: (await body(`/v1/patients?identifier=${identifier}`)).items,
      visits: (await body('/v1/visits')).items,
      charges: (await body('/v1/charges')).items,
      owed: await body(`/v1/patients/${id}/owed`),
      statement: (await body(`/v1/ledger/statement?patient=${id}`)).items,
      resources
    }),
    versions: named(Object.fromEntries(resources.map(({ resourceType, id: resourceId, meta }) => [`${resourceType}/${resourceId}`, meta.versionId])))
  }
}

/**
 * What every way tells. R4 has no credit: that of a FHIR charge is named after the charge, and has the day on which its
 * server (or, posted, we) heard of it. An R4 payment has no method. Use of a phone, parts of a name and the systems of
 * codes are each hospital's own.
 */
function told ({ seen: { patients, visits, charges, owed, statement, resources } }: Awaited<ReturnType<typeof read>>): Any {
  const line = ({ kind, sourceKey, amountFen, effectiveOn }: Line): string => [kind, sourceKey, amountFen, kind === 'reversal' ? '' : effectiveOn].join(' ')
  const sorted = (rows: readonly string[]): readonly string[] => rows.toSorted()
  const textOf = (concept: Any): string => concept.text ?? concept.coding[0].display
  const ofType = (type: string): Any[] => resources.filter(({ resourceType }: Any) => resourceType === type)
  return {
    patients,
    visits,
    charges: sorted(charges.map(({ kind, transactionId, patientId, visitId, amountFen, occurredOn, code, text, state }: Any) => [transactionId, kind, state, patientId, visitId, amountFen, occurredOn, ...(kind === 'payment' ? [] : [code, text])].join(' '))),
    owedFen: owed.amountFen,
    owed: sorted(owed.hospitals.flatMap((one: Any) => one.lines.map(line))),
    statement: sorted(statement.map(line)),
    patient: ofType('Patient').map(({ name: [name], gender, birthDate, telecom, identifier }) => ({ name: name.text ?? name.family + name.given.join(''), gender, birthDate, phones: telecom.map(({ value }: Any) => value), numbers: identifier.map(({ system, value }: Any) => `${system}|${value}`) })),
    encounter: ofType('Encounter').map(({ status, class: { code }, subject, period, participant, serviceType, identifier }) =>
      ({ status, code, subject: subject.reference, period, department: textOf(serviceType), identifier: identifier.map(({ value }: Any) => value), doctors: participant.map(({ individual }: Any) => individual.reference) })),
    doctor: ofType('Practitioner').map(({ name: [name], identifier }) => ({ name: name.text ?? name.family + name.given.join(''), number: identifier[0].value })),
    items: sorted(ofType('ChargeItem').map(({ id, status, code, subject, context, occurrenceDateTime, quantity, priceOverride }) => [id, status, code.coding[0].code, textOf(code), subject.reference, context.reference, occurrenceDateTime, quantity.value, priceOverride.value, priceOverride.currency].join(' '))),
    payment: ofType('PaymentNotice').map(({ status, amount, paymentDate }) => ({ status, amount, paymentDate }))
  }
}

const common = ['T1 charge posted patient visit 1500 2026-03-02 REG 挂号费', 'T3 charge reversed patient visit 6390 2026-03-02 DRUG 药品', 'T4 adjustment posted patient visit -500 2026-03-02 ADJ 减免', 'T5 payment posted patient visit 2000 2026-03-02']
const dayEnds = { phones: ['000-0000-0001'], owedFen: 1500 + 5160 - 500 - 2000, charges: [...common, 'T2 charge posted patient visit 5160 2026-03-02 CBC 血常规'].sort() }
const changed = { phones: ['000-0000-0002'], owedFen: 1500 + 1200 - 500 - 2000, charges: [...common, 'T2 charge reversed patient visit 5160 2026-03-02 CBC 血常规', 'T6 charge posted patient visit 1200 2026-03-02 INJ 注射费'].sort() }

t.test('one patient, one visit and one bill, told by HL7 v2, by a FHIR server, by a FHIR client and by SQL views → the same, whichever way it came [K-01 K-02 K-03 K-06 K-11]', async (t) => {
  const { service, ways, fhirServer, sqlServer, passwordFile, fhirHospital, viewHospital } = await fourHospitals(t)
  const operator = await service.tokenFor('operator')
  const finance = await service.tokenFor('finance')
  const statusOf = async ({ hospital }: Way): Promise<Any> => (await service.get('/v1/ops/sources', operator)).body.items.find(({ name }: Any) => name === hospital).status
  const allApplied = async (t: Test): Promise<void> => {
    t.match((await service.get('/v1/ops/status', operator)).body.messages, { received: 0, dead: 0, conflict: 0 })
    t.equal((await service.get('/v1/ledger/trial-balance', finance)).body.isProven, true)
  }

  await t.test('the day, what is referred to last → is taken in whole [K-01 K-02 K-03]', async (t) => {
    for (const way of ways) await way.tellDay()
    await service.settled()
    await allApplied(t)
    const [first, ...others] = await Promise.all(ways.map(async (way) => told(await read(service, way))))
    t.match(first, { owedFen: dayEnds.owedFen, charges: dayEnds.charges, patient: [{ name: '示例患者', gender: 'male', birthDate: '1980-01-02', phones: dayEnds.phones }],
      visits: [{ id: 'visit', visitNumber: numbers.visit, class: 'outpatient', state: 'closed', startedAt: '2026-03-02T09:00:00.000+08:00', endedAt: '2026-03-02T10:00:00.000+08:00', practitionerId: 'doctor', department: '内科' }] })
    t.strictSame(first.statement, first.owed)
    for (const [place, other] of others.entries()) t.strictSame(other, first, ways[place + 1]?.hospital ?? '')
  })

  for (const [place, way] of ways.entries()) {
    await t.test(`the day once more by ${way.hospital} → no new version, nothing owed twice [${['K-01', 'K-02', 'K-02', 'K-03'][place] ?? ''}]`, async (t) => {
      const before = await read(service, way)
      await way.tellAgain()
      await service.settled()
      await allApplied(t)
      t.strictSame(await read(service, way), before)
      t.ok(Object.keys(before.versions).length >= 8)
    })
  }

  await t.test('a new phone, a late charge and a credit → the same picture again [K-01 K-02 K-03]', async (t) => {
    for (const way of ways) await way.tellChange()
    await service.settled()
    await allApplied(t)
    const [first, ...others] = await Promise.all(ways.map(async (way) => told(await read(service, way))))
    t.match(first, { owedFen: changed.owedFen, charges: changed.charges, patient: [{ phones: changed.phones }] })
    for (const [place, other] of others.entries()) t.strictSame(other, first, ways[place + 1]?.hospital ?? '')
  })

  for (const { way, code, detail, setUp, id } of [
    { way: fhirHospital, code: 'OUTSIDE_UNAVAILABLE', detail: /answered 503\. It is tried again by itself/, setUp: fhirServer.setUp, id: 'K-02' },
    { way: viewHospital, code: 'VIEW_SERVER_UNREACHABLE', detail: /SQL Server/, setUp: sqlServer.setUp, id: 'K-03' }
  ]) {
    await t.test(`${way.hospital} does not answer for a while → the operator sees it and what to do, is told once, and nothing is lost [${id} K-12]`, async (t) => {
      const { monitor } = service.served.parts.operations
      const alerts = async (): Promise<Any[]> => (await service.get('/v1/ops/alerts', operator)).body.items.filter(({ key }: Any) => key === `down:source:${way.hospital}`)
      t.match(await statusOf(way), { state: 'up', code: null })
      setUp(false)
      way.keepLater()
      for (let look = 0; look < 2; look += 1) {
        await way.look()
        await monitor.look()
        t.match(await statusOf(way), { state: 'down', code, detail })
        t.match(await alerts(), [{ detail: code, closedAt: null }])
      }
      setUp(true)
      await way.look()
      await monitor.look()
      t.match(await statusOf(way), { state: 'up', code: null })
      t.match(await alerts(), [{ closedAt: String }])
      await allApplied(t)
      t.equal(told(await read(service, way)).owedFen, changed.owedFen + 300)
    })
  }

  await t.test('the file with the password of the views is moved away → the status names it; back again → is read on [K-03 K-12]', async (t) => {
    sqlServer.setUp(false)
    await viewHospital.look()
    sqlServer.setUp(true)
    renameSync(passwordFile, `${passwordFile}.moved`)
    await viewHospital.look()
    t.match(await statusOf(viewHospital), { state: 'down', code: 'VIEW_LOGIN_REFUSED', detail: /Check passwordFile/ })
    renameSync(`${passwordFile}.moved`, passwordFile)
    await viewHospital.look()
    t.match(await statusOf(viewHospital), { state: 'up', code: null })
  })
})
