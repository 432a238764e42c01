import type { Test } from 'tap'
import { drugOrderStates, prescriptionStates, type Parcel } from '../../core/prescriptions/index.ts'
import { after, aDrugOrder, anItem, aPrescription, aRecordVersion, aSickNote, aSignature, noon } from '../fixtures/pharmacy.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const page = { limit: 10, offset: 0 }
const ids = (found: ReadonlyArray<{ readonly id: string }>): string => found.map(({ id }) => id).join(' ')

export function prescriptionStoresContract (t: Test, open: OpenStore): void {
  t.test('a version of a record → is kept as it was signed, and never written twice or deleted [C11]', async (t) => {
    const { inTransaction, inReading } = await open(t)
    const [first, second] = [aRecordVersion(), aRecordVersion({ version: 2, amendedBecause: '补充', signature: aSignature({ at: after(1) }) })]
    await inTransaction(async ({ consultRecords }) => {
      t.equal(await consultRecords.currentForChange('c1'), null)
      await consultRecords.add(first)
      await consultRecords.add(second)
      await consultRecords.add(aRecordVersion({ id: 'r2', consultationId: 'c2' }))
    })
    await inReading(async ({ consultRecords }) => { t.strictSame(await consultRecords.versions('c1'), [first, second]) })
    await inTransaction(async ({ consultRecords }) => { t.strictSame(await consultRecords.currentForChange('c1'), second) })
    t.strictSame(refusals(await Promise.allSettled([inTransaction(({ consultRecords }) => consultRecords.add(second))])), ['STORE_WRITE_CONFLICT'])
  })

  t.test('a prescription → is what was saved, by each filter; it expires unless an order is under way [C11 C12]', async (t) => {
    const { inTransaction } = await open(t)
    const whole = aPrescription({ state: 'void', endedAt: after(9), reason: '改方', isGuardianPresent: true })
    await inTransaction(async ({ prescriptions, drugOrders }) => {
      await prescriptions.save(aPrescription({ state: 'draft', signature: null, review: null, validUntil: null }))
      await prescriptions.save(whole)
      await prescriptions.save(aPrescription({ id: 'rx2', doctorId: 'd2', patientId: 'p2', hospitalId: 'west', draftedAt: after(1), state: 'signed', review: null }))
      await prescriptions.save(aPrescription({ id: 'rx3', consultationId: 'c2', draftedAt: after(2), validUntil: after(60) }))
      t.strictSame([await prescriptions.find('rx1'), await prescriptions.findForChange('rx1'), await prescriptions.find('rx0')], [whole, whole, null])
      const any = { patientIds: null, hospitalId: null, doctorId: null, consultationId: null, states: null }
      const found = async (filter: object): Promise<string> => ids(await prescriptions.list({ ...any, ...filter }, page))
      t.strictSame([await found({}), await found({ patientIds: ['p1'] }), await found({ patientIds: [] }), await found({ hospitalId: 'west' }), await found({ doctorId: 'd1' }), await found({ consultationId: 'c2' }), await found({ states: ['signed', 'void'] })],
        ['rx3 rx2 rx1', 'rx3 rx1', '', 'rx2', 'rx3 rx1', 'rx3', 'rx2 rx1'])
      t.strictSame([await prescriptions.nextExpiry(), ids(await prescriptions.expiring(after(59), 9)), ids(await prescriptions.expiring(after(60), 9))], [after(60), '', 'rx3'])
      await drugOrders.save(aDrugOrder({ prescriptionId: 'rx3', state: 'paid' }))
      t.strictSame([await prescriptions.nextExpiry(), ids(await prescriptions.expiring(after(60), 9))], [aPrescription().validUntil, ''], 'the order decides')
      await drugOrders.save(aDrugOrder({ prescriptionId: 'rx3', state: 'cancelled' }))
      t.equal(ids(await prescriptions.expiring(after(60), 9)), 'rx3')
      for (const state of prescriptionStates) await prescriptions.save(aPrescription({ id: `of ${state}`, state }))
    })
  })

  t.test('a sick note → is found by its code, and its code stays [C11]', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ sickNotes }) => {
      await sickNotes.save(aSickNote(), 'key1')
      await sickNotes.save(aSickNote({ id: 'n2', patientId: 'p2', consultationId: 'c2', doctorId: 'd2', advice: '休息', signature: aSignature({ at: after(1) }) }), 'key2')
      const voided = aSickNote({ state: 'void', voidedAt: after(5), voidedBecause: '有误' })
      await sickNotes.save(voided, 'key1')
      t.strictSame([await sickNotes.find('n1'), await sickNotes.findForChange('n1'), await sickNotes.byCodeKey('key1'), await sickNotes.byCodeKey('key9')], [voided, voided, voided, null])
      const found = async (filter: object): Promise<string> => ids(await sickNotes.list({ patientIds: null, doctorId: null, consultationId: null, ...filter }, page))
      t.strictSame([await found({}), await found({ patientIds: ['p2'] }), await found({ doctorId: 'd1' }), await found({ consultationId: 'c2' })], ['n2 n1', 'n2', 'n1', 'n2'])
    })
    t.strictSame(refusals(await Promise.allSettled([inTransaction(({ sickNotes }) => sickNotes.save(aSickNote({ id: 'n3' }), 'key2'))])), ['STORE_WRITE_CONFLICT'])
  })

  t.test('a drug order → is what was saved; an item of a prescription is in one live order [C12 C13]', async (t) => {
    const { inTransaction } = await open(t)
    const whole = aDrugOrder({
      state: 'delivered', paymentOrderId: 'pay1', returnAsked: { reason: '已好转', at: after(8) }, reason: 'x', paidAt: after(1), checkedBy: 'ph1', checkedAt: after(2), dispensedBy: 'ph2', dispensedAt: after(3), shippedAt: after(4), deliveredAt: after(5), endedAt: after(9), dueAt: null
    })
    await inTransaction(async ({ drugOrders }) => {
      t.equal(await drugOrders.nextDue(), null)
      await drugOrders.save(aDrugOrder())
      t.strictSame([await drugOrders.nextDue(), ids(await drugOrders.due(after(29), 9)), ids(await drugOrders.due(after(30), 9))], [after(30), '', 'o1'])
      await drugOrders.save(whole)
      await drugOrders.save(aDrugOrder({ id: 'o2', items: [anItem({ number: 2 })], delivery: 'pick_up', sealedAddress: null, createdAt: after(1), dueAt: null, state: 'paid' }))
      await drugOrders.save(aDrugOrder({ id: 'o3', prescriptionId: 'rx2', patientId: 'p2', hospitalId: 'west', createdAt: after(2) }))
      t.strictSame([await drugOrders.find('o1'), await drugOrders.findForChange('o1'), await drugOrders.find('o0')], [whole, whole, null])
      const any = { patientIds: null, hospitalId: null, prescriptionId: null, delivery: null, states: null }
      const found = async (filter: object): Promise<string> => ids(await drugOrders.list({ ...any, ...filter }, page))
      t.strictSame([await found({}), await found({ patientIds: ['p2'] }), await found({ hospitalId: 'east' }), await found({ prescriptionId: 'rx2' }), await found({ delivery: 'mail' }), await found({ states: ['paid'] })], ['o3 o2 o1', 'o3', 'o2 o1', 'o3', 'o3 o1', 'o2'])
      t.equal(ids(await drugOrders.liveOf('rx1')), 'o1 o2')
    })
    t.strictSame(refusals(await Promise.allSettled([inTransaction(({ drugOrders }) => drugOrders.save(aDrugOrder({ id: 'o4' })))])), ['STORE_WRITE_CONFLICT'])
    await inTransaction(async ({ drugOrders }) => {
      await drugOrders.save(aDrugOrder({ state: 'returned' }))
      await drugOrders.save(aDrugOrder({ id: 'o4' }))
      t.equal(ids(await drugOrders.liveOf('rx1')), 'o4 o2', 'what was given up is free again')
      for (const state of drugOrderStates) await drugOrders.save(aDrugOrder({ id: `of ${state}`, prescriptionId: state, state }))
    })
  })

  t.test('a parcel → hears of each event once, and is asked for in its time [C13]', async (t) => {
    const { inTransaction } = await open(t)
    const parcel: Parcel = { drugOrderId: 'o1', number: 'YQO1', trackingNumber: null, state: 'requested', requestedAt: noon, nextTrackAt: null }
    const event = { id: 'e1', kind: 'picked_up' as const, at: after(5), place: '网点' }
    await inTransaction(async ({ parcels }) => {
      await parcels.save(parcel)
      t.equal(await parcels.nextTrackAt(), null)
      const under = { ...parcel, trackingNumber: 'SF1', state: 'accepted' as const, nextTrackAt: after(240) }
      await parcels.save(under)
      t.strictSame([await parcels.find('o1'), await parcels.byNumber('YQO1'), await parcels.find('o2'), await parcels.byNumber('x')], [under, under, null, null])
      t.strictSame([await parcels.nextTrackAt(), await parcels.toTrack(after(239), 9), await parcels.toTrack(after(240), 9)], [after(240), [], [under]])
      t.strictSame([await parcels.addEvent('o1', event), await parcels.addEvent('o1', { ...event, kind: 'lost' }), await parcels.addEvent('o1', { id: 'e0', kind: 'accepted', at: after(4), place: null })], [true, false, true])
      t.strictSame(await parcels.events('o1'), [{ id: 'e0', kind: 'accepted', at: after(4), place: null }, event])
    })
  })
}
