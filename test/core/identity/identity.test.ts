import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import type { Stores } from '../../../adapters/store/index.ts'
import { checkResidentId, mergePatients, samePerson, unmergePatients, type IdentityDoubt, type MergeCommand } from '../../../core/identity/index.ts'
import { takeIn } from '../../../core/intake/index.ts'
import { owedByPerson } from '../../../core/ledger/index.ts'
import type { RecordChange } from '../../../core/records/index.ts'
import { freshStore } from '../../fixtures/store.ts'
import { aCharge, aPatient, at, clockTime, depsOf, residentId } from '../intake/hospital-day.ts'

const store = await freshStore(t)
const residentSystem = 'urn:oid:2.16.156.10011.1.3'

/** Patients of a test are its own, by a prefix, so that tests may share a store. */
async function take (...changes: readonly RecordChange[]): Promise<readonly IdentityDoubt[]> {
  return (await store.inTransaction((stores) => takeIn(idsOf(stores), changes, at))).doubts
}

let serial = 0
function idsOf (stores: Stores): ReturnType<typeof depsOf> {
  return { ...depsOf(stores), ids: { next: () => `entry-${++serial}` } }
}

const decide = (verb: typeof mergePatients, command: MergeCommand): Promise<void> => store.inTransaction((stores) =>
  verb({ ...stores, takeIn: (changes) => takeIn(idsOf(stores), changes, at) }, command, at))

const personOf = (id: string): Promise<string | undefined> => store.inReading(async ({ patients }) => (await patients.find(id))?.personId)
const persons = (...ids: readonly string[]): Promise<unknown> => Promise.all(ids.map(personOf))
const patientOf = (id: string): Promise<unknown> => store.inReading(async ({ records }) => {
  const [record] = await records.current([{ type: 'Patient', id }])
  return { active: record?.resource['active'], link: record?.resource['link'] }
})

const replacedBy = (id: string, time = '09:00', hospitalId = 'east'): RecordChange => {
  const [from = '', to = ''] = id.split('>')
  return aPatient(from, { active: false, link: [{ type: 'replaced-by', other: { reference: `Patient/${to}` } }] }, { asOf: clockTime(time), hospitalId })
}

t.test('a resident id', async (t) => {
  const woman = residentId({ birth: '1985-02-28', sequence: '124' })

  t.test('tells birth date and sex', async (t) => {
    t.strictSame(checkResidentId(woman), { number: woman, birthDate: '1985-02-28', gender: 'female' })
    t.equal(checkResidentId(residentId({ birth: '1985-02-28', sequence: '123' }))?.gender, 'male')
  })

  t.test('of the form of 15 digits → is the same id', async (t) => {
    t.strictSame(checkResidentId(`${woman.slice(0, 6)}${woman.slice(8, 17)}`), checkResidentId(woman))
  })

  t.test('may end in X, in either case', async (t) => {
    const withX = ['120', '122', '124', '126', '128', '140', '142', '144', '146', '148', '160', '162', '164', '166', '168'].map((sequence) => residentId({ birth: '1985-02-28', sequence })).find((id) => id.endsWith('X')) ?? ''
    t.match(withX, /X$/)
    t.strictSame(checkResidentId(withX.toLowerCase()), checkResidentId(withX))
  })

  t.test('with any one digit changed, an unreal date or another length → is none', async (t) => {
    const changed = [...woman].map((digit, place) => `${woman.slice(0, place)}${digit === '9' ? '8' : '9'}${woman.slice(place + 1)}`)
    t.strictSame(changed.filter((id) => checkResidentId(id) !== null), [])
    t.equal(checkResidentId(residentId({ birth: '2023-02-30', sequence: '123' })), null)
    t.strictSame([checkResidentId(''), checkResidentId(`${woman}0`), checkResidentId(woman.slice(1))], [null, null, null])
  })
})

