import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { linkSlot, mergeRecord, saveChanges, type RecordChange, type RecordVersion, type Resource } from '../../../core/records/index.ts'
import { freshStore } from '../../fixtures/store.ts'

const at = new Date('2027-03-01T10:00:00Z')
const minute = (number: number): Date => new Date(Date.UTC(2027, 2, 1, 0, number))

function says (elements: Readonly<Record<string, unknown>>, said: Partial<Omit<RecordChange, 'resource'>> & { readonly type?: string } = {}): RecordChange {
  const { type = 'Patient', ...rest } = said
  return {
    resource: { resourceType: type, id: 'p1', ...elements },
    removed: [],
    weak: false,
    asOf: minute(0),
    hospitalId: 'east',
    patientId: 'p1',
    source: 'm1',
    mappingVersion: 'v1',
    ...rest
  }
}

function merged (...changes: readonly RecordChange[]): RecordVersion {
  const record = changes.reduce<RecordVersion | null>((current, change) => mergeRecord(current, change, at).record, null)
  assert(record !== null)
  return record
}

/** What the record says, without the marks of its version. */
function content (record: RecordVersion): Resource {
  return Object.fromEntries(Object.entries(record.resource).filter(([name]) => name !== 'meta')) as Resource
}

const standsAs = (...changes: readonly RecordChange[]): Resource => content(merged(...changes))

