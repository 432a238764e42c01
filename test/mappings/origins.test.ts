import { readFileSync, readdirSync } from 'node:fs'
import t from 'tap'
import { decodeText, parseMessage, readHeader } from '../../adapters/hl7v2/index.ts'
import { loadMappings } from '../../app/load-mappings.ts'
import { checkSite, describeCodeTable, describeRows, MappingError, targetFault, type MappingContext, type OperatorCode, type RowOrigin } from '../../mappings/index.ts'
import type { ElementTable } from '../../mappings/r4/index.ts'
import { context, header, map, mappingOf } from './mapping-of.ts'

const pid = 'PID|1||P1^^^HIS^MR||Ce^Shi~Ce^Er||19900102|F'
const sources = await loadMappings('mappings')
const elements = JSON.parse(readFileSync('mappings/r4/elements.json', 'utf8')) as ElementTable

function originsOf (lines: readonly string[], over: Parameters<typeof map>[1] = {}): readonly RowOrigin[] {
  const origins: RowOrigin[] = []
  map(lines, { ...over, context: { ...over.context, origins: (origin) => { origins.push(origin) } } })
  return origins
}

const brief = ({ resource, element, from, file, isSite }: RowOrigin): string => `${resource} ${element} <- ${from ?? 'the row'} ${isSite ? 'site' : 'base'} ${file.split('/').pop() ?? ''}`

t.test('each element that a message makes → tells the row and the place in the message that made it', async (t) => {
  const rows = originsOf([header('ADT^A04'), pid, 'PV1|1|O|W1|||| D1^Yan^Shi||||||||||||V1|||||||||||||||||||||||||20260105083000'])
  const ofPatient = rows.filter(({ resource }) => resource === 'Patient/Patient-P1').map(brief)
  t.match(ofPatient, [
    'Patient/Patient-P1 id <- PID-3[5=MR].1 base pid-patient.json',
    'Patient/Patient-P1 identifier[0] <- PID-3 base pid-patient.json',
    'Patient/Patient-P1 name[0] <- PID-5 base pid-patient.json',
    'Patient/Patient-P1 name[1] <- PID-5 base pid-patient.json',
    'Patient/Patient-P1 birthDate <- PID-7 base pid-patient.json',
    'Patient/Patient-P1 gender <- PID-8 base pid-patient.json'
  ])
  const gender = rows.find(({ element }) => element === 'gender')
  t.match(gender, { as: 'code', table: 'administrative-sex', row: (sources.base.segments['pid-patient'] as ReadonlyArray<{ to: string }>).findIndex(({ to }) => to === 'gender') + 1 })
  t.ok(rows.some((row) => brief(row) === 'Encounter/Encounter-V1 period.start <- PV1-44 base pv1-encounter.json'))
  t.ok(rows.some((row) => /^Encounter\/Encounter-V1 participant\[0\]\.individual <- PV1-7/.test(brief(row))), 'an element inside an item is told by its whole path')
  t.ok(rows.some((row) => brief(row) === 'Encounter/Encounter-V1 subject <- the row base pv1-encounter.json'), 'a reference is the row\'s, not the sender\'s')
  t.ok(rows.some((row) => row.resource === 'Practitioner/Practitioner-D1' && row.element === 'name[0]' && row.from === 'PV1-7'), 'a doctor that a field names is told with the row that named him')
  t.ok(rows.some(({ resource }) => resource === 'MessageHeader/MessageHeader-1'))
  t.notMatch(JSON.stringify(rows), /Yan|Ce\b|19900102/, 'places only, no values')
})

/** The value at a told place, e.g. `participant[0].individual`. */
function valueAt (resource: unknown, element: string): unknown {
  return element.split('.').reduce((value: unknown, word) => {
    const [name = '', index] = word.replace(']', '').split('[')
    const inner = (value as Record<string, unknown> | undefined)?.[name]
    return index === undefined ? inner : (inner as readonly unknown[] | undefined)?.[Number(index)]
  }, resource)
}

