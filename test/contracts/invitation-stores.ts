import type { Test } from 'tap'
import type { Stores } from '../../adapters/store/index.ts'
import type { Complaint, Evaluation, Invitation, PartyFilter, Stars, Tip } from '../../core/invitations/index.ts'
import { fen } from '../../core/money.ts'
import { anInvitation, monday } from '../fixtures/invitations.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const later = (minutes: number): Date => new Date(monday.getTime() + minutes * 60_000)
const all: PartyFilter = { payerPatientIds: null, payerHospitalId: null, doctorId: null, hospitalId: null, partyHospitalId: null }
const page = { limit: 10, offset: 0 }
const west = { kind: 'organization', organizationId: 'west' } as const
const common = { invitationId: 'i1', hospitalId: 'east', doctorId: 'doctor', payer: west }

const anEvaluation = (given: Partial<Evaluation> = {}): Evaluation => ({ id: 'e1', ...common, stars: 4, words: '细致', hiddenBy: null, hiddenFor: null, at: monday, ...given })
const aTip = (given: Partial<Tip> = {}): Tip => ({ id: 't1', ...common, payee: 'hospital:east', amountFen: fen(100), state: 'open', createdAt: monday, paidAt: null, dueAt: later(30), ...given })
const aComplaint = (given: Partial<Complaint> = {}): Complaint => ({
  id: 'c1', ...common, words: '迟到', state: 'upheld', by: 'west', openedAt: monday, takenBy: 'support', findings: 'so it was', decidedBy: 'reviewer', decidedAt: later(5), reason: 'late',
  appeal: { words: 'closed', at: later(6), decision: 'kept', decidedBy: 'reviewer2', decidedAt: later(7), reason: 'open' }, ...given
})

