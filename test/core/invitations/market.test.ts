import fc from 'fast-check'
import t from 'tap'
import { changeComplaint, evaluate, loseSeat, openComplaint, openTip, proveStars, reckonDueStars, reckonStars, timeOutInvitations, type Invitation } from '../../../core/invitations/index.ts'
import { anInvitation, invitationSettings } from '../../fixtures/invitations.ts'
import { minutes } from '../../fixtures/booking-office.ts'
import { invitationMarket, west, type InvitationMarket } from '../../fixtures/invitation-market.ts'
import { freshStore } from '../../fixtures/store.ts'
import { cancelAppointment } from '../../../core/appointments/index.ts'

t.setTimeout(300_000)

const hours = (count: number): Date => minutes(count * 60)
const store = await freshStore(t)
const market = await invitationMarket(store)
const free = async (slotId: string): Promise<number> => (await store.inReading(({ slots }) => slots.find(slotId)))?.taken ?? -1
const wallet = async (id: string): Promise<number> => (await store.inReading(({ ledger }) => ledger.balances([`PAYABLE:${id}`]))).reduce((sum, { balanceFen }) => sum - balanceFen, 0)

async function offered ({ invite, pay, slot }: InvitationMarket, given: { readonly payer: Invitation['payer'], readonly startsAt: Date }): Promise<Invitation> {
  const made = await invite({ payer: given.payer, slotId: await slot(given.startsAt) })
  await pay(made)
  return await market.found(made.id)
}

t.test('a patient who invites', async (t) => {
  const anna = await market.patient('anna')

  t.test('pays, the time is held, the doctor accepts, performs; confirmed, the doctor has the fee less the platform\'s part [M7 M8]', async (t) => {
    const invitation = await offered(market, { payer: anna, startsAt: hours(24) })
    t.match(invitation, { state: 'offered', priceFen: 50_000 })
    t.equal(await market.held(invitation.id), 50_000)
    t.equal(await free(invitation.slotId ?? ''), 1)
    await market.change(invitation.id, { kind: 'accept' })
    const appointment = (state: string) => store.inReading(({ appointments }) => appointments.list({ patientIds: null, hospitalId: 'east', state: state as 'booked', slotId: invitation.slotId, purpose: null, from: null, to: null }, { limit: 5, offset: 0 }))
    t.match(await appointment('booked'), [{ purpose: { kind: 'invitation', subjectId: invitation.id } }])
    await market.change(invitation.id, { kind: 'perform' }, hours(25))
    t.equal((await appointment('fulfilled')).length, 1)
    t.match(await market.change(invitation.id, { kind: 'confirm' }, hours(26)), { state: 'settled' })
    t.equal(await market.held(invitation.id), 0)
    t.equal(await wallet('doctor:doctor'), 45_000)
    const happened = await store.inReading(({ invitations }) => invitations.events(invitation.id))
    t.strictSame(happened.map(({ to }) => to), ['draft', 'paid', 'offered', 'accepted', 'performed', 'confirmed', 'settled'])
  })

  t.test('is told no, or nothing → the time is free again and all goes back, and another doctor or time may be tried [M9 M10]', async (t) => {
    const declined = await offered(market, { payer: anna, startsAt: hours(48) })
    await market.change(declined.id, { kind: 'decline', reason: 'not that day' })
    const silent = await offered(market, { payer: anna, startsAt: hours(72) })
    await timeOutInvitations({ inTransaction: store.inTransaction, inReading: store.inReading, tools: market.tools }, hours(25))
    t.match(await market.found(silent.id), { state: 'expired', reason: 'no_answer' })
    for (const { id, slotId } of [declined, silent]) {
      t.equal(await market.held(id), 0)
      t.equal(await free(slotId ?? ''), 0)
    }
    const again = await market.invite({ payer: anna, slotId: declined.slotId })
    t.equal(again.state, 'draft')
  })

  t.test('and has it cancelled by the hospital\'s desk → it is over and the money goes back', async (t) => {
    const invitation = await offered(market, { payer: anna, startsAt: hours(96) })
    await market.change(invitation.id, { kind: 'accept' })
    const booked = await store.inReading(({ appointments }) => appointments.liveOf({ kind: 'invitation', subjectId: invitation.id }))
    await store.inTransaction((stores) => cancelAppointment(stores, market.tools.booking, { id: booked?.id ?? '', isStaff: true, reason: 'theatre closed', by: 'desk' }, hours(1)))
    const lost = (await store.inReading(({ outbox }) => outbox.due(hours(100), 100, 'invitation-seat-lost'))).find(({ payload }) => payload['invitationId'] === invitation.id)
    t.ok(lost)
    for (const times of [1, 2]) await store.inTransaction((stores) => loseSeat(stores, market.tools, invitation.id, hours(times)))
    t.match(await market.found(invitation.id), { state: 'not_provided', reason: 'time_gone' })
    t.equal(await market.held(invitation.id), 0)
  })

  t.test('pays after the time for it is over, or is told twice of one payment → nothing is offered that is not, nothing twice', async (t) => {
    const late = await market.invite({ payer: anna, slotId: await market.slot(hours(120)) })
    const order = await market.pay(late)
    await market.tell(order)
    t.equal(await market.held(late.id), 50_000)
    const unpaid = await market.invite({ payer: anna, slotId: await market.slot(hours(144)) })
    await market.change(unpaid.id, { kind: 'cancel', reason: 'x' })
    await t.rejects(market.pay(unpaid), { code: 'INVITATION_STATE_REFUSED' })
    await t.rejects(market.invite({ payer: anna, doctorId: 'nobody', slotId: late.slotId }), { code: 'DOCTOR_NOT_FOUND' })
    await t.rejects(market.invite({ payer: anna }), { code: 'REQUEST_INVALID' })
    await t.rejects(market.invite({ payer: anna, slotId: late.slotId }), { code: 'SLOT_FULL' })
    t.match(await market.invite({ payer: anna, kind: 'consult' }), { state: 'offered', priceFen: 0, slotId: null }, 'what is free is offered at once')
  })
})