t.test('records of two hospitals', async (t) => {
  interface Carried {
    readonly birth: string
    readonly elements?: object
    readonly form?: (id: string) => string
  }
  const carrying = (id: string, hospitalId: string, { birth, elements = {}, form = (whole) => whole }: Carried): RecordChange =>
    aPatient(id, { name: [{ text: 'Wang Test' }], identifier: [{ system: residentSystem, value: form(residentId({ birth, sequence: '131' })) }], ...elements }, { hospitalId, asOf: clockTime('08:00') })

  t.test('with the same resident id → are one person, in whichever form it is written', async (t) => {
    await take(carrying('r1', 'east', { birth: '1970-01-01' }))
    await take(carrying('r2', 'west', { birth: '1970-01-01', elements: { name: [{ text: 'test  WANG' }] }, form: (whole) => `${whole.slice(0, 6)}${whole.slice(8, 17)}` }))
    t.strictSame(await persons('r1', 'r2'), ['r1', 'r1'])
    t.strictSame(await store.inReading((stores) => samePerson(stores, 'r2')), ['r1', 'r2'])
    const linkIds = (): Promise<unknown> => store.inReading(async ({ patients }) => (await patients.links(['r1'])).map(({ id }) => id))
    const before = await linkIds()
    await take(aPatient('r1', { active: true }), aPatient('r2', { active: true }, { hospitalId: 'west' }))
    t.strictSame(await linkIds(), before)
  })

  t.test('with the same resident id but other names → stay apart, and the doubt is told', async (t) => {
    await take(carrying('r3', 'east', { birth: '1970-01-02' }))
    t.strictSame(await take(carrying('r4', 'west', { birth: '1970-01-02', elements: { name: [{ text: 'Other Test' }] } })), [{ patientId: 'r4', otherId: 'r3', reason: 'name' }])
    t.strictSame(await persons('r3', 'r4'), ['r3', 'r4'])
  })

  t.test('of which one contradicts the resident id → stay apart until it is corrected', async (t) => {
    await take(carrying('r5', 'east', { birth: '1970-01-03' }))
    t.strictSame(await take(carrying('r6', 'west', { birth: '1970-01-03', elements: { birthDate: '1971-01-03' } })), [{ patientId: 'r6', otherId: null, reason: 'birth_date' }])
    t.strictSame(await take(aPatient('r6', { birthDate: '1970-01-03', gender: 'female' }, { hospitalId: 'west', asOf: clockTime('09:00') })), [{ patientId: 'r6', otherId: null, reason: 'gender' }])
    t.strictSame(await persons('r5', 'r6'), ['r5', 'r6'])
    t.strictSame(await take(aPatient('r6', { gender: 'male' }, { hospitalId: 'west', asOf: clockTime('10:00') })), [])
    t.strictSame(await persons('r5', 'r6'), ['r5', 'r5'])
    await take(aPatient('r6', { name: [{ text: 'Other Test' }] }, { hospitalId: 'west', asOf: clockTime('11:00') }))
    t.strictSame(await persons('r5', 'r6'), ['r5', 'r6'])
  })

  t.test('of one hospital, or with an id whose check digit is wrong → are not tied', async (t) => {
    await take(carrying('r7', 'east', { birth: '1970-01-04' }), carrying('r8', 'east', { birth: '1970-01-04' }))
    t.strictSame(await persons('r7', 'r8'), ['r7', 'r8'])
    t.strictSame(await take(carrying('r9', 'west', { birth: '1970-01-04', form: (whole) => `${whole.slice(0, 17)}${whole.endsWith('1') ? '2' : '1'}` })), [{ patientId: 'r9', otherId: null, reason: 'check_digit' }])
  })
})

