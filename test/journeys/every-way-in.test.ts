import t from 'tap'
import { fourHospitals, numbers } from './four-hospitals.ts'
import type { Service } from './a-service.ts'

/** What the hospital `hospital` has told, with its ids and its name taken out: the same whichever way it came. */
async function picture (service: Service, hospital: string, token: string): Promise<unknown> {
  const { stableId } = service.served.parts
  const ours = new Map([['Patient', numbers.patient], ['Encounter', numbers.visit], ['Practitioner', numbers.doctor], ...['T1', 'T2', 'T3', 'T4', 'T5', 'T6'].map((id) => ['ChargeItem', id] as const)].map(([type = '', key = '']) => [stableId(hospital, type, key), key]))
  const payment = stableId(hospital, 'PaymentNotice', 'T5')
  const named = (value: unknown): unknown => JSON.parse([...ours, [payment, 'T5'] as const].reduce((text, [id, key]) => text.replaceAll(id, key), JSON.stringify(value)).replaceAll(hospital, 'H'))
  const body = async (url: string): Promise<any> => (await service.get(url, token)).body
  const patients = (await body(`/v1/patients?identifier=${encodeURIComponent(`urn:yiqiao:hospital:${hospital}:MR|${numbers.patient}`)}`)).items
  const id = patients[0]?.id
  return named({
    patients,
    fhirPatient: await body(`/fhir/Patient/${id}`),
    visits: (await body(`/v1/visits?patient=${id}`)).items,
    encounters: (await body(`/fhir/Encounter?patient=${id}`)).entry,
    charges: (await body(`/v1/charges?patient=${id}`)).items,
    items: (await body(`/fhir/ChargeItem?patient=${id}`)).entry,
    owed: (await body(`/v1/patients/${id}/owed`)),
    statement: (await body(`/v1/ledger/statement?patient=${id}`)).items
  })
}

t.test('explore', async (t) => {
  const { service, ways } = await fourHospitals(t)
  const operator = await service.tokenFor('operator')
  for (const way of ways) {
    console.log(way.hospital)
    try { await way.tellDay() } catch (e: any) { console.log('FAILED', e, JSON.stringify(e.response?.data)) }
    await service.settled()
    console.log(JSON.stringify((await service.get('/v1/ops/messages?limit=50', operator)).body.items.map((m: any) => [m.controlId, m.status, m.failure, m.notes])))
    console.log(JSON.stringify(await picture(service, way.hospital, operator), null, 1))
  }
  console.log(JSON.stringify((await service.get('/v1/ops/sources', operator)).body.items, null, 1))
})