t.test('the examples of the sites → give the same with origins as without; each origin names an element that is there, and each element has one', async (t) => {
  for (const site of ['east', 'west']) {
    const { mapping } = checkSite(sources, site)
    for (const name of readdirSync(`mappings/sites/${site}/examples`).filter((file) => file.endsWith('.hl7'))) {
      const bytes = readFileSync(`mappings/sites/${site}/examples/${name}`)
      const message = parseMessage(decodeText(bytes, readHeader(bytes, 'utf8')?.charset ?? 'utf8'))
      const origins: RowOrigin[] = []
      const mapped = mapping.map(message, { ...context, origins: (origin) => { origins.push(origin) } })
      t.strictSame(mapped, mapping.map(message, context), `${site} ${name}`)
      const made: ReadonlyArray<Record<string, unknown>> = [mapped.header, ...mapped.changes.map(({ resource }) => resource)]
      const called = (resource: Record<string, unknown>): string => `${String(resource['resourceType'])}/${String(resource['id'])}`
      t.strictSame(origins.filter((origin) => !made.some((resource) => called(resource) === origin.resource && valueAt(resource, origin.element) !== undefined)), [])
      const told = new Set(origins.map(({ resource, element }) => `${resource} ${element.split(/[.[]/)[0] ?? ''}`))
      t.strictSame(made.flatMap((resource) => Object.keys(resource).filter((element) => !['resourceType', 'id', 'focus'].includes(element) && !told.has(`${called(resource)} ${element}`)).map((element) => `${called(resource)} ${element}`)), [])
    }
  }
})

t.test('a site\'s row → is told as the site\'s', async (t) => {
  const mapping = mappingOf({ segments: { 'pid-patient': [{ to: 'gender', from: 'PID-30', as: 'code', table: 'administrative-sex' }] } })
  const [gender] = originsOf([header('ADT^A28'), `${pid}||||||||||||||||||||||M`], { mapping }).filter(({ element }) => element === 'gender')
  t.match(gender, { file: 'sites/trial/segments/pid-patient.json', row: 1, isSite: true, from: 'PID-30' })
})

t.test('what is tried and comes to nothing → is told of nothing', async (t) => {
  const rows = originsOf([header('ADT^A04'), pid, 'PV1|1|O|||||||||||||||||V1', 'OBX|1|ST|||one||||||F'])
  t.notOk(rows.some(({ resource }) => resource.startsWith('Observation/')), 'a resource that was left out')
  t.notOk(rows.some(({ resource, element }) => resource.startsWith('Encounter/') && element.startsWith('location')), 'an item that was not made')
})

t.test('a refusal → names the row at work, where origins are asked for', async (t) => {
  const refusal = (context: Partial<MappingContext>): MappingError => {
    try {
      map([header('ADT^A28'), 'PID|1||P1^^^HIS^MR||Ce^Shi||19900102|X'], { context })
    } catch (error) {
      if (error instanceof MappingError) return error
    }
    throw new Error('the message was not refused')
  }
  t.match(refusal({ origins: () => undefined }), { code: 'MAPPING_CODE_UNKNOWN', place: 'PID-8', row: { file: 'segments/pid-patient.json', isSite: false } })
  t.equal(refusal({}).row, null)
  t.strictSame([refusal({}).lacks], refusal({}).unmapped)
  t.strictSame(refusal({}).unmapped, [{ table: 'administrative-sex', code: 'X', place: 'PID-8' }])
  t.notMatch(refusal({}).message, /\bX\b/, 'the code is told apart from the text, which is logged')
})

t.test('a code that a table lacks', async (t) => {
  const visit = (fields: string): readonly string[] => [header('ADT^A04'), pid, `PV1|1|O||${fields}`]
  const unmappedOf = (lines: readonly string[]): unknown => map(lines).unmapped

  t.test('while the sender\'s own coding goes on → is collected, once a table', async (t) => {
    const { unmapped, changes } = map([...visit('X1||||||SURG9|||||||||V1'), 'PV2|1||||||||||||||||||||||||X1'])
    t.match(unmapped, [{ table: 'admission-type', code: 'X1', place: 'PV1-4' }, { table: 'hospital-service', code: 'SURG9', place: 'PV1-10' }])
    t.match(changes.find(({ resource }) => resource.resourceType === 'Encounter')?.resource['serviceType'], { coding: [{ code: 'SURG9' }] })
  })

  t.test('inside a data type, or left out for the row\'s default → is collected too', async (t) => {
    t.strictSame(unmappedOf([header('ADT^A28'), 'PID|1||P1^^^HIS^MR~C1^^^HIS^JZK||Ce^Shi^^^^^QQ||||||1 Road^^^^^^QQ||^QQ^QQ^^^^555']), [
      { table: 'identifier-type', code: 'JZK', place: 'PID-3' }, { table: 'name-type', code: 'QQ', place: 'PID-5' }, { table: 'address-type-use', code: 'QQ', place: 'PID-11' },
      { table: 'telecommunication-equipment-type', code: 'QQ', place: 'PID-13' }, { table: 'telecommunication-use-code', code: 'QQ', place: 'PID-13' }
    ])
    t.strictSame(unmappedOf([header('ORU^R01'), pid, 'OBR|1||R1|A', 'OBX|1|ST|X||one||||||QQ']), [{ table: 'observation-status', code: 'QQ', place: 'OBX-11' }])
  })

  t.test('but is of a system that everybody knows, like SNOMED CT → stands for itself', async (t) => {
    t.strictSame(unmappedOf([header('ORU^R01'), pid, 'OBR|1||R1|A', 'SPM|1|S1||119297000^Blood^SCT', 'OBX|1|ST|X||one||||||F']), [])
  })

  t.test('that could be free text → is not collected, only noted', async (t) => {
    const { unmapped, notes } = map(visit(`||||||${'long '.repeat(20)}|||||||||V1`))
    t.strictSame(unmapped, [])
    t.ok(notes.some((note) => note.startsWith('PV1-10: table hospital-service lacks a code that is longer than 64 characters')))
    t.notMatch(JSON.stringify(notes), /long long/)
  })
})

