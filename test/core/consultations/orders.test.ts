import t from 'tap'
import { acceptConsultation, alertLateReviews, askAfterSales, assignConsultation, cancelConsultation, declineConsultation, finishConsultation, hearAnswer, nextLateReview, settleAfterSales, switchCandidates } from '../../../core/consultations/index.ts'
import { say } from '../../../core/dialogue/index.ts'
import { consultationThread } from '../../../core/consultations/hear-message.ts'
import { aClinic, minutes, opensAt, type Clinic } from './a-clinic.ts'

const hours = (count: number): Date => minutes(count * 60)
const accept = ({ within }: Clinic, id: string, doctorId: string, at = opensAt) => within((stores, tools) => acceptConsultation(stores, tools, { id, doctorId }, at))
const decline = ({ within }: Clinic, id: string, doctorId: string, at = opensAt) => within((stores, tools) => declineConsultation(stores, tools, { id, doctorId }, at))
const finish = ({ within }: Clinic, id: string, doctorId: string, at = opensAt) => within((stores, tools) => finishConsultation(stores, tools, { id, doctorId }, at))

t.test('an order of nobody in particular', async (t) => {
  t.test('goes to who is on duty with the fewest orders, and to the next when one does not answer [C5]', async (t) => {
    const clinic = await aClinic(t)
    for (const id of ['d1', 'd2']) await clinic.doctor(id)
    const first = await clinic.make()
    t.strictSame([first.priceFen, first.feePermille, first.state], [2_500, 100, 'created'])
    await clinic.pay(first)
    const second = await clinic.make()
    await clinic.pay(second)
    t.strictSame([(await clinic.find(first.id)).doctorId, (await clinic.find(second.id)).doctorId], ['d1', 'd2'])
    t.strictSame([first.number, second.number], ['CR-20270301-0001', 'CR-20270301-0002'])
    await clinic.until(minutes(5))
    const moved = await clinic.find(first.id)
    t.strictSame([moved.state, moved.doctorId, moved.declinedBy], ['assigned', 'd2', ['d1']])
  })

  t.test('never goes to a doctor whom the directory calls inactive, or whose shift the hospital does not count [C5]', async (t) => {
    const clinic = await aClinic(t, { hospitals: new Map([['east', { acceptedBy: {}, onDutyPrices: [{ kind: 'consultation', mode: 'text', priceFen: 0 }], onDutyDepartments: ['全科'], onDutyServiceTypes: [], payee: 'doctor' }]]) })
    await clinic.doctor('a', { isActive: false, department: '全科' })
    await clinic.doctor('b', { department: '外科' })
    await clinic.doctor('c', { isOnDuty: false, department: '全科' })
    const order = await clinic.make()
    t.strictSame([order.state, order.dueFor], ['paid', 'find_doctor'], 'free of charge, so it looks for a doctor at once')
    await clinic.until(minutes(10))
    t.equal((await clinic.find(order.id)).state, 'paid')
    await clinic.doctor('d', { department: '全科' })
    await clinic.until(minutes(11))
    t.equal((await clinic.find(order.id)).doctorId, 'd', 'somebody came on duty')
  })

  t.test('while nobody is on duty → is refunded after half an hour, in full [C4 C5]', async (t) => {
    const clinic = await aClinic(t)
    const order = await clinic.make()
    await clinic.pay(order)
    await clinic.until(minutes(29))
    t.equal((await clinic.find(order.id)).state, 'paid')
    await clinic.until(minutes(30))
    const { state, endReason } = await clinic.find(order.id)
    t.strictSame([state, endReason], ['refunded', 'no_doctor'])
    t.strictSame(await clinic.balances(), { 'CLEAR:wechat': 2_500, REFUND_PAYABLE: -2_500 })
    t.strictSame(await clinic.notices(), ['consultation_refunded'])
  })

  t.test('that is not paid → is cancelled, and money that comes later goes back by itself [C4]', async (t) => {
    const clinic = await aClinic(t)
    await clinic.doctor('d1')
    const order = await clinic.make()
    await clinic.until(minutes(30))
    t.strictSame([(await clinic.find(order.id)).state, (await clinic.find(order.id)).endReason], ['cancelled', 'unpaid'])
    await clinic.pay(order, minutes(31))
    t.equal((await clinic.find(order.id)).state, 'cancelled')
    t.strictSame(await clinic.balances(), { 'CLEAR:wechat': 2_500, REFUND_PAYABLE: -2_500 })
  })

  t.test('given by the desk to another doctor → is that one\'s [C5]', async (t) => {
    const clinic = await aClinic(t)
    for (const id of ['d1', 'd2']) await clinic.doctor(id)
    const order = await clinic.make({ kind: 'inquiry' })
    t.equal(order.doctorId, 'd1')
    const given = await clinic.within((stores, tools) => assignConsultation(stores, tools, { id: order.id, doctorId: 'd2' }, opensAt))
    t.strictSame([given.state, given.doctorId], ['assigned', 'd2'])
    await t.rejects(clinic.within((stores, tools) => assignConsultation(stores, tools, { id: order.id, doctorId: 'nobody' }, opensAt)), { code: 'DOCTOR_NOT_FOUND' })
  })
})