t.test('a record', async (t) => {
  t.test('said first → carries its version, its time and where it came from', async (t) => {
    t.strictSame(merged(says({ gender: 'male', meta: { tag: [{ code: 'x' }] } })), {
      type: 'Patient',
      id: 'p1',
      version: 1,
      lastUpdated: at,
      resource: { resourceType: 'Patient', id: 'p1', meta: { tag: [{ code: 'x' }], versionId: '1', lastUpdated: '2027-03-01T10:00:00.000Z', source: '#m1' }, gender: 'male' },
      elementTimes: { gender: minute(0).getTime(), meta: minute(0).getTime(), '.patient': minute(0).getTime() },
      hospitalId: 'east',
      patientId: 'p1',
      source: 'm1',
      mappingVersion: 'v1'
    })
  })

  t.test('of which a message tells some elements → keeps the others', async (t) => {
    t.strictSame(standsAs(says({ gender: 'male', birthDate: '1990-01-02' }), says({ gender: 'female' }, { asOf: minute(1) })),
      { resourceType: 'Patient', id: 'p1', gender: 'female', birthDate: '1990-01-02' })
  })

  t.test('that a stale message reaches → keeps the newer state, deleted elements too', async (t) => {
    const newer = [says({ gender: 'male', name: [{ text: 'New' }] }, { asOf: minute(5) }), says({}, { asOf: minute(6), removed: ['telecom'] })]
    const stale = says({ gender: 'female', name: [{ text: 'Old' }], telecom: [{ value: '1' }], maritalStatus: { text: 'single' } }, { asOf: minute(1) })
    t.strictSame(standsAs(...newer, stale), { resourceType: 'Patient', id: 'p1', gender: 'male', name: [{ text: 'New' }], maritalStatus: { text: 'single' } })
    t.ok(mergeRecord(merged(...newer), stale, at).isOverruled)
  })

  t.test('told the same again → has no new version, but a later time that an older message cannot pass', async (t) => {
    const first = merged(says({ gender: 'male' }))
    t.strictSame(mergeRecord(first, says({ gender: 'male' }), at), { record: first, outcome: 'unchanged', isOverruled: false })
    const confirmed = mergeRecord(first, says({ gender: 'male' }, { asOf: minute(9) }), at)
    t.strictSame(confirmed, { record: { ...first, elementTimes: { gender: minute(9).getTime(), '.patient': minute(9).getTime() } }, outcome: 'confirmed', isOverruled: false })
    t.equal(mergeRecord(confirmed.record, says({ gender: 'female' }, { asOf: minute(5) }), at).outcome, 'unchanged')
  })

  t.test('named in passing → is filled only where nothing was said', async (t) => {
    const passing = says({ status: 'unknown', class: { code: 'AMB' } }, { type: 'Encounter', weak: true, asOf: minute(9) })
    t.strictSame(standsAs(says({ status: 'arrived' }, { type: 'Encounter' }), passing), { resourceType: 'Encounter', id: 'p1', status: 'arrived', class: { code: 'AMB' } })
    t.notOk(mergeRecord(merged(says({ status: 'arrived' }, { type: 'Encounter' })), passing, at).isOverruled)
    t.strictSame(standsAs(passing, says({ status: 'arrived' }, { type: 'Encounter' })), { resourceType: 'Encounter', id: 'p1', status: 'arrived', class: { code: 'AMB' } })
  })

  t.test('of no patient, named in passing again and again → is not written again', async (t) => {
    const doctor = merged(says({ gender: 'male' }, { type: 'Practitioner', weak: true, patientId: null }))
    t.equal(mergeRecord(doctor, says({ gender: 'male' }, { type: 'Practitioner', weak: true, patientId: null, asOf: minute(9) }), at).outcome, 'unchanged')
  })

  t.test('entered in error → stays so, whatever comes later', async (t) => {
    const charge = says({ status: 'billable', extension: [{ url: 'kind', valueCode: 'charge' }] }, { type: 'ChargeItem', asOf: minute(9) })
    const credit = says({ status: 'entered-in-error', extension: [{ url: 'credited', valueString: 'T2' }] }, { type: 'ChargeItem', asOf: minute(1) })
    const both = { resourceType: 'ChargeItem', id: 'p1', status: 'entered-in-error', extension: [{ url: 'credited', valueString: 'T2' }, { url: 'kind', valueCode: 'charge' }] }
    t.strictSame(standsAs(charge, credit), both)
    t.strictSame(standsAs(credit, charge), both)
  })

  t.test('with another type of a choice → has one value only', async (t) => {
    t.strictSame(standsAs(says({ valueString: 'high' }, { type: 'Observation' }), says({ valueQuantity: { value: 7 } }, { type: 'Observation', asOf: minute(1) })),
      { resourceType: 'Observation', id: 'p1', valueQuantity: { value: 7 } })
    t.strictSame(standsAs(says({ deceasedBoolean: true, _birthDate: { extension: [{ url: 'why' }] } }), says({ birthDate: '1990-01-02' }, { asOf: minute(1), removed: ['deceasedBoolean'] })),
      { resourceType: 'Patient', id: 'p1', birthDate: '1990-01-02' })
  })

  t.test('merged twice and unmerged once → keeps the other link, and an old merge does not come back', async (t) => {
    const link = (id: string): unknown => ({ type: 'replaced-by', other: { reference: `Patient/${id}` } })
    const merges = [says({ link: [link('b')] }, { asOf: minute(1) }), says({ link: [link('c')] }, { asOf: minute(2) })]
    const unmerge = says({}, { asOf: minute(3), removed: [linkSlot('replaced-by', 'b')] })
    t.strictSame(standsAs(...merges)['link'], [link('b'), link('c')])
    t.strictSame(standsAs(...merges, unmerge, ...merges)['link'], [link('c')])
  })
})

const value = fc.oneof(fc.constantFrom('a', 'b', 'ab'), fc.constantFrom({ text: 'x' }, { text: 'y' }), fc.array(fc.constantFrom(1, 2), { maxLength: 2 }))
const elements = fc.dictionary(fc.constantFrom('gender', 'birthDate', '_birthDate', 'name', 'deceasedBoolean', 'deceasedDateTime'), value, { maxKeys: 4, noNullPrototype: true })
const extension = fc.uniqueArray(fc.constantFrom({ url: 'u1', valueCode: 'a' }, { url: 'u1', valueCode: 'b' }, { url: 'u2', valueCode: 'a' }), { maxLength: 2, selector: ({ url }) => url })
const link = fc.array(fc.constantFrom(['replaced-by', 'b'], ['replaced-by', 'c'], ['replaces', 'b']).map(([type, id]) => ({ type, other: { reference: `Patient/${id}` } })), { maxLength: 1 })
const status = fc.constantFrom({}, {}, { status: 'arrived' }, { status: 'finished' }, { status: 'entered-in-error' })
const change = fc.tuple(elements, extension, link, status, fc.nat(3), fc.boolean(), fc.subarray(['gender', 'name', 'deceasedBoolean', linkSlot('replaced-by', 'b'), 'extension:u1']), fc.constantFrom('p1', 'p2'))
  .map(([plain, extensions, links, state, time, weak, removed, patientId]) => says({
    ...plain, ...state, ...(extensions.length > 0 ? { extension: extensions } : {}), ...(links.length > 0 ? { link: links } : {})
  }, { asOf: minute(time), weak, removed, patientId }))