t.test('a code that an operator resolved', async (t) => {
  const trial = (...codes: readonly OperatorCode[]): ReturnType<typeof checkSite> => checkSite({ ...sources, sites: { trial: { messages: {}, segments: {}, codeTables: {} } } }, 'trial', codes)
  const female: OperatorCode = { table: 'administrative-sex', code: '2', to: { code: 'female', system: null, display: null } }
  const lines = [header('ADT^A28'), 'PID|1||P1^^^HIS^MR||Ce^Shi||19900102|2']

  t.test('→ is read by the tables, which then have another version', async (t) => {
    const { mapping, faults } = trial(female)
    t.strictSame(faults, [])
    t.equal(map(lines, { mapping }).changes[0]?.resource['gender'], 'female')
    t.not(mapping.version, trial().mapping.version)
    t.equal(mapping.version, trial(female).mapping.version)
  })

  t.test('→ stands in its table with where it came from, before the base and the site', async (t) => {
    const rows = describeCodeTable(trial(female, { ...female, code: 'M', to: { ...female.to, code: 'other' } }).resolved, 'administrative-sex') ?? []
    const system = 'http://hl7.org/fhir/administrative-gender'
    t.strictSame(rows.find(({ code }) => code === '2'), { code: '2', to: { code: 'female', system, display: undefined }, origin: 'operator', file: null })
    t.match(rows.find(({ code }) => code === 'M'), { to: { code: 'other' }, origin: 'operator' })
    t.match(rows.find(({ code }) => code === 'F'), { to: { code: 'female' }, origin: 'base', file: 'code-tables/ig-administrative-sex.json' })
    t.equal(describeCodeTable(trial().resolved, 'no-such-table'), undefined)
  })

  t.test('of a table that is gone → does no harm', async (t) => {
    const { mapping, faults } = trial({ ...female, table: 'gone' })
    t.strictSame([faults, mapping.version], [[], trial().mapping.version])
  })

  t.test('→ must be what the element it fills allows, as far as R4 and the tables tell', async (t) => {
    const { resolved } = trial()
    const fault = (table: string, code: string, system: string | null = null): string | null => targetFault(resolved, elements, { table, to: { code, system } })
    t.equal(fault('administrative-sex', 'female'), null)
    t.equal(fault('administrative-sex', 'weiblich'), 'it must be one of male, female, other, unknown')
    t.match(fault('name-type', 'legal'), /one of usual, official/)
    t.match(fault('staff-active', 'maybe'), /one of true, false, Y, N/)
    t.match(fault('transaction-types', 'gift'), /one of charge, credit, adjustment, payment/)
    t.equal(fault('hospital-service', 'anything', 'urn:example'), null, 'an open element takes any code')
    t.match(fault('hospital-service', ' x'), /no blanks/)
    t.match(fault('no-such-table', 'x'), /no table/)
  })
})

t.test('the rows of a site → are told with file, row and whose they are, all or those of one message type', async (t) => {
  const { resolved } = checkSite({ ...sources, sites: { trial: { messages: {}, segments: { 'pid-patient': [{ to: 'gender', from: 'PID-30' }] }, codeTables: {} } } }, 'trial')
  const rows = describeRows(resolved, 'MFN^M02')
  t.ok(rows.every(({ file }) => /stf-|pra-|msh-|mfe-/.test(file)))
  t.match(describeRows(resolved).find(({ to, isSite }) => to === 'gender' && isSite), { file: 'sites/trial/segments/pid-patient.json', row: 1, reads: 'PID-30', definition: { from: 'PID-30' } })
})
