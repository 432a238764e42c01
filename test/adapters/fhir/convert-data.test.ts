import t from 'tap'
import type { RecordChange, Resource } from '../../../core/records/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { MappingError, type Mapped } from '../../../mappings/index.ts'
import { aFhirServer, type Answer } from './a-fhir-server.ts'

const uuid = (digit: number): string => `0000000${digit}-0000-4000-8000-000000000000`
const aChange = (resource: Resource & { readonly id: string }, more: Partial<RecordChange> = {}): RecordChange => ({
  resource, removed: [], weak: false, asOf: new Date('2027-03-01T00:30:00Z'), hospitalId: 'east', patientId: uuid(1), source: 'convert', mappingVersion: null, ...more
})
const patient = { resourceType: 'Patient', id: uuid(1), name: [{ text: '测试甲' }], managingOrganization: { reference: 'Organization/not-in-here' } }
const encounter = { resourceType: 'Encounter', id: uuid(2), status: 'unknown', class: { code: 'AMB' }, subject: { reference: `Patient/${uuid(1)}` } }
const mapped: Mapped = {
  header: { resourceType: 'MessageHeader', id: uuid(9), eventCoding: { code: 'A04' }, source: { endpoint: 'urn:x' }, focus: [{ reference: `Patient/${uuid(1)}` }] },
  changes: [aChange(patient), aChange({ ...encounter, status: 'in-progress' }), aChange(encounter, { weak: true })],
  notes: [],
  unmapped: [],
  version: 'v1'
}
const parameters = (...pairs: ReadonlyArray<readonly [string, string]>): string => JSON.stringify({ resourceType: 'Parameters', parameter: pairs.map(([name, valueString]) => ({ name, valueString })) })
const asked = parameters(['inputData', 'MSH|…'], ['inputDataType', 'Hl7v2'], ['site', 'east'])

t.test('converting a message', async (t) => {
  const heard: unknown[] = []
  const { ask, notes } = await aFhirServer(t, { convert: (...input) => { heard.push(input); return mapped } })
  const convert = async (payload: string, as = 'integrator - -'): Promise<Answer> =>
    await ask('/$convert-data', { method: 'POST', headers: { 'content-type': 'application/fhir+json' }, payload, as })

  t.test('gives a message bundle, its header first, each resource once, tied by urn:uuid', async (t) => {
    const { status, body } = await convert(asked)
    t.equal(status, 200)
    t.same(heard, [['MSH|…', 'east']])
    t.same(body, {
      resourceType: 'Bundle',
      type: 'message',
      timestamp: '2027-03-01T09:00:00.000Z',
      entry: [
        { fullUrl: `urn:uuid:${uuid(9)}`, resource: { ...mapped.header, focus: [{ reference: `urn:uuid:${uuid(1)}` }] } },
        { fullUrl: `urn:uuid:${uuid(1)}`, resource: patient },
        { fullUrl: `urn:uuid:${uuid(2)}`, resource: { ...encounter, status: 'in-progress', subject: { reference: `urn:uuid:${uuid(1)}` } } }
      ]
    })
    t.same(notes, [{ action: 'operate', target: 'convert-data', targetId: null, patientId: null, outcome: 'allowed' }])
  })

  t.test('is for operators and integrators', async (t) => {
    t.equal((await convert(asked, 'operator - -')).status, 200)
    for (const as of ['patient p1 - p1', 'doctor d1 east', 'auditor - -']) t.equal((await convert(asked, as)).status, 403, as)
  })

  t.test('needs the message and its kind', async (t) => {
    for (const payload of [parameters(['inputDataType', 'Hl7v2']), parameters(['inputData', 'MSH|'], ['inputDataType', 'Ccda']), parameters(['inputData', 'MSH|']), '{"resourceType":"Parameters","parameter":[]}', '{"resourceType":"Parameters"}']) {
      t.equal((await convert(payload)).status, 400, payload)
    }
  })
})

t.test('a message that cannot be converted is answered by what is wrong with it', async (t) => {
  const badOutput: Mapped = { ...mapped, changes: [aChange({ ...encounter, status: 'M' }, {})] }
  for (const [convert, status, codes] of [
    [() => { throw new DomainError('MESSAGE_MALFORMED', 'Send a message that begins with MSH.') }, 400, [['structure', 'MESSAGE_MALFORMED', undefined]]],
    [() => { throw new MappingError('MESSAGE_TYPE_UNKNOWN', 'There is no table for this type of message.', 'MSH-9') }, 422, [['not-supported', 'MESSAGE_TYPE_UNKNOWN', ['MSH-9']]]],
    [() => { throw new MappingError('MAPPING_VALUE_INVALID', 'The day does not exist.', 'PID-7') }, 422, [['value', 'MAPPING_VALUE_INVALID', ['PID-7']]]],
    [() => { throw new DomainError('MAPPING_SITE_UNKNOWN', 'There is no such site.') }, 404, [['not-found', 'MAPPING_SITE_UNKNOWN', undefined]]],
    [() => { throw new DomainError('STORE_UNAVAILABLE', 'Try again.') }, 503, [['transient', 'STORE_UNAVAILABLE', undefined]]],
    [() => { throw new TypeError('PID-5 is 测试甲') }, 500, [['exception', undefined, undefined]]],
    [() => badOutput, 422, [['code-invalid', 'MAPPING_OUTPUT_INVALID', ['Bundle.entry[1].resource.status']]]]
  ] as ReadonlyArray<readonly [() => Mapped, number, unknown]>) {
    const { ask } = await aFhirServer(t, { convert })
    const { status: answered, body } = await ask('/$convert-data', { method: 'POST', headers: { 'content-type': 'application/json' }, payload: asked })
    const issues = body['issue'] as ReadonlyArray<{ readonly code: string, readonly details: { readonly coding?: ReadonlyArray<{ readonly code: string }> }, readonly expression?: readonly string[] }>
    t.same([answered, issues.map(({ code, details, expression }) => [code, details.coding?.[0]?.code, expression])], [status, codes])
    t.notMatch(JSON.stringify(body), '测试甲', 'and tells no value of the message')
  }
})