t.test('another hospital that invites', async (t) => {
  t.test('→ the doctor\'s hospital approves, and has the fee at the end; its seat is taken in the slot (D2) [M7 M8]', async (t) => {
    const invitation = await offered(market, { payer: west, startsAt: hours(168) })
    t.match(invitation, { state: 'home_hospital_approval', needsApproval: true, payee: 'home_hospital' })
    t.equal(await free(invitation.slotId ?? ''), 1)
    t.equal(await store.inReading(({ threads }) => threads.find(invitation.id)), null, 'nobody talks before that')
    t.match(await market.change(invitation.id, { kind: 'approve' }), { state: 'negotiating' })
    t.match(await store.inReading(({ threads }) => threads.find(invitation.id)), { isOpen: true, parties: [{ kind: 'hospital', id: 'west' }, { kind: 'doctor', id: 'doctor' }] })
    await market.change(invitation.id, { kind: 'accept' })
    await market.change(invitation.id, { kind: 'perform' }, hours(169))
    await market.change(invitation.id, { kind: 'confirm' }, hours(170))
    t.equal(await wallet('hospital:east'), 45_000)
    t.match(await store.inReading(({ threads }) => threads.find(invitation.id)), { isOpen: false })
  })

  t.test('and is refused → the time is free again and all goes back [M10]', async (t) => {
    const invitation = await offered(market, { payer: west, startsAt: hours(192) })
    t.match(await market.change(invitation.id, { kind: 'refuse', reason: 'needed here' }), { state: 'declined' })
    t.equal(await market.held(invitation.id), 0)
    t.equal(await free(invitation.slotId ?? ''), 0)
  })
})

