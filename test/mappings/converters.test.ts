import t from 'tap'
import fc from 'fast-check'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { loadMappings } from '../../app/load-mappings.ts'
import { compileCodeTable, type CodeTableFile } from '../../mappings/code-tables.ts'
import { makeConverters } from '../../mappings/converters/index.ts'
import type { Run } from '../../mappings/run.ts'
import { parseTimestamp, dateTimeText, instantOf, zoneOf } from '../../mappings/time.ts'
import { context } from './mapping-of.ts'

const { base } = await loadMappings('mappings')
const files = new Map(Object.values(base.codeTables).map((file) => [(file as CodeTableFile).table, file as CodeTableFile]))
const table = (name: string): ReturnType<typeof compileCodeTable> => compileCodeTable(files.get(name) as CodeTableFile, (other) => files.get(other))
const converters = makeConverters(table)

function freshRun (): Run {
  return { context, zone: zoneOf('Asia/Shanghai'), notes: [], named: new Map(), unmapped: [], trace: null }
}

/** What a converter makes of a field, or of a whole segment given as `OBX|…`. */
function convert (name: string, text: string, run: Run = freshRun(), tableName?: string): unknown {
  const converter = converters.get(name)
  if (converter === undefined) throw new Error(`no converter ${name}`)
  const line = converter.reads === 'field' ? `ZZZ|${text}` : text
  const segments = parseMessage(`MSH|^~\\&|\r${line}`).segments.slice(1)
  const cells = segments.map((segment) => ({ segment, field: converter.reads === 'field' ? 1 : 0, repetition: 1, component: 0, subcomponent: 0 }))
  const use = { place: 'ZZZ-1', table: tableName === undefined ? null : table(tableName), hasDefault: false }
  const [first] = cells
  if (first === undefined) throw new Error('no segment')
  return converter.reads === 'segments' ? converter.convert(cells, run, use) : converter.convert(first, run, use)
}

