import type { Test } from 'tap'
import type { CompartmentSearch, RecordSearch, RecordToSave, RecordVersion, SearchClause, SearchValue } from '../../core/records/index.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const value = (param: string, text: string, system: string | null = null): SearchValue => ({ param, value: text, system, from: null, to: null })
const during = (param: string, from: number | null, to: number | null): SearchValue => ({ param, value: null, system: null, from, to })

function aRecord (id: string, given: Partial<RecordToSave> = {}): RecordToSave {
  const version = given.version ?? 1
  return {
    type: 'Observation',
    id,
    version,
    lastUpdated: new Date(Date.UTC(2026, 2, 2, 0, 0, version)),
    resource: { resourceType: 'Observation', id, status: 'final', note: [{ text: `版本 ${version}` }] },
    elementTimes: { status: 1_772_400_000_000 + version },
    hospitalId: 'east',
    patientId: 'p1',
    source: 'm1',
    mappingVersion: 'v1',
    searchValues: [value('status', 'final'), value('subject', 'Patient/p1')],
    ...given
  }
}

function asVersion (saved: RecordToSave): RecordVersion {
  const version: Partial<RecordToSave> = { ...saved }
  delete (version as { searchValues?: unknown }).searchValues
  return version as RecordVersion
}

export function recordStoreContract (t: Test, open: OpenStore): void {
  t.test('a binary that is purged → is gone in every version, and nothing else is', async (t) => {
    const { inTransaction } = await open(t)
    const binary = aRecord('b1', { type: 'Binary', resource: { resourceType: 'Binary', id: 'b1' } })
    await inTransaction(({ records }) => records.save([binary, { ...binary, version: 2 }, aRecord('b1'), aRecord('b1', { version: 2 })]))
    await inTransaction(async ({ records }) => {
      t.strictSame([await records.purgeBinaries(['b1', 'nothing']), await records.purgeBinaries(['b1']), await records.purgeBinaries([])], [['b1'], [], []])
      const history = async (type: string): Promise<number> => (await records.history({ type, id: 'b1' }, { limit: 9, offset: 0 })).length
      t.strictSame([await history('Binary'), await history('Observation')], [0, 2])
      t.equal((await records.search({ type: 'Binary', clauses: [{ kind: 'token', param: 'status', values: [{ system: undefined, code: 'final' }] }], patientIds: null, hospitalId: null, sort: [], limit: 9, offset: 0 })).total, 0)
    })
  })

  t.test('a record', async (t) => {
    t.test('→ stands as it was last saved, and every version before it is kept', async (t) => {
      const { inTransaction } = await open(t)
      const versions = [aRecord('o1'), aRecord('o1', { version: 2, source: 'm2', mappingVersion: null, patientId: null, hospitalId: null }), aRecord('o1', { version: 3 })]
      for (const version of versions) await inTransaction(({ records }) => records.save([version]))
      const key = { type: 'Observation', id: 'o1' }
      const [first, second, third] = versions.map(asVersion)
      await inTransaction(async ({ records }) => {
        t.strictSame(await records.current([key, { type: 'Patient', id: 'o1' }]), [third])
        t.strictSame(await records.history(key, { limit: 10, offset: 0 }), [third, second, first])
        t.strictSame(await records.history(key, { limit: 1, offset: 1 }), [second])
        t.strictSame([await records.version({ ...key, version: 1 }), await records.version({ ...key, version: 3 }), await records.version({ ...key, version: 4 })], [first, third, null])
      })
    })

    t.test('in several versions of one group → ends as the last of them', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(({ records }) => records.save([aRecord('o1'), aRecord('o2'), aRecord('o1', { version: 2 }), aRecord('o1', { version: 3, searchValues: [value('status', 'amended')] })]))
      await inTransaction(async ({ records }) => {
        t.strictSame((await records.current([{ type: 'Observation', id: 'o1' }, { type: 'Observation', id: 'o2' }])).map(({ id, version }) => `${id} ${version}`).sort(), ['o1 3', 'o2 1'])
        t.strictSame((await records.history({ type: 'Observation', id: 'o1' }, { limit: 10, offset: 0 })).map(({ version }) => version), [3, 2, 1])
      })
    })

    t.test('saved with a version that is not the next → is refused, and all of its group with it', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(({ records }) => records.save([aRecord('o1')]))
      for (const version of [1, 3]) {
        await t.rejects(inTransaction(({ records }) => records.save([aRecord('o2'), aRecord('o1', { version })])), { code: 'STORE_WRITE_CONFLICT' })
      }
      await t.rejects(inTransaction(({ records }) => records.save([aRecord('o3', { version: 2 })])), { code: 'STORE_WRITE_CONFLICT' })
      t.strictSame((await inTransaction(({ records }) => records.current(['o1', 'o2', 'o3'].map((id) => ({ type: 'Observation', id }))))).map(({ id, version }) => `${id} ${version}`), ['o1 1'])
    })

    t.test('saved by two at once → is saved by one', async (t) => {
      const { inTransaction } = await open(t)
      const asNew = await Promise.allSettled([1, 2].map(() => inTransaction(({ records }) => records.save([aRecord('o1')]))))
      t.strictSame(refusals(asNew), ['STORE_WRITE_CONFLICT'])
      const asNext = await Promise.allSettled([1, 2].map(() => inTransaction(({ records }) => records.save([aRecord('o1', { version: 2 })]))))
      t.strictSame(refusals(asNext), ['STORE_WRITE_CONFLICT'])
    })

    t.test('confirmed → keeps the newer times without a new version', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(({ records }) => records.save([aRecord('o1')]))
      const confirmed = { ...asVersion(aRecord('o1')), elementTimes: { status: 1_772_500_000_000 } }
      await inTransaction(({ records }) => records.confirm([confirmed]))
      t.strictSame(await inTransaction(({ records }) => records.current([{ type: 'Observation', id: 'o1' }])), [confirmed])
      await t.rejects(inTransaction(({ records }) => records.confirm([{ ...confirmed, version: 2 }])), { code: 'STORE_WRITE_CONFLICT' })
    })
  })

  t.test('a search', async (t) => {
    const { inTransaction } = await open(t)
    const hour = (n: number): number => Date.UTC(2026, 2, 2, n)
    await inTransaction(({ records }) => records.save([
      aRecord('o1', { searchValues: [value('code', '8867-4', 'http://loinc.org'), value('status', 'final'), value('note', 'heart rate'), during('date', hour(1), hour(2))] }),
      aRecord('o2', { patientId: 'p2', hospitalId: 'west', searchValues: [value('code', '8867-4', 'urn:local'), value('status', 'preliminary'), value('note', '100% heart_beat!'), during('date', hour(3), hour(3))] }),
      aRecord('o3', { patientId: 'p3', searchValues: [value('code', '9279-1'), value('subject', 'Patient/p3'), value('note', '心率'), value('note', 'pulse'), during('date', hour(5), null)] }),
      aRecord('o4', { patientId: null, hospitalId: null, lastUpdated: new Date(hour(20)), searchValues: [] }),
      aRecord('x1', { type: 'Condition', searchValues: [value('code', '8867-4', 'http://loinc.org')] })]))
    // Values of a version that is gone must not be found.
    await inTransaction(({ records }) => records.save([aRecord('o5', { searchValues: [value('status', 'registered'), value('code', 'old')] })]))
    await inTransaction(({ records }) => records.save([aRecord('o5', { version: 2, patientId: 'p3', searchValues: [value('status', 'registered'), during('date', null, hour(0))] })]))

    const find = async (clauses: readonly SearchClause[], given: Partial<RecordSearch> = {}): Promise<string> => {
      const { records, total } = await inTransaction(({ records }) => records.search(
        { type: 'Observation', clauses, patientIds: null, hospitalId: null, sort: [{ param: '_id', descending: false }], limit: 10, offset: 0, ...given }))
      return `${records.map(({ id }) => id).join(' ')} of ${total}`
    }
    const code = (system: string | null | undefined, code: string | null, not = false): SearchClause => ({ kind: 'token', param: 'code', values: [{ system, code }], not })
    const date = (from: number | null, to: number | null, overlap: 'within' | 'overlaps'): SearchClause => ({ kind: 'date', param: 'date', from, to, overlap })

    t.test('by token → with any, a given and no system', async (t) => {
      t.strictSame([await find([code(undefined, '8867-4')]), await find([code('urn:local', '8867-4')]), await find([code(null, '9279-1')]), await find([code('http://loinc.org', null)])],
        ['o1 o2 of 2', 'o2 of 1', 'o3 of 1', 'o1 of 1'])
      t.strictSame([await find([code(undefined, '8867-4', true)]), await find([code(undefined, 'old')]), await find([{ kind: 'token', param: 'code', values: [] }])],
        ['o3 o4 o5 of 3', ' of 0', ' of 0'])
      t.equal(await find([{ kind: 'token', param: 'status', values: [{ system: undefined, code: 'final' }, { system: undefined, code: 'registered' }] }]), 'o1 o5 of 2')
    })

    t.test('by text → from its start, whole, or anywhere, taking signs literally', async (t) => {
      const note = (match: 'starts' | 'exact' | 'contains', ...values: readonly string[]): SearchClause => ({ kind: 'string', param: 'note', values, match })
      t.strictSame(await Promise.all([find([note('starts', 'heart')]), find([note('starts', '心')]), find([note('exact', 'pulse')]), find([note('exact', 'puls')]),
        find([note('contains', 'heart')]), find([note('contains', '0% h')]), find([note('contains', 't_b')]), find([note('contains', '!')]), find([note('starts', 'pulse', 'heart')])]),
      ['o1 of 1', 'o3 of 1', 'o3 of 1', ' of 0', 'o1 o2 of 2', 'o2 of 1', 'o2 of 1', 'o2 of 1', 'o1 o3 of 2'])
    })

    t.test('by date → as ranges with open ends', async (t) => {
      t.strictSame(await Promise.all([find([date(hour(1), hour(3), 'within')]), find([date(hour(2), hour(3), 'within')]), find([date(hour(2), hour(3), 'overlaps')]),
        find([date(hour(6), null, 'overlaps')]), find([date(null, hour(0), 'overlaps')]), find([date(null, null, 'within')])]),
      ['o1 o2 of 2', 'o2 of 1', 'o1 o2 of 2', 'o3 of 1', 'o5 of 1', 'o1 o2 o3 o5 of 4'])
    })

    t.test('by date → in the orders of beginnings and of ends, whichever bound is there', async (t) => {
      t.strictSame(await Promise.all([find([date(hour(2), null, 'within')]), find([date(null, hour(2), 'within')]), find([date(hour(2), hour(4), 'overlaps')]), find([date(null, hour(2), 'overlaps')])]),
        ['o2 o3 of 2', 'o1 o5 of 2', 'o1 o2 of 2', 'o1 o5 of 2'])
    })

    t.test('by quantity → within its bounds, open or closed, in any unit or one', async (t) => {
      const quantity = (number: number, unit: string, system: string | null = null): SearchValue => ({ param: 'value', value: unit, system, from: null, to: null, number })
      await inTransaction(({ records }) => records.save([['q1', 5.4, 'mmol/L'], ['q2', 97.25, 'mg/dL'], ['q3', -2, 'mmol/L']].map(([id, number, unit]) =>
        aRecord(String(id), { type: 'Media', searchValues: [quantity(Number(number), String(unit), 'urn:units')] }))))
      const measured = (from: number | null, to: number | null, more: object = {}): Promise<string> => find([{ kind: 'quantity', param: 'value', values: [{ from, to, isOpenFrom: false, isOpenTo: false, system: undefined, unit: null, ...more }] }], { type: 'Media', sort: [{ param: 'value', descending: false }] })
      t.strictSame(await Promise.all([measured(5.4, 97.25), measured(5.4, 97.25, { isOpenFrom: true }), measured(null, 5.4, { isOpenTo: true }), measured(-10, 100, { unit: 'mmol/L' }), measured(0, null, { system: null }), measured(0, null, { system: 'urn:units' })]),
        ['q1 q2 of 2', 'q2 of 1', 'q3 of 1', 'q3 q1 of 2', ' of 0', 'q1 q2 of 2'])
      t.equal(await find([{ kind: 'quantity', param: 'value', not: true, values: [{ from: 5, to: 6, isOpenFrom: false, isOpenTo: false, system: undefined, unit: null }] }], { type: 'Media' }), 'q2 q3 of 2')
    })

    t.test('everything filed under some patients → the patients first, within hospital, types and time', async (t) => {
      await inTransaction(({ records }) => records.save([aRecord('p3', { type: 'Patient', patientId: 'p3' }), aRecord('c3', { type: 'Condition', patientId: 'p3', lastUpdated: new Date(hour(20)) })]))
      const filed = async (given: Partial<CompartmentSearch> = {}): Promise<string> => {
        const { records, total } = await inTransaction(({ records }) => records.compartment({ types: ['Condition', 'Observation', 'Patient'], patientIds: ['p2', 'p3'], hospitalId: null, since: null, limit: 10, offset: 0, ...given }))
        return `${records.map(({ id }) => id).join(' ')} of ${total}`
      }
      t.strictSame(await Promise.all([filed(), filed({ hospitalId: 'east' }), filed({ types: ['Observation'] }), filed({ since: hour(20) }), filed({ limit: 2, offset: 1 }), filed({ patientIds: [] }), filed({ limit: 0 })]),
        ['p3 c3 o2 o3 o5 of 5', 'p3 c3 o3 o5 of 4', 'o2 o3 o5 of 3', 'c3 of 1', 'c3 o2 of 5', ' of 0', ' of 5'])
    })

    t.test('by reference, id, time of change and absence', async (t) => {
      t.strictSame(await Promise.all([find([{ kind: 'reference', param: 'subject', values: ['Patient/p3', 'Patient/p4'] }]), find([{ kind: 'id', values: ['o4', 'o1', 'x1'] }]),
        find([{ kind: 'lastUpdated', from: hour(20), to: hour(20) }]), find([{ kind: 'missing', param: 'date', missing: true }]), find([{ kind: 'missing', param: 'code', missing: false }])]),
      ['o3 of 1', 'o1 o4 of 2', 'o4 of 1', 'o4 of 1', 'o1 o2 o3 of 3'])
    })

    t.test('of some patients or one hospital → shows no other', async (t) => {
      t.strictSame(await Promise.all([find([], { patientIds: ['p1', 'p3'] }), find([], { patientIds: [] }), find([], { hospitalId: 'west' }), find([code(undefined, '8867-4')], { patientIds: ['p2'], hospitalId: 'east' })]),
        ['o1 o3 o5 of 3', ' of 0', 'o2 of 1', ' of 0'])
    })

    t.test('sorted and paged → shows each record once, those without the value last', async (t) => {
      const by = (param: string, descending: boolean): Pick<RecordSearch, 'sort'> => ({ sort: [{ param, descending }] })
      t.strictSame(await Promise.all([find([], by('date', false)), find([], by('date', true)), find([], by('_lastUpdated', true)), find([], { ...by('code', false), limit: 2, offset: 1 }), find([], { limit: 0 })]),
        ['o5 o1 o2 o3 o4 of 5', 'o3 o2 o1 o5 o4 of 5', 'o4 o5 o1 o2 o3 of 5', 'o2 o3 of 5', ' of 5'])
    })
  })
}