t.test('200 invitations for one time, all paid at once → one has it, the doctor accepts that one, and all others get their money back [M7 M10 acc:8]', async (t) => {
  const slotId = await market.slot(hours(240))
  const payers = await Promise.all(Array.from({ length: 200 }, async (_, place) => place % 10 === 0 ? west : await market.patient(`p${place}`)))
  const made = await Promise.all(payers.map((payer) => market.invite({ payer, slotId })))
  const orders = await Promise.all(made.map((invitation) => market.order(invitation)))
  await Promise.all(orders.map((order) => market.tell(order)))
  const invitations = await Promise.all(made.map(({ id }) => market.found(id)))
  const winners = invitations.filter(({ state }) => state === 'offered' || state === 'home_hospital_approval')
  t.equal(winners.length, 1)
  const losers = invitations.filter(({ id }) => id !== winners[0]?.id)
  t.strictSame([...new Set(losers.map(({ state, reason }) => `${state} ${reason ?? ''}`))], ['expired SLOT_FULL'])
  await t.rejects(market.invite({ payer: west, slotId }), { code: 'SLOT_FULL' }, 'whoever comes later is told so at once (409)')
  const balances = await Promise.all(losers.map(({ id }) => market.held(id)))
  t.ok(balances.every((balance) => balance === 0))
  const escrows = await Promise.all(losers.map(({ id }) => store.inReading((stores) => stores.escrows.find(id))))
  t.strictSame([...new Set(escrows.map((escrow) => escrow?.state))], ['returned'])
  t.equal(await free(slotId), 1)
  const [winner] = winners
  if (winner?.needsApproval === true) await market.change(winner.id, { kind: 'approve' })
  t.match(await market.change(winner?.id ?? '', { kind: 'accept' }), { state: 'accepted' })
})

t.test('what a doctor is judged by', async (t) => {
  const berta = await market.patient('berta')
  const within = <Result>(work: (stores: Parameters<Parameters<typeof store.inTransaction>[0]>[0]) => Promise<Result>): Promise<Result> => store.inTransaction(work)
  const settled = await offered(market, { payer: berta, startsAt: hours(300) })
  for (const [kind, at] of [['accept', 1], ['perform', 301], ['confirm', 302]] as const) await market.change(settled.id, { kind }, hours(at))

  t.test('an evaluation → once, of a settled invitation; hidden words are hidden, the stars count [M11 M13]', async (t) => {
    const evaluation = await within((stores) => evaluate(stores, market.tools, { invitationId: settled.id, stars: 5, words: 'calm and clear', by: 'berta' }, hours(303)))
    t.match(evaluation, { stars: 5, doctorId: 'doctor' })
    await t.rejects(within((stores) => evaluate(stores, market.tools, { invitationId: settled.id, stars: 1, words: null, by: 'berta' }, hours(303))), { code: 'INVITATION_STATE_REFUSED' })
    t.equal((await market.found(settled.id)).state, 'evaluated')
    t.match((await store.inReading(({ stars }) => stars.shown(['doctor', 'nobody']))).get('doctor'), { ratings: 1, ratingSum: 5, refused: 2 }, 'refused ones are shown apart')
  })

  t.test('a tip → one of an invitation, within the limit; it is the payee\'s when it is paid [M11]', async (t) => {
    const tip = (amountFen: number) => within((stores) => openTip(stores, market.tools, { invitationId: settled.id, amountFen }, hours(303)))
    await t.rejects(tip(20_001), { code: 'TIP_TOO_LARGE' })
    await t.rejects(within((stores) => openTip(stores, { ...market.tools, settings: { ...invitationSettings, tips: { ...invitationSettings.tips, enabled: false } } }, { invitationId: settled.id, amountFen: 1 }, hours(303))), { code: 'TIPS_SWITCHED_OFF' })
    const given = await tip(20_000)
    await t.rejects(tip(1), { code: 'TIP_STANDS' })
    const before = await wallet('doctor:doctor')
    await market.pay({ ...given, purpose: 'tip' }, hours(303))
    t.equal(await wallet('doctor:doctor') - before, 20_000)
    t.match(await store.inReading(({ tips }) => tips.find(given.id)), { state: 'paid', dueAt: null })
    t.equal(await market.held(given.id), 0)
  })

  t.test('an upheld complaint → the level is one lower at once, an overturned one restores it, twelve months do as well [M14 acc:10]', async (t) => {
    const level = async (): Promise<number> => (await store.inReading(({ stars }) => stars.find('doctor')))?.level ?? 0
    const before = await level()
    t.ok(before >= 2, 'there were invitations enough')
    const { id } = await within((stores) => openComplaint(stores, market.tools, { invitationId: settled.id, words: 'an hour late', by: 'berta' }, hours(304)))
    await t.rejects(within((stores) => openComplaint(stores, market.tools, { invitationId: settled.id, words: 'again', by: 'berta' }, hours(304))), { code: 'COMPLAINT_STANDS' })
    const step = (command: Parameters<typeof changeComplaint>[2]['command'], by: string) => within((stores) => changeComplaint(stores, market.tools, { id, command, by }, hours(305)))
    await step({ kind: 'take' }, 'support')
    await step({ kind: 'note', findings: 'it was so' }, 'support')
    await step({ kind: 'decide', isUpheld: true, reason: 'late' }, 'reviewer')
    t.equal(await level(), before - 1)
    t.match(await store.inReading(({ stars }) => stars.changes('doctor', { limit: 1, offset: 0 })), [{ before, level: before - 1, cause: 'complaint_upheld' }])
    const aYearLater = new Date('2028-03-14T01:00:00+08:00')
    t.strictSame((await store.inReading(({ stars }) => stars.due(aYearLater, 10))), ['doctor'])
    await step({ kind: 'appeal', words: 'the theatre was closed', appealDays: 15 }, 'doctor')
    await step({ kind: 'decide_appeal', isOverturned: true, reason: 'so it was' }, 'reviewer2')
    t.equal(await level(), before)
    t.strictSame(await reckonDueStars({ ...store, settings: invitationSettings }, aYearLater), { reckoned: 0 })
  })
})

