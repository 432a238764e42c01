import t from 'tap'
import fc from 'fast-check'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { MappingError } from '../../mappings/index.ts'
import { arrange, compileGroups, nearest } from '../../mappings/groups.ts'
import { context, header, map, mappingOf, resource, resources } from './mapping-of.ts'

const pid = 'PID|1||P1^^^HIS^MR||Ce^Shi'
const visit = 'PV1|1|O|||||||||||||||||V1^^^HIS^VN'

function references (found: Record<string, unknown>, element: string): unknown {
  return JSON.stringify(found[element]).match(/(?<="reference":")[^"]+/g)
}

t.test('a message', async (t) => {
  t.test('finds the segments of its own group first, then outwards', async (t) => {
    const lines = [header('ORU^R01'), pid, 'ORC|RE|O1', 'OBR|1|O1|R1|A^A', 'OBX|1|ST|X||one||||||F', 'NTE|1||of one', 'OBX|2|ST|Y||two||||||F', 'ORC|RE|O2', 'OBR|2|O2|R2|B^B', 'OBX|1|ST|X||three||||||F']
    const reports = resources('DiagnosticReport', lines)
    t.strictSame(reports.map((report) => [report['id'], references(report, 'basedOn'), references(report, 'result')]), [
      ['DiagnosticReport-R1|A', ['ServiceRequest/ServiceRequest-O1'], ['Observation/Observation-R1|A|X|', 'Observation/Observation-R1|A|Y|']],
      ['DiagnosticReport-R2|B', ['ServiceRequest/ServiceRequest-O2'], ['Observation/Observation-R2|B|X|']]
    ])
    t.strictSame(resources('Observation', lines).map((each) => [each['valueString'], each['note']]), [['one', [{ text: 'of one' }]], ['two', undefined], ['three', undefined]])
  })

  t.test('of two patients in one message → keeps their results apart', async (t) => {
    const lines = [header('ORU^R01'), pid, 'OBR|1||R1|A', 'OBX|1|ST|X||one||||||F', 'PID|2||P2^^^HIS^MR', 'OBR|1||R2|A', 'OBX|1|ST|X||two||||||F']
    t.strictSame(map(lines).changes.filter(({ resource }) => resource.resourceType === 'Observation').map(({ patientId, resource }) => [patientId, references(resource, 'subject')]), [
      ['Patient-P1', ['Patient/Patient-P1']], ['Patient-P2', ['Patient/Patient-P2']]
    ])
  })

  t.test('tells what no table reads, once', async (t) => {
    t.strictSame(map([header('ADT^A28'), pid, 'ZPI|1', 'ZPI|2', 'ROL|1']).notes, ['ZPI: no table', 'ROL: no table'])
  })

  t.test('of a type without a table → tells patient and visit, and what was not read', async (t) => {
    const { changes, notes } = map([header('ADT^A99'), pid, visit, 'ROL|1', 'ZPI|1'])
    t.strictSame(changes.map(({ resource, weak }) => [resource.id, resource['status'], weak]), [['Patient-P1', undefined, true], ['Encounter-V1', 'unknown', true]])
    t.strictSame(notes, ['ADT^A99: no table of its own; only patient and visit were read', 'ROL: no table', 'ZPI: no table'])
    t.match(map([header('a secret^?'), pid]).notes, [/^this type: /], 'without printing a type that is none')
  })

  t.test('of a type without a table, or that is none, and without a patient → is refused as unknown', async (t) => {
    t.throws(() => map([header('ADT^A99')]), { code: 'MESSAGE_TYPE_UNKNOWN', place: 'MSH-9' })
    t.throws(() => map([header(''), pid]), { code: 'MESSAGE_TYPE_UNKNOWN' })
    t.throws(() => map(['PID|1||P1']), { code: 'MESSAGE_TYPE_UNKNOWN' })
    const converted = map([header('ADT^A99')], { context: { isConversion: true } })
    t.strictSame([converted.header.resourceType, converted.changes], ['MessageHeader', []], 'but a conversion has its header')
  })

  t.test('names what is referred to before what refers to it', async (t) => {
    const { changes } = map([header('ADT^A04'), 'EVN|A04|20260105082900', pid, 'PV1|1|O|W1|||| D1^Yan^Shi||||||||||||V1'])
    t.strictSame(changes.map(({ resource: { resourceType, id }, weak, patientId }) => [resourceType, id, weak, patientId]), [
      ['Location', 'Location-|||W1||', true, null], ['Practitioner', 'Practitioner-D1', true, null],
      ['Patient', 'Patient-P1', false, 'Patient-P1'], ['Encounter', 'Encounter-V1', false, 'Patient-P1']
    ])
  })

  t.test('was so when EVN-2 says, else when it was sent, else when it came', async (t) => {
    const at = (lines: readonly string[]): string | undefined => map(lines).changes[0]?.asOf.toISOString()
    t.equal(at([header('ADT^A28'), 'EVN|A28|20260105082900', pid]), '2026-01-05T00:29:00.000Z')
    t.equal(at([header('ADT^A28'), 'EVN|A28|20260105', pid]), '2026-01-05T00:30:00.000Z')
    t.equal(at([header('ADT^A28').replace('20260105083000', ''), pid]), '2026-01-05T00:00:00.000Z')
    t.equal(at([header('ADT^A28'), 'EVN|A28|20260105002900+0000', pid]), '2026-01-05T00:29:00.000Z')
  })

  t.test('has a header that says what it is about', async (t) => {
    t.strictSame(map([header('SIU^S12^SIU_S12'), 'SCH|A1|F1|||||||||^^30^20260106090000^20260106093000', pid]).header, {
      resourceType: 'MessageHeader',
      id: 'MessageHeader-1',
      eventCoding: { system: 'http://terminology.hl7.org/CodeSystem/v2-0003', code: 'S12', display: 'SIU^S12^SIU_S12' },
      source: { name: 'HIS', endpoint: 'urn:yiqiao:hospital:h1:application:HIS' },
      sender: { identifier: { system: 'urn:yiqiao:hospital:h1:facility', value: 'H1' }, display: 'H1' },
      destination: [{ name: 'YIQIAO', endpoint: 'urn:yiqiao:hospital:h1:application:YIQIAO', receiver: { identifier: { system: 'urn:yiqiao:hospital:h1:facility', value: 'Y' }, display: 'Y' } }],
      meta: { tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0103', code: 'P' }] },
      focus: [{ reference: 'Appointment/Appointment-F1' }]
    })
  })
})

t.test('a value', async (t) => {
  t.test('that the sender deleted → is listed, one it left out is not', async (t) => {
    const { changes } = map([header('ADT^A31'), 'PID|1||P1^^^HIS^MR||Ce^Shi||""|""|||||""'])
    t.strictSame(changes[0]?.removed, ['birthDate', '_birthDate', 'gender', 'telecom'])
  })

  t.test('that is deleted in one place and given in another → stays', async (t) => {
    const { changes } = map([header('ADT^A31'), 'PID|1||P1^^^HIS^MR||||||||||""|^WPN^PH^^^^555-0100'])
    t.strictSame([changes[0]?.removed, changes[0]?.resource['telecom']], [[], [{ use: 'work', system: 'phone', value: '555-0100' }]])
  })

  t.test('that a table takes away → is listed, unless another row gives it', async (t) => {
    const taken = mappingOf({ segments: { 'pid-patient': [{ to: 'telecom', deletes: true }] } })
    const removed = (pid: string): unknown => map([header('ADT^A31'), pid], { mapping: taken }).changes[0]?.removed
    t.strictSame([removed('PID|1||P1'), removed('PID|1||P1||||||||||555-0100')], [['telecom'], []])
  })

  t.test('that is no real date → is left out with a note where it may be, refused where it must not', async (t) => {
    const { changes, notes } = map([header('ADT^A28'), 'PID|1||P1^^^HIS^MR||Ce^Shi||20230230'])
    t.strictSame([changes[0]?.resource['birthDate'], notes], [undefined, ['PID-7: no real date or time; left out']])
    const needed = mappingOf({ segments: { 'pid-patient': [{ to: 'birthDate', from: 'PID-7', as: 'date', required: true }] } })
    t.throws(() => map([header('ADT^A28'), 'PID|1||P1^^^HIS^MR||||20230230'], { mapping: needed }), { code: 'MAPPING_VALUE_INVALID', place: 'PID-7' })
    t.throws(() => map([header('ADT^A28'), 'PID|1||P1^^^HIS^MR'], { mapping: needed }), { code: 'MAPPING_VALUE_MISSING', place: 'PID-7' })
  })

  t.test('with a code that its table lacks → is refused by name of the table, never with the code', async (t) => {
    t.throws(() => map([header('ADT^A28'), 'PID|1||P1^^^HIS^MR|||||7']), { code: 'MAPPING_CODE_UNKNOWN', place: 'PID-8', message: 'PID-8 has a code that table administrative-sex lacks; resolve it or add it to the site\'s table.' })
    const kept = resource('Encounter', [header('ADT^A01'), pid, 'PV1|1|Q^Quarantine'])
    t.strictSame([kept['class'], kept['status']], [{ code: 'Q', display: 'Quarantine' }, 'unknown'], 'a coding goes on as it came, a code takes its default')
  })

  t.test('of a required element that is absent → refuses the message', async (t) => {
    t.throws(() => map([header('ADT^A28'), 'PID|1']), { code: 'MAPPING_VALUE_MISSING', place: 'PID-3[5=MR].1' })
    t.throws(() => map([header('ORU^R01'), pid, 'OBR|1||R1']), { code: 'MAPPING_VALUE_MISSING', place: 'DiagnosticReport.code' })
    t.strictSame(map([header('ADT^A04'), pid, visit, 'IN1|1|PLAN']).notes, ['IN1: Coverage left out, it has no payor'], 'unless the resource may stay away')
  })
})

t.test('a key', async (t) => {
  t.test('is the hospital\'s own number, the record number first', async (t) => {
    t.equal(resource('Patient', [header('ADT^A28'), 'PID|1||X1^^^HIS^JHN~P1^^^HIS^MR'])['id'], 'Patient-P1')
    t.equal(resource('Patient', [header('ADT^A28'), 'PID|1||X1^^^HIS^JHN~X2'])['id'], 'Patient-X1')
    t.equal(resource('Encounter', [header('ADT^A01'), 'PID|1||P1|||||||||||||||A1', 'PV1|1|I'])['id'], 'Encounter-account:A1')
    t.equal(resource('ServiceRequest', [header('ORM^O01'), pid, 'ORC|NW||F1', 'OBR|1||F1|A'])['id'], 'ServiceRequest-filler:F1')
  })

  t.test('that a visit lacks → is made of the message, but a visit that is only mentioned is not made', async (t) => {
    t.equal(resource('Encounter', [header('ADT^A01', 'M7'), pid, 'PV1|1|I'])['id'], 'Encounter-message:M7|1')
    t.strictSame(resources('Encounter', [header('ORU^R01'), pid, 'PV1|1|I', 'OBR|1||R1|A']), [])
    t.throws(() => map([header('ADT^A01', ''), pid, 'PV1|1|I']), { code: 'MAPPING_VALUE_MISSING', place: 'MSH-10' })
  })

  t.test('that is missing → is no obstacle to a conversion that stores nothing', async (t) => {
    const { changes } = map([header('ORU^R01', 'M7'), 'PID|1', 'PV1|1|I', 'OBR|1||R1|A'], { context: { isConversion: true } })
    t.strictSame(changes.map(({ resource }) => resource.id), ['Patient-message:M7|1', 'Encounter-message:M7|1', 'ServiceRequest-filler:R1', 'DiagnosticReport-R1|A'])
  })

  t.test('that two lines of a report share → tells them apart by number', async (t) => {
    t.strictSame(resources('Observation', [header('ORU^R01'), pid, 'OBR|1||R1|A', 'OBX|1|TX|N||a', 'OBX|2|TX|N||b']).map(({ id }) => id), ['Observation-R1|A|N|', 'Observation-R1|A|N|#2'])
  })
})

t.test('segments', async (t) => {
  const grouping = compileGroups({ order: { starts: ['ORC', 'OBR'], segments: ['NTE'] }, observation: { starts: ['OBX'], segments: ['NTE'], in: 'order' } })
  const shape = (names: string): string => {
    const root = arrange(parseMessage(names.split(' ').map((name) => `${name}|`).join('\r')), grouping)
    const print = (node: typeof root): string => [...node.segments.map(({ name }) => name), ...node.children.map((child) => `(${print(child)})`)].join(' ')
    return print(root)
  }
  t.equal(shape('MSH PID ORC OBR NTE OBX NTE OBX ZOB OBR OBX'), 'MSH PID (ORC OBR NTE (OBX NTE) (OBX ZOB)) (OBR (OBX))', 'begin a group where the one before has them already')
  t.equal(shape('MSH ORC ORC OBR OBR'), 'MSH (ORC) (ORC OBR) (OBR)')
  t.equal(shape('MSH OBX NTE PID NTE'), 'MSH PID NTE (OBX NTE)', 'without the group around them stand in the message')
  t.equal(nearest(arrange(parseMessage('MSH|\rPID|'), grouping), 'PV1'), undefined)
})

t.test('whatever a sender sends → is mapped or refused as MappingError, never anything else', async () => {
  const field = fc.string({ unit: fc.constantFrom('|', '^', '~', '&', '\\', '"', '1', '2', 'A', 'M', '-', '.', '0', '张', ' '), maxLength: 40 })
  const segment = fc.tuple(fc.constantFrom('PID', 'PV1', 'PV2', 'OBX', 'OBR', 'ORC', 'FT1', 'SCH', 'AIP', 'MRG', 'TXA', 'STF', 'MFE', 'DG1', 'IN1', 'NK1', 'AL1', 'SPM', 'NTE', 'RXO', 'RXE', 'RXD', 'RXA', 'RXR', 'RF1', 'PRD', 'MSA', 'GT1', 'PRB', 'IAM', 'ZQU', 'ZZZ'), field).map(([name, rest]) => `${name}|${rest}`)
  const type = fc.constantFrom('ADT^A01', 'ADT^A08', 'ADT^A40', 'SIU^S12', 'DFT^P03', 'ORM^O01', 'ORU^R01', 'MDM^T02', 'MFN^M02', 'ADT^A13', 'ADT^A60', 'ADT^Z10', 'BAR^P01', 'MDM^T09', 'OML^O21', 'PPR^PC1', 'RAS^O17', 'RDE^O11', 'RDS^O13', 'REF^I12', 'RRI^I12', 'SRR^S01', 'VXU^V04', 'ZZZ^Z99')
  const mapping = mappingOf()
  fc.assert(fc.property(type, fc.array(segment, { maxLength: 12 }), fc.boolean(), (type, segments, isConversion) => {
    try {
      mapping.map(parseMessage([header(type), 'PID|1||P1', ...segments].join('\r')), { ...context, isConversion })
    } catch (error) {
      if (!(error instanceof MappingError)) throw error
    }
  }), { numRuns: 400 })
})
