import { searchValuesIn } from '../../adapters/fhir/index.ts'
import { openStore } from '../../adapters/store/index.ts'
import type { RecordToSave, RecordVersion, Resource } from '../../core/records/index.ts'
import { startChildServer } from './child-server.ts'
import { operatorToken } from './operator-token.ts'
import { milliseconds, percentile, type BenchRow } from './row.ts'

/** BENCH_PATIENTS=20000 for a short look. */
const manyPatients = Number(process.env['BENCH_PATIENTS'] ?? 1_000_000)
const group = 2_000
const asks = 300
const codes = ['718-7', '2339-0', '4548-4', '2160-0'] as const
const families = '王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗'
const given = '伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚'

/** FHIR searches over a filled installation, each asked alone over HTTP, one at a time. */
export const fhirSearchRow: BenchRow = {
  name: 'fhir-search',
  run: async ({ folder, progress }) => {
    const dataDir = `${folder}/data`
    const token = await operatorToken(dataDir)
    await fill(dataDir, progress)
    const server = await startChildServer({ DATA_DIR: dataDir })
    try {
      const measured = []
      for (const [what, pathOf] of searches) {
        const took: number[] = []
        for (let index = 0; index < asks; index++) {
          const from = performance.now()
          const response = await fetch(`http://127.0.0.1:${server.http}/fhir/${pathOf((index * 7919) % manyPatients)}`, { headers: { authorization: `Bearer ${token}` } })
          const { total = 0 } = await response.json() as { readonly total?: number }
          took.push(performance.now() - from)
          if (response.status !== 200 || total === 0) throw new Error(`${what}: ${response.status}, ${total} found`)
        }
        measured.push({ what: `${what}, ${manyPatients.toLocaleString('en')} patients`, value: `p50 ${milliseconds(percentile(took, 0.5))}, p99 ${milliseconds(percentile(took, 0.99))}`, against: 'goal of REST reads: p99 ≤ 50 ms', isMet: percentile(took, 0.99) <= 50 })
      }
      return measured
    } finally {
      await server.stop()
    }
  }
}

const searches: ReadonlyArray<readonly [what: string, pathOf: (index: number) => string]> = [
  ['Patient by identifier', (index) => `Patient?identifier=urn:yiqiao:hospital:hospital:MR|${index}`],
  ['Patient by name and birthdate', (index) => `Patient?name=${encodeURIComponent(nameOf(index))}&birthdate=${birthDateOf(index)}`],
  ['Observation by patient, code and date, with its patient', (index) => `Observation?patient=bench-${index}&code=http://loinc.org|${codes[index % codes.length] ?? ''}&date=ge2027-01-01&_include=Observation:patient&_sort=-date`],
  ['Observation by the patient\'s identifier', (index) => `Observation?patient.identifier=urn:yiqiao:hospital:hospital:MR|${index}`],
  ['Patient by identifier, with its observations', (index) => `Patient?identifier=urn:yiqiao:hospital:hospital:MR|${index}&_revinclude=Observation:subject`]
]

function nameOf (index: number): string {
  return `${families.charAt(index % 20)}${given.charAt(Math.floor(index / 20) % 20)}${given.charAt(Math.floor(index / 400) % 20)}`
}

function birthDateOf (index: number): string {
  return new Date(Date.UTC(1940, 0, 1 + (index * 31) % 29_000)).toISOString().slice(0, 10)
}

function patient (index: number): Resource {
  return {
    resourceType: 'Patient', id: `bench-${index}`, name: [{ text: nameOf(index) }], birthDate: birthDateOf(index), gender: index % 2 === 0 ? 'female' : 'male',
    identifier: [{ type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] }, system: 'urn:yiqiao:hospital:hospital:MR', value: String(index) }]
  }
}

function observation (index: number): Resource {
  const day = new Date(Date.UTC(2027, 0, 1 + index % 300, 1)).toISOString()
  return {
    resourceType: 'Observation', id: `bench-o-${index}`, status: 'final', code: { coding: [{ system: 'http://loinc.org', code: codes[index % codes.length] }] }, subject: { reference: `Patient/bench-${index}` },
    effectiveDateTime: day, valueQuantity: { value: index % 100, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' }
  }
}

/** A patient and an observation each, as the store keeps them. */
async function fill (dataDir: string, progress: (text: string) => void): Promise<void> {
  const store = await openStore({ dataDir })
  const searchValuesOf = searchValuesIn('Asia/Shanghai')
  const lastUpdated = new Date('2027-03-01T01:00:00Z')
  const saved = (resource: Resource, patientId: string): RecordToSave => {
    const record: RecordVersion = { type: resource.resourceType, id: resource.id ?? '', version: 1, lastUpdated, resource, elementTimes: {}, hospitalId: 'hospital', patientId, source: 'bench', mappingVersion: null }
    return { ...record, searchValues: searchValuesOf(record) }
  }
  for (let from = 0; from < manyPatients; from += group) {
    const indexes = Array.from({ length: Math.min(group, manyPatients - from) }, (_, place) => from + place)
    await store.inTransaction(({ records }) => records.save(indexes.flatMap((index) => [saved(patient(index), `bench-${index}`), saved(observation(index), `bench-${index}`)])))
    if (from % 100_000 === 0) progress(`${from.toLocaleString('en')} of ${manyPatients.toLocaleString('en')} patients are made`)
  }
  await store.close()
}