t.test('data types of the IG', async (t) => {
  const cases: ReadonlyArray<readonly [converter: string, source: string, expected: unknown]> = [
    ['string', '  a b ', 'a b'],
    ['string', '""', undefined],
    ['code', 'a  b', 'a b'],
    ['boolean', 'Y', true],
    ['boolean', 'n', false],
    ['boolean', 'maybe', undefined],
    ['decimal', '-1.50', -1.5],
    ['decimal', '1e5', undefined],
    ['positiveInt', '0', undefined],
    ['unsignedInt', '0', 0],
    ['date', '1980', '1980'],
    ['date', '20240229', '2024-02-29'],
    ['date', '20230229', undefined],
    ['dateTime', '202601', '2026-01'],
    ['dateTime', '2026010508', '2026-01-05T08:00:00+08:00'],
    ['dateTime', '20260105083015.1234-0500', '2026-01-05T08:30:15.1234-05:00'],
    ['dateTime', '202601052460', undefined],
    ['day', '20260105200000-0500', '2026-01-06'],
    ['instant', '20260105', undefined],
    ['startInstant', '20260105', '2026-01-05T00:00:00+08:00'],
    ['time', '0830', '08:30:00'],
    ['period', '20260105^20260106', { start: '2026-01-05', end: '2026-01-06' }],
    ['humanName', 'Li&Van^Na^M^JR^DR^MD^L^A', { use: 'official', family: 'Li', given: ['Na', 'M'], prefix: ['DR'], suffix: ['JR', 'MD'], extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation', valueCode: 'ABC' }] }],
    ['humanName', '^^^^^^L', undefined],
    ['wholeName', '测试丙', { text: '测试丙' }],
    ['nameText', '测试^丙', '测试丙'],
    ['nameText', 'Doe^Jane', 'Jane Doe'],
    ['address', '1 Main&Main&1^Flat 2^Town^St^100^CHN^H^^District', { use: 'home', line: ['1 Main', 'Main', '1', 'Flat 2'], city: 'Town', district: 'District', state: 'St', postalCode: '100', country: 'CHN' }],
    ['address', '^^^^^^H', undefined],
    ['contactPoint', '^PRN^PH^^86^10^5550100^12', { system: 'phone', value: '+86 10 5550100 X12', use: 'home' }],
    ['contactPoint', '^PRN^CP^^^^5550100', { system: 'phone', value: '5550100', use: 'mobile' }],
    ['contactPoint', '^NET^Internet^a@example.org', { system: 'email', value: 'a@example.org' }],
    ['contactPoint', '5550100', { system: 'phone', value: '5550100' }],
    ['identifier', 'P1^^^HIS&1.2.3&ISO^MR', { type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR', display: 'Medical record number' }] }, system: 'urn:oid:1.2.3', value: 'P1', assigner: { display: 'HIS' } }],
    ['identifier', 'P1', { system: 'urn:yiqiao:hospital:h1:PI', value: 'P1' }],
    ['identifier', 'N1^^^^NNCHN', { type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'NNCHN' }] }, system: 'urn:oid:2.16.156.10011.1.3', value: 'N1' }],
    ['entityIdentifier', 'O1^HIS', { system: 'urn:yiqiao:hospital:h1:EI:HIS', value: 'O1', assigner: { display: 'HIS' } }],
    ['transactionIdentifier', 'T1', { system: 'urn:yiqiao:hospital:h1:FT', value: 'T1' }],
    ['codeableConcept', '718-7^Hb^LN^HB^血红蛋白^L^2.7^1^Haemoglobin', { coding: [{ system: 'http://loinc.org', version: '2.7', code: '718-7', display: 'Hb' }, { system: 'urn:yiqiao:hospital:h1:codes:L', version: '1', code: 'HB', display: '血红蛋白' }], text: 'Haemoglobin' }],
    ['codeableConcept', '^only words', { text: 'only words' }],
    ['codeableConcept', 'X^x^HL70396', { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0396', code: 'X', display: 'x' }] }],
    ['quantity', '2^mL', { value: 2, unit: 'mL' }],
    ['quantity', 'two', undefined],
    ['days', '3', { value: 3, unit: 'd', system: 'http://unitsofmeasure.org', code: 'd' }],
    ['attachment', '^application^pdf^Base64^QUJD', { contentType: 'application/pdf', data: 'QUJD' }],
    ['attachment', '^image^jpg^Hex^414243', { contentType: 'image/jpeg', data: 'QUJD' }],
    ['attachment', '^TEXT^^A^ABC', { contentType: 'text/plain', data: 'QUJD' }],
    ['attachment', '^image^jpeg^Base64^no base64!', undefined],
    ['practitionerWithin', 'D1&Yan&Shi^20260105', { reference: 'Practitioner/Practitioner-D1', display: 'Shi Yan' }],
    ['practitioner', '^演示^医生', { display: '演示医生' }],
    ['organization', 'Insurer^^^^^^^^^9', { reference: 'Organization/Organization-9', display: 'Insurer' }],
    ['location', 'W1^2^3^EAST', { reference: 'Location/Location-EAST|||W1|2|3', display: 'W1 2 3' }],
    ['endpoint', 'HIS^1.2.3^ISO', 'urn:oid:1.2.3']
  ]
  for (const [name, source, expected] of cases) t.strictSame(convert(name, source), expected, `${name}: ${source}`)
})

t.test('a code with a table → comes with its original', async (t) => {
  t.strictSame(convert('codeableConcept', 'M^Married^HL70002', freshRun(), 'marital-status'), {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: 'M', display: 'Married' }, { system: 'http://terminology.hl7.org/CodeSystem/v2-0002', code: 'M', display: 'Married' }]
  })
  t.strictSame(convert('codeableConcept', 'Q^Quiet', freshRun(), 'marital-status'), { coding: [{ code: 'Q', display: 'Quiet' }] })
  const run = freshRun()
  t.strictSame([convert('codeIfKnown', 'Q', run, 'marital-status'), run.notes], [undefined, ['ZZZ-1: code is not in table marital-status; left out']])
})

t.test('a result (OBX-5) → is one value of its type, and never lost', async (t) => {
  const value = (kind: string, text: string, unit = ''): unknown => convert('observationValue', `OBX|1|${kind}|X||${text}|${unit}`)
  const cases: ReadonlyArray<readonly [string, string, string, unknown]> = [
    ['NM', '5.6', 'mmol/L^^UCUM', { choice: 'Quantity', value: { value: 5.6, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' } }],
    ['NM', '<5', '', { choice: 'String', value: '<5' }],
    ['SN', '>=^100', 'g', { choice: 'Quantity', value: { value: 100, comparator: '>=', unit: 'g' } }],
    ['SN', '^1^:^128', '', { choice: 'Ratio', value: { numerator: { value: 1 }, denominator: { value: 128 } } }],
    ['SN', '^1^-^5', 'g', { choice: 'Range', value: { low: { value: 1, unit: 'g' }, high: { value: 5, unit: 'g' } } }],
    ['SN', '<>^3', '', { choice: 'String', value: '<> 3' }],
    ['NR', '1^5', '', { choice: 'Range', value: { low: { value: 1 }, high: { value: 5 } } }],
    ['CWE', 'POS^阳性^L', '', { choice: 'CodeableConcept', value: { coding: [{ system: 'urn:yiqiao:hospital:h1:codes:L', code: 'POS', display: '阳性' }] } }],
    ['DT', '20260105', '', { choice: 'DateTime', value: '2026-01-05' }],
    ['DT', '20260230', '', { choice: 'String', value: '20260230' }],
    ['TM', '0830', '', { choice: 'Time', value: '08:30:00' }],
    ['DR', '20260105^20260106', '', { choice: 'Period', value: { start: '2026-01-05', end: '2026-01-06' } }],
    ['TX', 'one~two', '', { choice: 'String', value: 'one\ntwo' }],
    ['ST', '', '', undefined],
    ['ED', '^image^jpeg^Base64^QUJD', '', undefined]
  ]
  for (const [kind, text, unit, expected] of cases) t.strictSame(value(kind, text, unit), expected, `${kind} ${text}`)
})

t.test('an amount', async (t) => {
  const ft1 = (quantity: string, extended: string, unit: string): unknown => convert('chargeAmount', `FT1|1|T||||CG||||${quantity}|${extended}|${unit}`)
  t.strictSame(ft1('3', '12.10&CNY', '99'), { value: 12.1, currency: 'CNY' }, 'is the extended one where it is sent')
  t.strictSame(ft1('3', '', '0.335'), { value: 1.01, currency: 'CNY' }, 'else price times quantity, half a fen up')
  t.strictSame(ft1('', '', '12.5'), { value: 12.5, currency: 'CNY' }, 'of one where no quantity is sent')
  t.strictSame(ft1('-1', '', '0.005'), { value: -0.01, currency: 'CNY' })
  t.strictSame(ft1('1', '5&USD', ''), { value: 5, currency: 'USD' }, 'keeps a foreign currency')
  t.equal(ft1('1', '', ''), undefined)
  t.strictSame(convert('creditAmount', 'FT1|1|T||||CD||||1|-12.10'), { value: 12.1, currency: 'CNY' }, 'of a credit has no sign')
  for (const bad of ['12.345', 'free', '1,000', '1e3', '999999999999999']) t.throws(() => ft1('1', bad, ''), { code: 'MAPPING_VALUE_INVALID' }, `${bad} is refused`)
  t.throws(() => ft1('1', '5&?', ''), { code: 'MAPPING_VALUE_INVALID' })
  fc.assert(fc.property(fc.integer({ min: -1e13, max: 1e13 }), (fen) => {
    const size = Math.abs(fen)
    const text = `${fen < 0 ? '-' : ''}${Math.floor(size / 100)}.${String(size % 100).padStart(2, '0')}`
    return Math.round((ft1('1', text, '') as { value: number }).value * 100) === fen
  }))
})

t.test('a time without offset → is of the zone as it was then', async (t) => {
  const shanghai = zoneOf('Asia/Shanghai')
  const newYork = zoneOf('America/New_York')
  const said = (text: string, zone: typeof shanghai): string => dateTimeText(parseTimestamp(text) as NonNullable<ReturnType<typeof parseTimestamp>>, zone)
  t.equal(said('1988070112', shanghai), '1988-07-01T12:00:00+09:00', 'China had summer time in 1988')
  t.equal(said('202607011200', shanghai), '2026-07-01T12:00:00+08:00')
  t.equal(said('202603080159', newYork), '2026-03-08T01:59:00-05:00')
  t.equal(said('202603080300', newYork), '2026-03-08T03:00:00-04:00')
  t.equal(said('202611010300', newYork), '2026-11-01T03:00:00-05:00')
  fc.assert(fc.property(fc.integer({ min: Date.UTC(1970, 0, 2), max: Date.UTC(2060, 0, 1) }), (minute) => {
    const utc = Math.floor(minute / 60_000) * 60_000
    const local = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' }).format(utc).replaceAll(/\D/g, '')
    const instant = instantOf(parseTimestamp(local) as NonNullable<ReturnType<typeof parseTimestamp>>, shanghai)?.getTime() ?? 0
    // The hour that an autumn repeats may be read as either.
    return instant === utc || Math.abs(instant - utc) === 3_600_000
  }), { numRuns: 300 })
})

t.test('a length of time → gives an end', async (t) => {
  t.equal(convert('endByDuration', 'SCH|1|2|||||||30|min|^^^20260105234500'), '2026-01-06T00:15:00+08:00')
  t.equal(convert('endByDuration', 'AIS|1||X|20260105090000|||1|h'), '2026-01-05T10:00:00+08:00')
  t.equal(convert('endByDuration', 'SCH|1|2|||||||30|furlong|^^^20260105234500'), undefined)
  t.strictSame(convert('personPeriod', 'AIP|1||D1|||20260105090000|||15|min'), { start: '2026-01-05T09:00:00+08:00', end: '2026-01-05T09:15:00+08:00' })
})

t.test('who refers, or is referred to →', async (t) => {
  const run = freshRun()
  const named = (prd: string): unknown => convert('referralProvider', prd, run)
  t.strictSame(named('PRD|RP|Yan^Shi|||||D1'), { reference: 'Practitioner/Practitioner-D1', display: 'Shi Yan' }, 'is our doctor by number')
  t.strictSame(named('PRD|RT|Yan^Shi|||||D1|||Other^^^^^^^^^9'), { reference: 'Practitioner/Practitioner-provider:9::D1', display: 'Shi Yan' }, 'is no doctor of ours where the number is of another organisation')
  t.strictSame(named('PRD|RT|Yan^Shi|||||D1^EI|||Own^^^^^^^^^1'), { reference: 'Practitioner/Practitioner-D1', display: 'Shi Yan' }, 'unless the number says that it is ours')
  t.strictSame(named('PRD|RT|Yan^Shi|||||L1^MD'), { reference: 'Practitioner/Practitioner-provider::MD:L1', display: 'Shi Yan' }, 'is apart where the number is a licence')
  t.strictSame([named('PRD|RT|Yan^Shi'), named('PRD|RT')], [{ display: 'Shi Yan' }, undefined])
  t.strictSame([...run.named.keys()], ['Practitioner|D1', 'Practitioner|provider:9::D1', 'Practitioner|provider::MD:L1'])
})

t.test('what a field names → is one weak resource however often it is named, and completed by later mentions', async (t) => {
  const run = freshRun()
  t.strictSame(convert('practitioner', 'D1', run), { reference: 'Practitioner/Practitioner-D1' })
  t.strictSame(convert('practitioner', 'D1^演示^医生^^^^MD', run), { reference: 'Practitioner/Practitioner-D1', display: '演示医生' })
  t.strictSame([...run.named.values()], [{
    resourceType: 'Practitioner',
    id: 'Practitioner-D1',
    identifier: [{ system: 'urn:yiqiao:hospital:h1:EI', value: 'D1' }],
    qualification: [{ code: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0360', code: 'MD' }] } }],
    name: [{ family: '演示', given: ['医生'] }]
  }])
})