t.test('changes of a record', async (t) => {
  const sameWhatever = (one: readonly RecordChange[], other: readonly RecordChange[]): void => {
    const [left, right] = [merged(...one), merged(...other)]
    assert.deepStrictEqual(content(left), content(right))
    assert.deepStrictEqual(left.elementTimes, right.elementTimes)
    assert.deepStrictEqual(left.patientId, right.patientId)
  }

  t.test('in any order, some of them twice → make the same record', async (t) => {
    const histories = fc.array(change, { minLength: 1, maxLength: 7 }).chain((changes) => fc.tuple(
      fc.constant(changes),
      fc.array(fc.nat(changes.length - 1), { maxLength: 4 }).chain((again) => {
        const all = [...changes, ...again.map((place) => changes[place] as RecordChange)]
        return fc.shuffledSubarray(all, { minLength: all.length })
      })
    ))
    t.doesNotThrow(() => { fc.assert(fc.property(histories, ([changes, shuffled]) => { sameWhatever(changes, shuffled) }), { numRuns: 2000 }) })
  })

  t.test('all said again → leave no trace', async (t) => {
    t.doesNotThrow(() => {
      fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const record = merged(...changes)
        for (const said of changes) assert.deepStrictEqual(mergeRecord(record, said, at).record, record)
      }), { numRuns: 500 })
    })
  })
})

t.test('changes that are saved', async (t) => {
  const store = await freshStore(t)
  const save = (...changes: readonly RecordChange[]): Promise<unknown> => store.inTransaction(async ({ records }) => {
    const saved = await saveChanges({ records, searchValuesOf: () => [], stableId: (...parts) => parts.join('-'), hashOf: () => 'aGFzaA==' }, changes, at)
    return saved.map(({ record, outcome, before }) => [`${record.type}/${record.id}`, outcome, before?.version ?? 0, record.version])
  })

  t.test('several of one record in one message → make one version', async (t) => {
    t.strictSame(await save(says({ gender: 'male' }), says({ gender: 'female' }, { asOf: minute(1) }), says({ status: 'arrived' }, { type: 'Encounter' })),
      [['Patient/p1', 'changed', 0, 1], ['Encounter/p1', 'changed', 0, 1]])
    t.strictSame(await save(says({ gender: 'other' }, { asOf: minute(2) }), says({ gender: 'male' }, { asOf: minute(3) })), [['Patient/p1', 'changed', 1, 2]])
    t.equal((await store.inReading(({ records }) => records.history({ type: 'Patient', id: 'p1' }, { limit: 9, offset: 0 }))).length, 2)
  })

  t.test('said again → write a newer time and no version', async (t) => {
    t.strictSame(await save(says({ gender: 'male' }, { asOf: minute(8) })), [['Patient/p1', 'confirmed', 2, 2]])
    t.strictSame(await save(says({ gender: 'female' }, { asOf: minute(7) })), [['Patient/p1', 'unchanged', 2, 2]])
  })

  t.test('of which the first is new and the second is not → make a version', async (t) => {
    t.strictSame(await save(says({ gender: 'other' }, { asOf: minute(8), removed: ['name'] }), says({ gender: 'other' }, { asOf: minute(9) })), [['Patient/p1', 'changed', 2, 3]])
  })

  t.test('with small data of their own → keep them in place, but a photo, which must go away for good when its person says so', async (t) => {
    t.strictSame(await save(says({ photo: [{ contentType: 'image/png', data: 'AAAA' }] }, { type: 'Practitioner', asOf: minute(9) })), [['Practitioner/p1', 'changed', 0, 1]])
    t.strictSame(await save(says({ photo: [{ contentType: 'image/png', data: 'AAAA' }] }, { asOf: minute(9) })), [['Binary/east-Binary-p1|aGFzaA==', 'changed', 0, 1], ['Patient/p1', 'changed', 3, 4]])
  })
})