t.test('an order of a named doctor', async (t) => {
  t.test('is nobody else\'s to take; declined, the money goes back [C5 C9]', async (t) => {
    const clinic = await aClinic(t)
    for (const id of ['d1', 'd2']) await clinic.doctor(id)
    const order = await clinic.make({ doctorId: 'd2' })
    t.equal(order.priceFen, 5_000)
    await clinic.pay(order)
    await t.rejects(accept(clinic, order.id, 'd1'), { code: 'CONSULTATION_NOT_FOUND' })
    const declined = await decline(clinic, order.id, 'd2')
    t.strictSame([declined.state, declined.endReason], ['refunded', 'declined'])
    t.equal((await clinic.balances())['REFUND_PAYABLE'], -5_000)
  })

  t.test('where the deployment has it so → goes to who is on duty instead', async (t) => {
    const clinic = await aClinic(t, { namedDeclined: 'reassign' })
    for (const id of ['d1', 'd2']) await clinic.doctor(id)
    const order = await clinic.make({ doctorId: 'd2' })
    await clinic.pay(order)
    const { state, doctorId, priceFen } = await decline(clinic, order.id, 'd2')
    t.strictSame([state, doctorId, priceFen], ['assigned', 'd1', 5_000])
  })

  t.test('who does not answer → is refunded, in writing after a day; of a doctor without a price none is made', async (t) => {
    const clinic = await aClinic(t)
    await clinic.doctor('d1')
    await clinic.doctor('d2', { feeFen: null })
    const order = await clinic.make({ doctorId: 'd1' })
    await clinic.pay(order)
    await clinic.until(hours(23.9))
    t.equal((await clinic.find(order.id)).state, 'assigned')
    await clinic.until(hours(24))
    t.equal((await clinic.find(order.id)).endReason, 'not_accepted')
    await t.rejects(clinic.make({ doctorId: 'd2' }), { code: 'CONSULTATION_NOT_OFFERED' })
    await t.rejects(clinic.make({ mode: 'video' }), { code: 'CONSULTATION_NOT_OFFERED' })
  })

  t.test('switched → the difference goes back at once, and the new one is asked; the dialogue goes with it [C9]', async (t) => {
    const clinic = await aClinic(t)
    await clinic.doctor('d1', { feeFen: 5_000 })
    await clinic.doctor('d2', { feeFen: 3_000 })
    await clinic.doctor('d3', { feeFen: 9_000 })
    await clinic.doctor('d4', { feeFen: 5_000, isActive: false })
    await clinic.doctor('d5', { feeFen: 5_000 })
    const order = await clinic.make({ doctorId: 'd1' })
    await clinic.pay(order)
    await accept(clinic, order.id, 'd1')
    const candidates = await clinic.within(async (stores, { settings }) => switchCandidates(stores, settings, await clinic.find(order.id), opensAt))
    t.strictSame(candidates.map(({ doctor: { id }, priceFen }) => [id, priceFen]), [['d5', 5_000], ['d2', 3_000]])
    const ask = (doctorId: string) => clinic.within((stores, tools) => askAfterSales(stores, tools, { consultationId: order.id, type: 'switch_doctor', reason: null, doctorId, by: 'p1' }, opensAt))
    await t.rejects(ask('d3'), { code: 'CONSULTATION_DOCTOR_DEARER' })
    t.strictSame([(await ask('d2')).state, (await clinic.find(order.id)).priceFen], ['done', 3_000])
    t.strictSame((await clinic.balances())['REFUND_PAYABLE'], -2_000)
    t.strictSame((await clinic.store.inReading(({ threads }) => threads.find(order.id)))?.parties, [{ kind: 'patient', id: 'p1' }])
    await accept(clinic, order.id, 'd2')
    t.strictSame((await clinic.store.inReading(({ threads }) => threads.find(order.id)))?.parties, [{ kind: 'patient', id: 'p1' }, { kind: 'doctor', id: 'd2' }])
    await finish(clinic, order.id, 'd2')
    await clinic.until(hours(72))
    const earned = Object.entries(await clinic.balances()).filter(([account]) => account !== 'CLEAR:wechat' && account !== 'REFUND_PAYABLE')
    t.strictSame(earned.map(([, amountFen]) => amountFen).sort(), [-300, -2_700].sort(), 'of 30 yuan the platform keeps 10 %')
  })
})

