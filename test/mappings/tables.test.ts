import { readFileSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadMappings } from '../../app/load-mappings.ts'
import { runExamples } from '../../app/mapping-examples.ts'
import { checkSite, compileFacts, compileSite, describeSite, type MappingSources, type TableFiles } from '../../mappings/index.ts'
import { compileR4, type ElementTable } from '../../mappings/r4/index.ts'
import { rowKeys } from '../../mappings/row.ts'
import { mappingOf } from './mapping-of.ts'

const sources = await loadMappings('mappings')
const checkR4 = compileR4(JSON.parse(readFileSync('mappings/r4/elements.json', 'utf8')) as ElementTable)

function withSite (over: Partial<TableFiles>): MappingSources {
  return { ...sources, sites: { trial: { messages: {}, segments: {}, codeTables: {}, ...over } } }
}

function faultsOf (over: Partial<TableFiles>): readonly string[] {
  return checkSite(withSite(over), 'trial').faults
}

t.test('every site', async (t) => {
  for (const site of readdirSync('mappings/sites')) {
    const examples = await runExamples(join('mappings/sites', site, 'examples'), compileSite(sources, site))
    t.ok(examples.length > 0 || existsSync(join('mappings/sites', site, 'fhir')), `${site} has examples, unless it is only followed in FHIR`)
    for (const { name, expected, found } of examples) t.strictSame(found, expected, `${site}: ${name} → gives its JSON`)
    const made = examples.flatMap(({ found }) => (found as { changes: Array<{ resource: unknown }> }).changes.map(({ resource }) => resource))
    t.strictSame(made.flatMap((each) => checkR4(each)), [], `${site}: all that its examples make is valid R4`)
  }
})

t.test('a site\'s faults are told with file, row and target', async (t) => {
  const lines: ReadonlyArray<readonly [string, Partial<TableFiles>, readonly string[]]> = [
    ['no such table', { segments: { 'pid-patient': [{ to: 'gender', from: 'PID-8', as: 'code', table: 'sxe' }] } }, ['sites/trial/segments/pid-patient.json row 1 (gender): no table "sxe"']],
    ['no such converter', { segments: { 'pid-patient': [{ to: 'gender', from: 'PID-8', as: 'cod' }] } }, ['sites/trial/segments/pid-patient.json row 1 (gender): no converter "cod"']],
    ['no such path', { segments: { 'pid-patient': [{ to: 'gender', from: 'PID.8' }] } }, ['sites/trial/segments/pid-patient.json row 1 (gender): no such path: "PID.8"']],
    ['no element path', { segments: { 'pid-patient': [{ to: 'name[', from: 'PID-5' }] } }, ['sites/trial/segments/pid-patient.json row 1 (name[): no element path: "name["']],
    ['an unknown key', { segments: { 'pid-patient': [{ to: 'gender', form: 'PID-8' }] } }, ['sites/trial/segments/pid-patient.json row 1 (gender): unknown key "form"']],
    ['no source', { segments: { 'pid-patient': [{ to: 'gender' }] } }, ['sites/trial/segments/pid-patient.json row 1 (gender): needs one of "from", "value", "ref", "rows" or "deletes"']],
    ['one target twice', { segments: { 'pid-patient': [{ to: 'gender', from: 'PID-8' }, { to: 'gender', from: 'ZPI-1' }] } }, ['sites/trial/segments/pid-patient.json row 2 (gender): the same target twice in one file']],
    ['nothing to drop', { segments: { 'pid-patient': [{ to: 'nickname', drop: true }] } }, ['sites/trial/segments/pid-patient.json row 1 (nickname): nothing to drop, the base has no such row']],
    ['no such alias', { segments: { 'pv1-encounter': [{ to: 'subject', ref: 'Patiant' }] } }, ['sites/trial/segments/pv1-encounter.json row 1 (subject): no resource with the alias "Patiant" in this message']],
    ['a segment converter for a field', { segments: { 'ft1-charge': [{ to: 'priceOverride', from: 'FT1-11', as: 'chargeAmount' }] } }, ['sites/trial/segments/ft1-charge.json row 1 (priceOverride): converter "chargeAmount" reads a segment, "FT1-11" is none']],
    ['a required element without a row', { segments: { 'obr-diagnostic-report': [{ to: 'code', drop: true }] } }, ['messages/oru-r01.json: DiagnosticReport: no row fills code, which R4 requires']],
    ['no such row file', { messages: { 'adt-a05': { resources: [{ resource: 'Patient', rows: ['pid'] }] } } }, ['messages/adt-a05.json: Patient: no file segments/pid.json']],
    ['a message served twice', { messages: { mine: { table: 'mine', serves: ['ADT^A28'], resources: [] } } }, ['messages/mine.json: ADT^A28 is served by another table too']],
    ['a code table without codes', { codeTables: { sex: { table: 'sex' } } }, ['sites/trial/code-tables/sex.json: needs "table" and "map"']]
  ]
  for (const [title, over, expected] of lines) t.strictSame(faultsOf(over), expected, title)
  t.throws(() => compileSite(withSite(lines[0]?.[1] ?? {}), 'trial'), { message: /no table "sxe"/ })
  t.throws(() => compileSite(sources, 'nowhere'), { code: 'MAPPING_SITE_UNKNOWN' })
})