export function invitationStoresContract (t: Test, open: OpenStore): void {
  const told = async (t: Test) => {
    const store = await open(t)
    const saving = (...invitations: readonly Invitation[]) => store.inTransaction(async (stores) => { for (const one of invitations) await stores.invitations.save(one) })
    return { store, saving, reading: <Found>(work: (stores: Stores) => Promise<Found>) => store.inReading(work) }
  }

  t.test('an invitation → is found as it was saved, with its steps in order', async (t) => {
    const { store, saving, reading } = await told(t)
    const full = anInvitation({ state: 'contested', paidAt: later(1), acceptedAt: later(2), performedAt: later(3), endedAt: null, reason: 'nobody came', asks: 2, dueAt: later(9), dueFor: 'confirm', needsApproval: true, payee: 'home_hospital' })
    await saving(anInvitation(), full)
    t.strictSame(await reading(({ invitations }) => invitations.find('invitation')), full)
    t.strictSame(await store.inTransaction(({ invitations }) => invitations.findForChange('invitation')), full)
    t.equal(await reading(({ invitations }) => invitations.find('none')), null)
    const event = (what: string) => ({ invitationId: 'invitation', what, from: 'draft' as const, to: 'paid' as const, reason: null, by: 'anna', at: monday })
    await store.inTransaction(async ({ invitations }) => { for (const what of ['pay', 'offer']) await invitations.addEvent(event(what)) })
    t.strictSame(await reading(({ invitations }) => invitations.events('invitation')), [event('pay'), event('offer')])
  })

  t.test('one slot → has one invitation that was offered; those before and after that are not in the way', async (t) => {
    const { saving, reading } = await told(t)
    await saving(anInvitation({ id: 'draft' }), anInvitation({ id: 'declined', state: 'declined' }), anInvitation({ id: 'first', state: 'offered' }), anInvitation({ id: 'elsewhere', slotId: 'other', state: 'accepted' }))
    t.strictSame(refusals(await Promise.allSettled([saving(anInvitation({ id: 'second', state: 'accepted' }))])), ['STORE_WRITE_CONFLICT'])
    t.equal((await reading(({ invitations }) => invitations.seatedIn('slot')))?.id, 'first')
    t.equal(await reading(({ invitations }) => invitations.seatedIn('free')), null)
  })

  t.test('lists → are those of a payer, a doctor, or a hospital whatever it is to them, the newest first [M12]', async (t) => {
    const { saving, reading } = await told(t)
    await saving(
      anInvitation({ id: 'annas', slotId: null }), anInvitation({ id: 'wests', slotId: null, payer: west, createdAt: later(1) }),
      anInvitation({ id: 'other', slotId: null, doctorId: 'other', hospitalId: 'west', payer: { kind: 'person', patientId: 'berta' }, createdAt: later(2), kind: 'consult', state: 'settled', paidAt: later(2) }))
    const ids = async (filter: Partial<PartyFilter & { readonly kind: 'consult', readonly state: 'settled', readonly hidesUnpaid: boolean }>) => (await reading(({ invitations }) => invitations.list({ ...all, kind: null, state: null, hidesUnpaid: false, ...filter }, page))).map(({ id }) => id)
    t.strictSame(await ids({}), ['other', 'wests', 'annas'])
    t.strictSame(await ids({ payerPatientIds: ['anna-east', 'berta'] }), ['other', 'annas'])
    t.strictSame(await ids({ payerPatientIds: [] }), [])
    t.strictSame(await ids({ payerHospitalId: 'west' }), ['wests'])
    t.strictSame(await ids({ doctorId: 'doctor' }), ['wests', 'annas'])
    t.strictSame(await ids({ hospitalId: 'east' }), ['wests', 'annas'])
    t.strictSame(await ids({ partyHospitalId: 'west' }), ['other', 'wests'])
    t.strictSame(await ids({ kind: 'consult', state: 'settled' }), ['other'])
    t.strictSame(await ids({ doctorId: 'doctor', hidesUnpaid: true }), [], 'what is not paid is the payer\'s only')
    t.strictSame(await ids({ partyHospitalId: 'west', hidesUnpaid: true }), ['other', 'wests'])
  })

  t.test('what is due → is found in time, the earliest first', async (t) => {
    const { store, saving, reading } = await told(t)
    await saving(anInvitation({ id: 'late', dueAt: later(2), dueFor: 'pay' }), anInvitation({ id: 'soon', dueAt: later(1), dueFor: 'pay' }), anInvitation({ id: 'never' }))
    await store.inTransaction(({ tips }) => tips.save(aTip()))
    t.strictSame((await reading(({ invitations }) => invitations.due(later(2), 10))).map(({ id }) => id), ['soon', 'late'])
    t.strictSame(await reading(async ({ invitations, tips }) => [await invitations.nextDue(), await tips.nextDue()]), [later(1), later(30)])
    t.strictSame((await reading(({ tips }) => tips.due(later(30), 10))).map(({ id }) => id), ['t1'])
  })

  t.test('evaluations, tips and complaints → are found as they were saved, one of an invitation [M11 M14]', async (t) => {
    const { store, reading } = await told(t)
    const hidden = anEvaluation({ hiddenBy: 'support', hiddenFor: 'a name' })
    const paid = aTip({ state: 'paid', paidAt: later(3), dueAt: null })
    await store.inTransaction(async ({ evaluations, tips, complaints }) => {
      for (const one of [anEvaluation(), hidden]) await evaluations.save(one)
      for (const one of [aTip(), paid, aTip({ id: 't0', state: 'expired', dueAt: null })]) await tips.save(one)
      for (const one of [aComplaint({ appeal: null }), aComplaint()]) await complaints.save(one)
    })
    t.strictSame(await reading(({ evaluations }) => evaluations.ofInvitation('i1')), hidden)
    t.strictSame(await reading(({ tips }) => tips.standingOf('i1')), paid)
    t.strictSame(await reading(({ complaints }) => complaints.ofInvitation('i1')), aComplaint())
    t.strictSame(await reading(({ complaints }) => complaints.list({ ...all, state: 'upheld' }, page)), [aComplaint()])
    t.strictSame(await reading(({ evaluations }) => evaluations.list({ ...all, payerHospitalId: 'west' }, page)), [hidden])
    t.strictSame((await reading(({ tips }) => tips.list({ ...all, doctorId: 'doctor' }, page))).map(({ id }) => id).sort(), ['t0', 't1'])
    const second = [({ evaluations }: Stores) => evaluations.save(anEvaluation({ id: 'e2' })), ({ tips }: Stores) => tips.save(aTip({ id: 't2' })), ({ complaints }: Stores) => complaints.save(aComplaint({ id: 'c2' }))]
    for (const work of second) t.strictSame(refusals(await Promise.allSettled([store.inTransaction(work)])), ['STORE_WRITE_CONFLICT'])
  })

  t.test('levels → are kept with their changes, and counted from what happened [M13]', async (t) => {
    const { store, saving, reading } = await told(t)
    const stars: Stars = { doctorId: 'doctor', level: 2, parts: [{ kind: 'base', change: 2, invitations: 5 }], changesAt: later(9), at: monday }
    const change = { doctorId: 'doctor', before: null, level: 2, parts: stars.parts, cause: 'evaluated', at: monday }
    await saving(anInvitation({ id: 'a', slotId: null, paidAt: monday, state: 'declined' }), anInvitation({ id: 'b', slotId: null, paidAt: monday, acceptedAt: monday, state: 'settled' }), anInvitation({ id: 'c', slotId: null }))
    await store.inTransaction(async ({ stars: levels, evaluations, complaints }) => {
      await levels.lock('doctor')
      await levels.save(stars)
      await levels.addChange(change)
      await levels.addChange({ ...change, before: 2, level: 1, cause: 'complaint_upheld' })
      await evaluations.save(anEvaluation())
      await evaluations.save(anEvaluation({ id: 'e2', invitationId: 'i2', stars: 5 }))
      await complaints.save(aComplaint())
      await complaints.save(aComplaint({ id: 'c2', invitationId: 'i2', state: 'overturned' }))
    })
    t.strictSame(await reading(({ stars: levels }) => levels.find('doctor')), stars)
    t.strictSame((await reading(({ stars: levels }) => levels.changes('doctor', page))).map(({ before, level }) => [before, level]), [[2, 1], [null, 2]])
    const tally = { ratings: 2, ratingSum: 9, upheldAt: [later(5)] }
    t.strictSame(await reading(({ stars: levels }) => levels.tally('doctor', { acceptedOnly: false })), { invitations: 2, ...tally })
    t.strictSame(await reading(({ stars: levels }) => levels.tally('doctor', { acceptedOnly: true })), { invitations: 1, ...tally })
    t.strictSame(await reading(({ stars: levels }) => levels.tally('nobody', { acceptedOnly: false })), { invitations: 0, ratings: 0, ratingSum: 0, upheldAt: [] })
    t.strictSame([...await reading(({ stars: levels }) => levels.shown(['doctor', 'nobody']))], [['doctor', { ratings: 2, ratingSum: 9, level: 2, received: 2, refused: 1 }]])
    t.strictSame(await reading(({ stars: levels }) => levels.shown([])), new Map())
    t.strictSame(await reading(async ({ stars: levels }) => [await levels.due(later(9), 10), await levels.nextDue(), await levels.doctors('', 10), await levels.doctors('doctor', 10)]), [['doctor'], later(9), ['doctor'], []])
  })
}
