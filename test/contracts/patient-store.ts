import type { Test } from 'tap'
import type { CalendarDate } from '../../core/clock.ts'
import type { Patient, PatientLink } from '../../core/identity/index.ts'
import type { OpenStore } from './store-under-test.ts'

type NewPatient = Omit<Patient, 'sequence'>

const card = { system: 'urn:yiqiao:hospital:east:MR', value: 'MR-1', type: 'MR' }
const health = { system: 'urn:yiqiao:hospital:east:JHN', value: 'H-1', type: null }

function aPatient (id: string, given: Partial<NewPatient> = {}): NewPatient {
  return {
    id,
    hospitalId: 'east',
    personId: id,
    name: '测试甲',
    birthDate: '1980-02-29' as CalendarDate,
    gender: 'female',
    active: true,
    identifiers: [card, health],
    ...given
  }
}

function aLink (id: string, given: Partial<PatientLink> = {}): PatientLink {
  return { id, kind: 'merge', fromId: 'p1', toId: 'p2', because: 'ADT^A40 m1', createdAt: new Date('2026-03-02T01:00:00Z'), endedAt: null, ...given }
}

export function patientStoreContract (t: Test, open: OpenStore): void {
  t.test('a patient → is found by id, person and each identifier, and keeps the sequence of its arrival', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ patients }) => {
      await patients.save(aPatient('p1'))
      const sequence = (await patients.find('p1'))?.sequence ?? 0
      t.strictSame(await patients.find('p1'), { ...aPatient('p1'), sequence })
      await patients.save(aPatient('p2', { name: null, birthDate: null, gender: null, active: false, identifiers: [] }))
      t.strictSame([await patients.byPerson('p1'), await patients.byIdentifier(health)], [[{ ...aPatient('p1'), sequence }], [{ ...aPatient('p1'), sequence }]])
      const moved = aPatient('p1', { identifiers: [card, { ...health, value: 'H-2' }] })
      await patients.save(moved)
      t.strictSame([await patients.byIdentifier(health), await patients.byIdentifier({ ...health, value: 'H-2' }), await patients.byIdentifier(card)],
        [[], [{ ...moved, sequence }], [{ ...moved, sequence }]])
      await patients.save(aPatient('p1', { identifiers: [] }))
      t.strictSame([await patients.byIdentifier(card), await patients.find('nobody')], [[], null])
    })
  })

  t.test('two records with one identifier → are both found, oldest first', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ patients }) => {
      for (const id of ['p9', 'p1']) await patients.save(aPatient(id))
      t.strictSame((await patients.byIdentifier(card)).map(({ id }) => id), ['p9', 'p1'])
      await patients.setPerson(['p9', 'p1'], 'p9')
      t.strictSame((await patients.byPerson('p9')).map(({ id }) => id), ['p9', 'p1'])
      t.strictSame(await patients.byPerson('p1'), [])
    })
  })

  t.test('patients → are listed by arrival, page by page', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ patients }) => {
      for (const [id, hospitalId] of [['p3', 'east'], ['p1', 'west'], ['p2', 'east']] as const) await patients.save(aPatient(id, { hospitalId, identifiers: [] }))
      const first = await patients.list({ hospitalId: null, limit: 2, after: null })
      t.strictSame(first.map(({ id }) => id), ['p3', 'p1'])
      t.strictSame((await patients.list({ hospitalId: null, limit: 2, after: first[1]?.sequence ?? 0 })).map(({ id }) => id), ['p2'])
      t.strictSame((await patients.list({ hospitalId: 'east', limit: 9, after: null })).map(({ id }) => id), ['p3', 'p2'])
    })
  })

  t.test('a link → stands once while it is active, from both ends, and may be made anew after its end', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ patients }) => {
      t.strictSame([await patients.addLink(aLink('l1')), await patients.addLink(aLink('l2')), await patients.addLink(aLink('l3', { kind: 'same_person' })),
        await patients.addLink(aLink('l4', { fromId: 'p2', toId: 'p3' }))], [true, false, true, true])
      t.strictSame((await patients.links(['p1'])), [aLink('l1'), aLink('l3', { kind: 'same_person' })])
      t.strictSame((await patients.links(['p3', 'p9'])).map(({ id }) => id), ['l4'])
      await patients.endLink('l1', new Date('2026-03-03T00:00:00Z'))
      t.strictSame([(await patients.links(['p1'])).map(({ id }) => id), await patients.addLink(aLink('l5')), await patients.links([])], [['l3'], true, []])
    })
  })
}