t.test('a site\'s row', async (t) => {
  const over = { segments: { 'pid-patient': [{ to: 'gender', from: 'PID-8', as: 'code', table: 'sex' }, { to: 'name[]', drop: true }, { to: 'telecom[fax]', from: 'ZPI-3', as: 'contactPoint' }] }, codeTables: { sex: { table: 'sex', extends: 'administrative-sex', map: { 1: 'male' } } } }
  const { resolved, faults } = checkSite(withSite(over), 'trial')
  t.strictSame(faults, [])
  const patient = describeSite(resolved).filter((line) => /^ {2}(gender|name\[\]|telecom\[fax\]|birthDate) .*pid-patient/.test(line))
  t.strictSame(patient, [
    '  birthDate <- PID-7 as date [base segments/pid-patient.json row 10]',
    '  gender <- PID-8 as code by sex [site sites/trial/segments/pid-patient.json row 1]',
    '  telecom[fax] <- ZPI-3 as contactPoint [site sites/trial/segments/pid-patient.json row 3]'
  ], 'replaces the base row of its target, adds to them, or drops it')
  t.not(compileSite(withSite(over), 'trial').version, mappingOf().version, 'changes the mapping version')
  t.equal(mappingOf().version, mappingOf().version, 'the same tables have the same version')
})

t.test('every base row says where it is from: the guide, or ours', async (t) => {
  const unmarked = Object.entries(sources.base.segments).flatMap(([file, rows]) =>
    (rows as Array<Record<string, unknown>>).filter(({ ig, own }) => (ig === undefined) === (own === undefined)).map(({ to }) => `${file}: ${String(to)}`))
  t.strictSame(unmarked, [])
})

t.test('the guide lists every type of message that has a table, and no other', async (t) => {
  const served = Object.values(sources.base.messages).flatMap((table) => (table as { serves: string[] }).serves).filter((type) => /^[A-Z]{3}\^[A-Z]/.test(type))
  const rows = readFileSync('docs/mapping.md', 'utf8').split('\n').flatMap((line) => /^\| ((?:[A-Z]{3} [A-Z].*?)) \|/.exec(line)?.[1] ?? [])
  const listed = rows.flatMap((cell) => cell.split(', ')).filter((types) => !types.endsWith('without event')).flatMap((types) => {
    const [type, ...events] = types.split(' ')
    return events.map((event) => `${type}^${event}`)
  })
  t.strictSame(listed.sort(), served.sort())
})

t.test('the schema for editors has the keys that the interpreter knows', async (t) => {
  const schema = JSON.parse(readFileSync('mappings/row.schema.json', 'utf8')) as { $defs: { row: { properties: object } } }
  t.strictSame(Object.keys(schema.$defs.row.properties).sort(), [...rowKeys].sort())
})

t.test('faulty fact tables → are refused with every fault', async (t) => {
  t.throws(() => compileFacts({ patient: { resource: 'Patient', fact: 'patient', rows: [{ to: 'name', from: 'name[', as: 'nam' }, { to: 'x', form: 'y' }] } }), {
    message: ['facts/patient.json row 1 (name): no converter "nam"', 'facts/patient.json row 1 (name): no such path: "name["', 'facts/patient.json row 2 (x): unknown key "form"', 'facts/patient.json row 2 (x): needs one of "from", "value" or "rows"'].join('\n')
  })
  t.throws(() => compileFacts({ ghost: { resource: 'Patient', rows: [] } }), { message: /facts\/ghost\.json: needs/ })
})