/** The level does not depend on the database; the statements do, and are the same for each history. */
const count = process.env['TEST_DATABASE_URL'] === undefined ? 10_000 : 500

t.test('10,000 histories of invitations, evaluations and complaints → every stored level is what a reckoning from the beginning gives [M13 M14 acc:10]', async (t) => {
  const own = await freshStore(t)
  const happening = fc.oneof(fc.constant('paid' as const), fc.constantFrom(1, 2, 3, 4, 5), fc.constant('upheld' as const), fc.constant('overturned' as const))
  const histories = fc.sample(fc.array(happening, { minLength: 1, maxLength: 12 }), { numRuns: count, seed: 20270301 })
  const perTransaction = 250
  for (let from = 0; from < histories.length; from += perTransaction) {
    await own.inTransaction(async (stores) => {
      for (const [place, history] of histories.slice(from, from + perTransaction).entries()) {
        const doctorId = `d${from + place}`
        for (const [step, what] of history.entries()) {
          const id = `${doctorId}-${step}`
          const common = { id, invitationId: id, hospitalId: 'east', doctorId, payer: west }
          const at = minutes(step)
          if (what === 'paid') await stores.invitations.save(anInvitation({ ...common, slotId: null, state: 'settled', paidAt: at }))
          else if (typeof what === 'number') await stores.evaluations.save({ ...common, stars: what, words: null, hiddenBy: null, hiddenFor: null, at })
          else await stores.complaints.save({ ...common, words: '', state: what, by: '', openedAt: at, takenBy: null, findings: null, decidedBy: 'reviewer', decidedAt: at, reason: null, appeal: null })
          await reckonStars(stores, invitationSettings, { doctorId, cause: 'test' }, at)
        }
      }
    })
  }
  t.strictSame(await own.inReading((stores) => proveStars(stores, invitationSettings, minutes(20))), { doctors: count, wrong: 0 })
  await own.inTransaction(async ({ stars }) => {
    const known = await stars.find('d7')
    if (known !== null) await stars.save({ ...known, level: known.level === 5 ? 4 : known.level + 1 })
  })
  t.strictSame(await own.inReading((stores) => proveStars(stores, invitationSettings, minutes(20))), { doctors: count, wrong: 1 }, 'a level that somebody has changed is found')
})