t.test('a merge', async (t) => {
  t.test('of records that nobody registered yet → waits for them', async (t) => {
    await take(replacedBy('a1>a2'))
    t.equal(await personOf('a1'), 'a1')
    await take(aPatient('a2', {}, { asOf: clockTime('10:00') }))
    t.strictSame(await persons('a1', 'a2'), ['a2', 'a2'])
  })

  t.test('in a chain, in any order, twice → ends with the last record', async (t) => {
    const merges = ['1>2', '2>3', '4>2']
    for (const [run, order] of [[0, 1, 2], [2, 1, 0], [1, 0, 2, 0, 1]].entries()) {
      const id = (name: string): string => name.replaceAll(/\d/g, (digit) => `c${run}${digit}`)
      await take(...['1', '2', '3', '4'].map((name) => aPatient(id(name), {}, { asOf: clockTime('07:00') })))
      for (const place of order) await take(replacedBy(id(merges[place] ?? '')))
      t.strictSame(await persons(...['1', '2', '3', '4'].map(id)), [id('3'), id('3'), id('3'), id('3')], order.join())
    }
  })

  t.test('into itself, or in a circle → is refused', async (t) => {
    await take(aPatient('d1'), aPatient('d2'), aPatient('d3'))
    await t.rejects(take(replacedBy('d1>d1')), { code: 'PATIENT_MERGE_WITH_ITSELF' })
    await t.rejects(decide(mergePatients, { fromId: 'd1', toId: 'd1', because: 'desk' }), { code: 'PATIENT_MERGE_WITH_ITSELF' })
    await take(replacedBy('d1>d2'))
    await take(replacedBy('d2>d3'))
    await t.rejects(take(replacedBy('d3>d1')), { code: 'PATIENT_MERGE_CIRCULAR' })
    await t.rejects(decide(mergePatients, { fromId: 'd3', toId: 'd1', because: 'desk' }), { code: 'PATIENT_MERGE_CIRCULAR' })
    t.strictSame(await persons('d1', 'd2', 'd3'), ['d3', 'd3', 'd3'])
  })

  t.test('and its undoing → keep what is owed in all, and restore who owes it [I-16]', async (t) => {
    const owed = (id: string): Promise<number> => store.inReading(async (stores) => (await owedByPerson(stores, id)).owedFen)
    await take(aPatient('e1', { active: true }), aPatient('e2', { active: true }), aCharge('eC1', 'e1', { fen: 700 }), aCharge('eC2', 'e2', { fen: 50 }))
    t.strictSame([await owed('e1'), await owed('e2')], [700, 50])
    await decide(mergePatients, { fromId: 'e1', toId: 'e2', because: 'desk' })
    t.strictSame([await owed('e1'), await owed('e2')], [750, 750])
    t.strictSame(await patientOf('e1'), { active: false, link: [{ other: { reference: 'Patient/e2' }, type: 'replaced-by' }] })
    t.strictSame(await patientOf('e2'), { active: true, link: [{ other: { reference: 'Patient/e1' }, type: 'replaces' }] })
    await take(aCharge('eC3', 'e1', { fen: 5 }))
    t.equal(await owed('e2'), 755)
    await decide(unmergePatients, { fromId: 'e1', toId: 'e2', because: 'desk' })
    t.strictSame([await owed('e1'), await owed('e2')], [705, 50])
    t.strictSame([await patientOf('e1'), await patientOf('e2')], [{ active: true, link: undefined }, { active: true, link: undefined }])
  })

  t.test('that was undone → does not come back with an old message, but with a new one', async (t) => {
    await take(aPatient('f1'), aPatient('f2'))
    await take(replacedBy('f1>f2', '23:00'))
    await decide(unmergePatients, { fromId: 'f1', toId: 'f2', because: 'desk' })
    await take(replacedBy('f1>f2', '23:00'))
    t.strictSame(await persons('f1', 'f2'), ['f1', 'f2'])
    await take(replacedBy('f1>f2', '23:30'))
    t.strictSame(await persons('f1', 'f2'), ['f2', 'f2'])
  })

  t.test('undone in the middle of a chain → parts the chain there', async (t) => {
    await take(...['g1', 'g2', 'g3'].map((id) => aPatient(id)))
    await take(replacedBy('g1>g2'))
    await take(replacedBy('g2>g3'))
    await decide(unmergePatients, { fromId: 'g2', toId: 'g3', because: 'desk' })
    t.strictSame(await persons('g1', 'g2', 'g3'), ['g2', 'g2', 'g3'])
  })

  t.test('of two, of which one is undone → leaves the record retired', async (t) => {
    await take(...['k1', 'k2', 'k3'].map((id) => aPatient(id)))
    await take(replacedBy('k1>k2'), replacedBy('k1>k3'))
    await decide(unmergePatients, { fromId: 'k1', toId: 'k2', because: 'desk' })
    t.match(await patientOf('k1'), { active: false })
    t.strictSame(await persons('k1', 'k2', 'k3'), ['k3', 'k2', 'k3'])
  })

  t.test('that never was, or of unknown records → cannot be undone or done', async (t) => {
    await take(aPatient('h1'), aPatient('h2'))
    await t.rejects(decide(unmergePatients, { fromId: 'h1', toId: 'h2', because: 'desk' }), { code: 'PATIENT_NOT_MERGED' })
    await t.rejects(decide(mergePatients, { fromId: 'h1', toId: 'nobody', because: 'desk' }), { code: 'PATIENT_NOT_FOUND' })
    await t.rejects(store.inReading((stores) => samePerson(stores, 'nobody')), { code: 'PATIENT_NOT_FOUND' })
  })

  t.test('after any merges and undoings → groups are what the merges that stand tie, and the total owed is the same [I-16]', async (t) => {
    const names = [0, 1, 2, 3, 4]
    const steps = fc.array(fc.record({ undo: fc.boolean(), from: fc.nat(4), to: fc.nat(4) }), { maxLength: 12 })
    let run = 0
    await t.resolves(fc.assert(fc.asyncProperty(steps, async (commands) => {
      const id = (name: number): string => `m${run}-${name}`
      run += 1
      await take(...names.flatMap((name) => [aPatient(id(name)), aCharge(`C${id(name)}`, id(name), { fen: 10 ** name })]))
      const standing = new Set<string>()
      for (const { undo, from, to } of commands) {
        await decide(undo ? unmergePatients : mergePatients, { fromId: id(from), toId: id(to), because: 'desk' })
          .then(() => undo ? standing.delete(`${from}>${to}`) : standing.add(`${from}>${to}`), (error: { code?: string }) => {
            assert.match(error.code ?? '', /^PATIENT_(NOT_MERGED|MERGE_WITH_ITSELF|MERGE_CIRCULAR)$/)
          })
      }
      const groups = names.map((name) => [...groupOf(name, standing)].sort())
      assert.deepStrictEqual(await store.inReading(async (stores) => await Promise.all(names.map(async (name) => [...await samePerson(stores, id(name))].sort()))), groups.map((group) => group.map(id)))
      const owed = await store.inReading(async (stores) => await Promise.all(names.map(async (name) => (await owedByPerson(stores, id(name))).owedFen)))
      assert.deepStrictEqual(owed, groups.map((group) => group.reduce((sum, name) => sum + 10 ** name, 0)))
    }), { numRuns: 40 }))
  })
})

function groupOf (name: number, merges: ReadonlySet<string>): ReadonlySet<number> {
  const group = new Set([name])
  for (let size = 0; size !== group.size;) {
    size = group.size
    for (const merge of merges) {
      const ends = merge.split('>').map(Number)
      if (ends.some((end) => group.has(end))) ends.forEach((end) => group.add(end))
    }
  }
  return group
}