t.test('a dialogue', async (t) => {
  t.test('puts off the end by 48 hours with each message, and tells the other side once until it reads [C8]', async (t) => {
    const clinic = await aClinic(t)
    await clinic.doctor('d1')
    const order = await clinic.make({ kind: 'inquiry' })
    await accept(clinic, order.id, 'd1')
    const speak = (clientId: string, at: Date) => clinic.within((stores, tools) => say(stores, { ...tools, purposes: { consultation: consultationThread(tools) } }, { threadId: order.id, by: { kind: 'patient', id: 'p1' }, clientId, kind: 'text', text: '在吗' }, at))
    await speak('1', hours(40))
    await speak('2', hours(41))
    t.equal((await clinic.notices()).filter((template) => template === 'order_message').length, 1)
    await clinic.until(hours(88.9))
    t.equal((await clinic.find(order.id)).state, 'in_progress')
    await clinic.until(hours(89))
    t.strictSame([(await clinic.find(order.id)).state, (await clinic.store.inReading(({ threads }) => threads.find(order.id)))?.isOpen], ['settled', false], 'free of charge, so nothing is held')
  })
})

t.test('a refund', async (t) => {
  const reviewed = async (t: Parameters<typeof aClinic>[0], isApproved: boolean) => {
    const clinic = await aClinic(t)
    await clinic.doctor('d1')
    const order = await clinic.make({ doctorId: 'd1' })
    await clinic.pay(order)
    await accept(clinic, order.id, 'd1')
    await finish(clinic, order.id, 'd1')
    const asked = await clinic.within((stores, tools) => askAfterSales(stores, tools, { consultationId: order.id, type: 'refund', reason: '没有回复', doctorId: null, by: 'p1' }, hours(70)))
    const decide = (by: string) => clinic.within((stores, tools) => settleAfterSales(stores, tools, { id: asked.id, isApproved, reason: '已核实', by }, hours(130)))
    return { clinic, order, asked, decide }
  }

  t.test('is decided by somebody else than who asked, holds the settlement back, and goes back when it is granted [C9]', async (t) => {
    const { clinic, order, decide } = await reviewed(t, true)
    await clinic.until(hours(100))
    t.equal((await clinic.find(order.id)).state, 'refund_review')
    await t.rejects(decide('p1'), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
    t.equal((await decide('reviewer')).state, 'approved')
    t.strictSame([(await clinic.find(order.id)).endReason, (await clinic.balances())['REFUND_PAYABLE']], ['refund_approved', -5_000])
    await t.rejects(decide('reviewer'), { code: 'AFTER_SALES_DECIDED' })
  })

  t.test('that is refused → leads back to where it came from, and the fee is settled [C9 C10]', async (t) => {
    const { clinic, order, decide } = await reviewed(t, false)
    t.equal((await decide('reviewer')).state, 'rejected')
    await clinic.until(hours(131))
    t.equal((await clinic.find(order.id)).state, 'settled')
  })

  t.test('that nobody decides within 48 hours → is told to who is on call, once, and ends with the decision', async (t) => {
    const { clinic, decide } = await reviewed(t, true)
    const due = await clinic.store.inReading(nextLateReview)
    t.equal(due?.getTime(), hours(118).getTime())
    const alerts = () => clinic.store.inReading(async (stores) => (await stores.alerts.open()).length)
    await alertLateReviews({ ...clinic.store, tools: clinic.tools }, hours(118))
    await alertLateReviews({ ...clinic.store, tools: clinic.tools }, hours(118))
    t.equal(await alerts(), 1)
    await decide('reviewer')
    t.equal(await alerts(), 0)
  })

  t.test('and the settlement of one order at once, a hundred times → exactly one wins [acc:8.7]', async (t) => {
    const { clinic, order, decide } = await reviewed(t, false)
    await decide('reviewer')
    const tries = Array.from({ length: 100 }, (_, place) => place % 2 === 0
      ? clinic.until(hours(131))
      : clinic.within(async (stores, tools) => {
        const asked = await askAfterSales(stores, tools, { consultationId: order.id, type: 'refund', reason: null, doctorId: null, by: 'p1' }, hours(131))
        await settleAfterSales(stores, tools, { id: asked.id, isApproved: true, reason: 'x', by: 'reviewer' }, hours(131))
      }))
    await Promise.allSettled(tries)
    const { state } = await clinic.find(order.id)
    const escrow = await clinic.store.inReading(({ escrows }) => escrows.find(order.id))
    t.ok(state === 'settled' || state === 'refunded', state)
    t.equal(escrow?.state, state === 'settled' ? 'settled' : 'returned')
    t.equal(Object.values(await clinic.balances()).reduce((sum, amount) => sum + amount, 0), 0)
  })
})

t.test('an order that a hospital\'s system decides on', async (t) => {
  const asked = async (t: Parameters<typeof aClinic>[0]) => {
    const clinic = await aClinic(t, {}, 'his')
    await clinic.doctor('d1')
    const order = await clinic.make({ doctorId: 'd1', channel: 'terminal' })
    await clinic.pay(order)
    const answer = (said: 'accepted' | 'refused' | 'pending' | 'expired', hospitalId = 'east') => clinic.within((stores, tools) => hearAnswer(stores, tools, { number: order.number, hospitalId, answer: said }, minutes(1)))
    return { clinic, order, answer, state: async () => (await clinic.find(order.id)).state }
  }

  t.test('opens by its yes only, however often it says so [T6 T9]', async (t) => {
    const { clinic, order, answer, state } = await asked(t)
    await t.rejects(accept(clinic, order.id, 'd1'), { code: 'CONSULTATION_AWAITS_HOSPITAL' })
    await answer('pending')
    t.equal(await state(), 'assigned', 'pending is no yes')
    await answer('accepted', 'west')
    t.equal(await state(), 'assigned', 'another hospital has no say')
    await answer('accepted')
    await answer('accepted')
    t.equal(await state(), 'in_progress')
    await answer('refused')
    t.equal(await state(), 'in_progress', 'too late')
  })

  t.test('its no, and its silence → give the money back [C4 T6]', async (t) => {
    const refused = await asked(t)
    await refused.answer('refused')
    t.equal((await refused.clinic.find(refused.order.id)).endReason, 'hospital_refused')
    const silent = await asked(t)
    await silent.clinic.until(minutes(30))
    t.equal((await silent.clinic.find(silent.order.id)).endReason, 'hospital_silent')
    t.equal((await silent.clinic.balances())['REFUND_PAYABLE'], -5_000)
  })

  t.test('what it says while a refund is looked at → holds when the order goes on', async (t) => {
    const { clinic, order, answer, state } = await asked(t)
    const refund = await clinic.within((stores, tools) => askAfterSales(stores, tools, { consultationId: order.id, type: 'refund', reason: null, doctorId: null, by: 'p1' }, opensAt))
    await answer('accepted')
    t.equal(await state(), 'refund_review')
    await clinic.within((stores, tools) => settleAfterSales(stores, tools, { id: refund.id, isApproved: false, reason: 'x', by: 'reviewer' }, minutes(2)))
    t.equal(await state(), 'in_progress')
  })
})

t.test('an order that is given up before a doctor has it → costs nothing [C9]', async (t) => {
  const clinic = await aClinic(t)
  const order = await clinic.make()
  await clinic.pay(order)
  const { state, endReason } = await clinic.within((stores, tools) => cancelConsultation(stores, tools, { id: order.id }, minutes(1)))
  t.strictSame([state, endReason, (await clinic.balances())['REFUND_PAYABLE']], ['refunded', 'cancelled', -2_500])
})
