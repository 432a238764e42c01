import fc from 'fast-check'
import t, { type Test } from 'tap'
import {
  appointmentStates, bookAppointment, cancelAppointment, confirmAppointment, decideAppointment, endAppointments, isLive, leaveLine, moveAppointment, nextFreeMinutes, noteAppointment, releaseHolds, remindOf, seatsOf, waitForSlot,
  type Appointment, type AppointmentEvent, type AppointmentPurpose, type OfferedSlot
} from '../../../core/appointments/index.ts'
import type { Stores } from '../../../adapters/store/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { anAppointment } from '../../contracts/appointment-stores.ts'
import { plainBooking } from '../../fixtures/booking.ts'
import { aRecord, bookingOffice, minutes, opensAt, type BookingOffice } from '../../fixtures/booking-office.ts'
import { freshStore } from '../../fixtures/store.ts'

const { settings } = plainBooking
const visit = { kind: 'visit', subjectId: null }

const otherSlot: OfferedSlot = {
  id: 's2', scheduleId: 'c1', hospitalId: 'east', startsAt: minutes(120), endsAt: minutes(150), capacity: 1, isOpen: true, owner: 'his', practitionerId: 'd1', department: '内科', serviceType: null, taken: 0
}
const said = { startsAt: null, endsAt: null, practitionerId: null, fillerNumber: null, reason: null, refusedChange: null, slotId: null }

const events: Readonly<Record<string, AppointmentEvent>> = {
  confirm: { kind: 'confirm' },
  expire: { kind: 'expire' },
  lost: { kind: 'lost' },
  reject: { kind: 'reject', of: 'request', reason: 'rejected' },
  settle: { kind: 'settle', outcome: 'booked', reason: 'by telephone' },
  cancel: { kind: 'cancel', way: 'fhir', isStaff: false, reason: null, settings },
  move: { kind: 'move', to: otherSlot, isStaff: false, settings },
  arrive: { kind: 'arrive' },
  fulfil: { kind: 'fulfil' },
  end: { kind: 'end' },
  'told booked': { kind: 'told', said: { ...said, status: 'booked' } },
  'told arrived': { kind: 'told', said: { ...said, status: 'arrived' } },
  'told fulfilled': { kind: 'told', said: { ...said, status: 'fulfilled' } },
  'told noshow': { kind: 'told', said: { ...said, status: 'noshow' } },
  'told cancelled': { kind: 'told', said: { ...said, status: 'cancelled' } },
  'told deleted': { kind: 'told', said: { ...said, status: 'entered-in-error' } },
  'told proposed': { kind: 'told', said: { ...said, status: 'proposed' } }
}

const his = (state: Appointment['state'], given: Partial<Appointment> = {}): Appointment => anAppointment('a1', { isOurs: false, state, startsAt: minutes(600), endsAt: minutes(630), holdUntil: state === 'held' ? minutes(10) : null, ...given })

function outcomeOf (appointment: Appointment, event: AppointmentEvent, at = opensAt): string {
  try {
    const after = decideAppointment(appointment, event, at)
    return after === appointment ? '·' : after.asking === null ? after.state : `${after.state}+${after.asking}`
  } catch (error) {
    return error instanceof DomainError ? error.code : String(error)
  }
}

const state = 'APPOINTMENT_STATE_REFUSED'
const hold = 'APPOINTMENT_HOLD_OVER'
/** What becomes of an appointment at the hospital's own slot, by state and event; `·`: nothing. */
const table: Readonly<Record<string, readonly string[]>> = {
  //                    held         requested   unknown      booked        arrived      fulfilled    no_show      cancelled   refused   released
  confirm:          ['requested', '·',         '·',         '·',          hold,        hold,        hold,        hold,       hold,     hold],
  expire:           ['released',  '·',         '·',         '·',          '·',         '·',         '·',         '·',        '·',      '·'],
  lost:             ['·',         'unknown',   '·',         '·',          '·',         '·',         '·',         '·',        '·',      '·'],
  reject:           ['·',         'refused',   'refused',   '·',          '·',         '·',         '·',         '·',        '·',      '·'],
  settle:           [state,       'booked',    'booked',    '·',          state,       state,       state,       state,      state,    state],
  cancel:           ['released',  'cancelled', 'cancelled', 'cancelled',  state,       state,       state,       '·',        state,    state],
  move:             [state,       state,       state,       'booked+move', state,      state,       state,       state,      state,    state],
  arrive:           ['·',         '·',         '·',         'arrived',    '·',         '·',         '·',         '·',        '·',      '·'],
  fulfil:           ['·',         '·',         '·',         'fulfilled',  'fulfilled', '·',         'fulfilled', '·',        '·',      '·'],
  end:              ['·',         'refused',   'refused',   'no_show',    'fulfilled', '·',         '·',         '·',        '·',      '·'],
  'told booked':    ['·',         'booked',    'booked',    '·',          '·',         '·',         '·',         'booked',   'booked', 'booked'],
  'told arrived':   ['·',         'arrived',   'arrived',   'arrived',    '·',         '·',         'arrived',   'arrived',  'arrived', 'arrived'],
  'told fulfilled': ['·',         'fulfilled', 'fulfilled', 'fulfilled',  'fulfilled', '·',         'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
  'told noshow':    ['·',         'no_show',   'no_show',   'no_show',    'no_show',   '·',         '·',         '·',        '·',      '·'],
  'told cancelled': ['·',         'refused',   'refused',   'cancelled',  'cancelled', '·',         '·',         '·',        '·',      '·'],
  'told deleted':   ['·',         'refused',   'refused',   'cancelled',  'cancelled', '·',         '·',         '·',        '·',      '·'],
  'told proposed':  ['·',         '·',         '·',         '·',          '·',         '·',         '·',         '·',        '·',      '·']
}

t.test('what becomes of an appointment', async (t) => {
  for (const [name, event] of Object.entries(events)) {
    t.strictSame(appointmentStates.map((each) => outcomeOf(his(each), event)), table[name], name)
  }
  t.test('at a slot of ours → it is booked at once, the hospital tells who came and what it cancels, not what is booked', async (t) => {
    const ours = (each: Appointment['state']): Appointment => his(each, { isOurs: true })
    t.strictSame([outcomeOf(ours('held'), { kind: 'confirm' }), outcomeOf(ours('cancelled'), events['told booked'] as AppointmentEvent), outcomeOf(ours('booked'), events['told arrived'] as AppointmentEvent), outcomeOf(ours('booked'), events['told cancelled'] as AppointmentEvent)],
      ['booked', '·', 'arrived', 'cancelled'])
  })
  t.test('a hospital that is asked by messages → is asked first, and its answer decides', async (t) => {
    const asked = decideAppointment(his('booked'), { kind: 'cancel', way: 'srm', isStaff: false, reason: '改天', settings }, opensAt)
    t.match(asked, { state: 'booked', asking: 'cancel', reason: '改天' })
    t.equal(outcomeOf(asked, events['told booked'] as AppointmentEvent), '·', 'that it stands is no answer')
    t.match(decideAppointment(asked, { kind: 'told', said: { ...said, status: 'cancelled' } }, opensAt), { state: 'cancelled', asking: null })
    const refusedOnce = decideAppointment(asked, { kind: 'told', said: { ...said, status: 'booked', refusedChange: { key: 'R1', words: '太晚' } } }, opensAt)
    t.match(refusedOnce, { state: 'booked', asking: null, reason: '太晚', answerKey: 'R1' })
    const again = decideAppointment(refusedOnce, { kind: 'cancel', way: 'srm', isStaff: false, reason: null, settings }, opensAt)
    t.match(decideAppointment(again, { kind: 'told', said: { ...said, status: 'booked', refusedChange: { key: 'R1', words: '太晚' } } }, opensAt), { asking: 'cancel' }, 'an old no is no answer to the next question')
    const moving = decideAppointment(his('booked'), { kind: 'move', to: otherSlot, isStaff: false, settings }, opensAt)
    t.match(moving, { asking: 'move', wantedSlotId: 's2', moves: 1, slotId: 's1' })
    t.strictSame(seatsOf(moving), ['s1', 's2'], 'with a seat in both until then')
    t.match(decideAppointment(moving, { kind: 'told', said: { ...said, status: 'booked', startsAt: minutes(125), endsAt: minutes(135), slotId: 's2' } }, opensAt), { slotId: 's2', wantedSlotId: null, asking: null, startsAt: minutes(125), endsAt: minutes(135) })
  })
  t.test('the person\'s own changes → end before it begins, and are counted; the staff\'s do not', async (t) => {
    const soon = his('booked', { startsAt: minutes(59), endsAt: minutes(89) })
    const staff = { kind: 'cancel', way: 'fhir', isStaff: true, reason: null, settings } as const
    t.strictSame([outcomeOf(soon, events['cancel'] as AppointmentEvent), outcomeOf(soon, events['move'] as AppointmentEvent), outcomeOf(soon, staff)], ['APPOINTMENT_TOO_LATE', 'APPOINTMENT_TOO_LATE', 'cancelled'])
    const moved = his('booked', { moves: 2 })
    t.strictSame([outcomeOf(moved, events['move'] as AppointmentEvent), outcomeOf(moved, { kind: 'move', to: otherSlot, isStaff: true, settings })], ['APPOINTMENT_MOVES_USED', 'booked+move'])
    t.strictSame([outcomeOf(his('booked'), { kind: 'move', to: { ...otherSlot, owner: 'ours' }, isStaff: true, settings }), outcomeOf(his('booked'), { kind: 'move', to: { ...otherSlot, id: 's1' }, isStaff: true, settings })], ['REQUEST_INVALID', 'REQUEST_INVALID'])
  })
  t.test('a hold → can be confirmed until it has run out', async (t) => {
    t.strictSame([outcomeOf(his('held'), { kind: 'confirm' }, minutes(9)), outcomeOf(his('held'), { kind: 'confirm' }, minutes(10))], ['requested', hold])
  })
})

t.test('any course of events → ends where nothing but the hospital can change it, refusals leave all as it was, and a move never leaves a seat behind', async (t) => {
  const event = fc.oneof(fc.constantFrom(...Object.values(events)), fc.constant<AppointmentEvent>({ kind: 'cancel', way: 'srm', isStaff: true, reason: null, settings }))
  fc.assert(fc.property(fc.boolean(), fc.array(event, { maxLength: 30 }), (isOurs, course) => {
    let appointment = his('held', { isOurs })
    for (const each of course) {
      const before = JSON.stringify(appointment)
      try {
        const after = decideAppointment(appointment, each, opensAt)
        if (after === appointment && JSON.stringify(after) !== before) return false
        appointment = after
      } catch (error) {
        if (!(error instanceof DomainError) || JSON.stringify(appointment) !== before) return false
      }
      const isAsked = appointment.asking !== null
      if (isAsked && !isLive(appointment)) return false
      if ((appointment.wantedSlotId !== null) !== (appointment.asking === 'move')) return false
      if (['cancelled', 'refused', 'released'].includes(appointment.state) && seatsOf(appointment).length > 0) return false
    }
    return true
  }), { numRuns: 2_000 })
  t.pass()
})

const book = (office: BookingOffice, slotId: string, patientId: string, given: { readonly isHold?: boolean, readonly subjectId?: string } = {}): Promise<Appointment> =>
  office.within((stores, tools) => bookAppointment(stores, tools, { slotId, patientId, purpose: { kind: 'visit', subjectId: given.subjectId ?? null }, isHold: given.isHold ?? false, by: 'app:t1' }, opensAt))
const cancel = (office: BookingOffice, id: string): Promise<Appointment> => office.within((stores, tools) => cancelAppointment(stores, tools, { id, isStaff: false, reason: null, by: 'app:t1' }, opensAt))
const taken = async (office: BookingOffice, slotId: string): Promise<number | undefined> => (await office.store.inReading(({ slots }) => slots.find(slotId)))?.taken
const templatesOf = async ({ store }: BookingOffice, patientId: string): Promise<readonly string[]> => (await store.inReading(({ outbox }) => outbox.due(minutes(100_000), 500, 'notice')))
  .filter(({ payload }) => payload['patientId'] === patientId).map(({ payload }) => String(payload['template']))
const codeOf = async (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: unknown) => (error as { code: string }).code)

t.test('seats', async (t) => {
  t.test('of any course of bookings, holds, moves and cancellations → are never more than the slot has, and as many as the appointments say', { timeout: 120_000 }, async (t) => {
    const office = bookingOffice(await freshStore(t), { settings: { ...settings, mayOverlap: true, mostMoves: 100 } })
    const persons = await Promise.all(['p1', 'p2', 'p3', 'p4'].map(office.patient))
    let run = 0
    const step = fc.record({ act: fc.constantFrom('book', 'hold', 'confirm', 'cancel', 'move', 'expire', 'end', 'arrive'), person: fc.nat({ max: 3 }), slot: fc.nat({ max: 1 }), which: fc.nat({ max: 9 }) })
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 18 }), async (steps) => {
      run += 1
      const slots = [await office.ownSlot({ startsAt: minutes(60 + run * 100), capacity: 2 }), await office.ownSlot({ startsAt: minutes(60 + run * 100), capacity: 1 })]
      const made: string[] = []
      for (const { act, person, slot, which } of steps) {
        const id = made[which % Math.max(1, made.length)] ?? 'none'
        const slotId = slots[slot] ?? ''
        const work = act === 'book' || act === 'hold'
          ? book(office, slotId, persons[person] ?? '', { isHold: act === 'hold' }).then((appointment) => { made.push(appointment.id) })
          : office.within<unknown>((stores, tools) => act === 'confirm'
            ? confirmAppointment(stores, tools, { id, by: 'x' }, opensAt)
            : act === 'cancel'
              ? cancelAppointment(stores, tools, { id, isStaff: false, reason: null, by: 'x' }, opensAt)
              : act === 'move'
                ? moveAppointment(stores, tools, { id, isStaff: false, slotId, by: 'x' }, opensAt)
                : noteAppointment(stores, tools, { id, event: { kind: act }, by: 'x' }, opensAt))
        await work.catch((error: unknown) => { if (!(error instanceof DomainError)) throw error })
        const seats = await office.store.inReading(async ({ appointments }) => (await Promise.all(made.map((each) => appointments.find(each)))).flatMap((each) => each === null ? [] : seatsOf(each)))
        for (const [place, each] of slots.entries()) {
          const count = await taken(office, each) ?? -1
          if (count !== seats.filter((seat) => seat === each).length || count > (place === 0 ? 2 : 1)) return false
        }
      }
      return true
    }), { numRuns: 12 })
    t.pass()
  })
  t.test('a person → has one time for one thing: neither two at once nor two for one subject, in any record', async (t) => {
    const office = bookingOffice(await freshStore(t))
    await office.patient('p1')
    const [slot, same, later] = [await office.ownSlot({ startsAt: minutes(60), capacity: 5 }), await office.ownSlot({ startsAt: minutes(75), capacity: 5 }), await office.ownSlot({ startsAt: minutes(90), capacity: 5 })]
    await book(office, slot, 'p1', { subjectId: 'v1' })
    t.strictSame([await codeOf(book(office, slot, 'p1')), await codeOf(book(office, same, 'p1')), await codeOf(book(office, later, 'p1', { subjectId: 'v1' })), await codeOf(book(office, later, 'p1'))], ['APPOINTMENT_OVERLAPS', 'APPOINTMENT_OVERLAPS', 'APPOINTMENT_STANDS', 'done'])
    t.strictSame(await Promise.all([codeOf(book(office, 'nowhere', 'p1')), codeOf(office.within((stores, tools) => bookAppointment(stores, tools, { slotId: later, patientId: 'p1', purpose: { kind: 'nothing', subjectId: null }, isHold: false, by: 'x' }, opensAt)))]), ['SLOT_NOT_FOUND', 'REQUEST_INVALID'])
    const together = await Promise.allSettled(['p2', 'p2', 'p2'].map(async (id) => book(office, await office.ownSlot({ startsAt: minutes(300), capacity: 5 }), id)))
    t.equal(together.filter(({ status }) => status === 'fulfilled').length, 1, 'three at once are one')
  })
  t.test('a slot of ours → is seen as busy while its last seat is taken', async (t) => {
    const office = bookingOffice(await freshStore(t))
    await office.patient('p1')
    const slotId = await office.ownSlot({ startsAt: minutes(120), capacity: 1, doctor: 'd7' })
    const status = async (): Promise<unknown> => (await office.store.inReading(({ records }) => records.current([{ type: 'Slot', id: slotId }])))[0]?.resource['status']
    const free = (): Promise<ReadonlyMap<string, number | null>> => office.store.inReading((stores) => nextFreeMinutes(stores, ['d7', 'd8'], opensAt))
    t.strictSame([await status(), [...await free()]], ['free', [['d7', 120]]], 'and nobody knows anything of a doctor without a schedule')
    const { id } = await book(office, slotId, 'p1')
    t.strictSame([await status(), await taken(office, slotId), [...await free()]], ['busy', 1, [['d7', null]]])
    await cancel(office, id)
    t.strictSame([await status(), await taken(office, slotId)], ['free', 0])
    t.strictSame(await templatesOf(office, 'p1'), ['appointment_booked', 'appointment_cancelled'])
  })
})

t.test('what the hospital says', async (t) => {
  const told = (id: string, elements: object, patientId = 'p1') => aRecord({ resourceType: 'Appointment', id, status: 'booked', start: minutes(130).toISOString(), end: minutes(140).toISOString(), participant: [{ actor: { reference: `Patient/${patientId}` } }, { actor: { reference: 'Practitioner/d1' } }], ...elements }, patientId)
  t.test('an answer and a notice → are one booking, by our number or the hospital\'s, in whatever order', async (t) => {
    for (const order of [['ours', 'filler'], ['filler', 'ours'], ['filler', 'filler', 'ours']]) {
      const office = bookingOffice(await freshStore(t))
      await office.patient('p1')
      const slotId = await office.hisSlot({ id: 's1', startsAt: minutes(120), capacity: 1 })
      const { id, placerNumber, state } = await book(office, slotId, 'p1')
      t.equal(state, 'requested')
      const placer = { type: { coding: [{ code: 'PLAC' }] }, system: 'urn:yiqiao:placer', value: placerNumber }
      const filler = { type: { coding: [{ code: 'FILL' }] }, value: 'F1' }
      for (const by of order) await office.says([told(by === 'ours' ? id : 'by-filler', { identifier: [filler, placer] })])
      const all = await office.store.inReading(({ appointments }) => appointments.list({ patientIds: ['p1'], hospitalId: null, state: null, slotId: null, purpose: null, from: null, to: null }, { limit: 9, offset: 0 }))
      t.match(all, [{ id, state: 'booked', fillerNumber: 'F1', startsAt: minutes(130) }])
      t.equal(all.length, 1)
      t.equal(await taken(office, slotId), 1)
      t.match(await office.store.inReading(({ records }) => records.current([{ type: 'Appointment', id }])), [{ resource: { status: 'booked' } }], 'and our record says so')
    }
  })
  t.test('a no → gives the seat back, with the reason; a booking of its own → takes a seat of its shift, beyond them none', async (t) => {
    const office = bookingOffice(await freshStore(t))
    for (const id of ['p1', 'p2', 'p3']) await office.patient(id)
    const slotId = await office.hisSlot({ id: 's1', startsAt: minutes(120), capacity: 1 })
    const { id } = await book(office, slotId, 'p1')
    t.equal(await codeOf(book(office, slotId, 'p2')), 'SLOT_FULL')
    await office.says([told(id, { status: 'cancelled', cancelationReason: { text: '停诊' } })])
    t.match(await office.store.inReading(({ appointments }) => appointments.find(id)), { state: 'refused', reason: '停诊' })
    t.strictSame([await taken(office, slotId), await templatesOf(office, 'p1')], [0, ['appointment_refused']])
    await office.says([told('h1', {}, 'p2')])
    await office.says([told('h2', {}, 'p3')])
    t.match(await office.store.inReading(async ({ appointments }) => [await appointments.find('h1'), await appointments.find('h2')]), [{ slotId, isMadeHere: false }, { slotId: null, state: 'booked' }])
    t.equal(await taken(office, slotId), 1)
    await office.hisSlot({ id: 's1', startsAt: minutes(120), capacity: 5, status: 'busy' })
    t.equal(await codeOf(book(office, slotId, 'p1')), 'SLOT_FULL', 'what the hospital calls full is full')
    const closed = bookingOffice(office.store, { wayOf: () => null })
    await office.hisSlot({ id: 's1', startsAt: minutes(120), capacity: 5 })
    t.equal(await codeOf(book(closed, slotId, 'p1')), 'SLOT_NOT_BOOKABLE', 'and a hospital that cannot be asked only shows its slots')
  })
})

t.test('time', async (t) => {
  const lookAfter = (office: BookingOffice) => ({ ...office.store, tools: office.tools, clock: { now: () => opensAt } })
  t.test('a hold → ends after its minutes; who comes is there, who does not come did not', async (t) => {
    const office = bookingOffice(await freshStore(t))
    for (const id of ['p1', 'p2', 'p3', 'p4']) await office.patient(id)
    const slotId = await office.ownSlot({ startsAt: minutes(60), capacity: 4 })
    const held = await book(office, slotId, 'p1', { isHold: true })
    t.match(held, { state: 'held', holdUntil: minutes(10) })
    t.strictSame([await releaseHolds(lookAfter(office), minutes(9)), await releaseHolds(lookAfter(office), minutes(10)), await taken(office, slotId)], [{ released: 0 }, { released: 1 }, 0])
    for (const id of ['p2', 'p3', 'p4']) await book(office, slotId, id)
    await office.says([aRecord({ resourceType: 'Encounter', id: 'v2', status: 'arrived', class: { code: 'AMB' }, subject: { reference: 'Patient/p2' }, extension: [{ url: 'urn:yiqiao:fhir:queue', extension: [{ url: 'kind', valueCode: 'checked_in' }, { url: 'at', valueDateTime: minutes(50).toISOString() }] }] }, 'p2')])
    await office.says([aRecord({ resourceType: 'Encounter', id: 'v3', status: 'arrived', class: { code: 'AMB' }, subject: { reference: 'Patient/p3' }, period: { start: minutes(55).toISOString() } }, 'p3')])
    const states = async (): Promise<readonly string[]> => [...await office.store.inReading(({ appointments }) => appointments.list({ patientIds: ['p2', 'p3', 'p4'], hospitalId: null, state: null, slotId, purpose: null, from: null, to: null }, { limit: 9, offset: 0 }))].sort((one, other) => one.patientId < other.patientId ? -1 : 1).map(({ state: each }) => each)
    t.strictSame(await states(), ['arrived', 'booked', 'booked'], 'checked in')
    t.strictSame([await endAppointments(lookAfter(office), minutes(119)), await endAppointments(lookAfter(office), minutes(120)), await states()], [{ fulfilled: 0, missed: 0 }, { fulfilled: 2, missed: 1 }, ['fulfilled', 'fulfilled', 'no_show']])
    t.strictSame(await endAppointments(lookAfter(office), minutes(500)), { fulfilled: 0, missed: 0 }, 'once')
  })
  t.test('the day before → is told of once, at each new time once more', async (t) => {
    const office = bookingOffice(await freshStore(t))
    await office.patient('p1')
    const [slot, later] = [await office.ownSlot({ startsAt: minutes(1_440), capacity: 1 }), await office.ownSlot({ startsAt: minutes(1_500), capacity: 1 })]
    const { id } = await book(office, slot, 'p1')
    const tomorrow = { from: minutes(960), to: minutes(2_400) }
    const remind = (): Promise<unknown> => remindOf(lookAfter(office), tomorrow, minutes(120))
    t.strictSame([await remind(), await remind()], [{ reminded: 1 }, { reminded: 0 }])
    await office.within((stores, tools) => moveAppointment(stores, tools, { id, isStaff: false, slotId: later, by: 'x' }, opensAt))
    t.strictSame([await remind(), await remind()], [{ reminded: 1 }, { reminded: 0 }])
    t.strictSame((await templatesOf(office, 'p1')).filter((template) => template !== 'appointment_booked'), ['appointment_reminder', 'appointment_moved', 'appointment_reminder'])
  })
})

t.test('a waiting list', async (t) => {
  const wait = (office: BookingOffice, slotId: string, patientId: string): Promise<{ readonly id: string }> => office.within((stores, tools) => waitForSlot(stores, tools, { slotId, patientId, purpose: visit, by: 'app:t1' }, opensAt))
  async function aFullSlot (t: Test): Promise<{ readonly office: BookingOffice, readonly slotId: string, readonly first: string }> {
    const office = bookingOffice(await freshStore(t))
    for (const id of ['p1', 'p2', 'p3', 'p4']) await office.patient(id)
    const slotId = await office.ownSlot({ startsAt: minutes(120), capacity: 1 })
    t.equal(await codeOf(wait(office, slotId, 'p2')), 'SLOT_HAS_SEATS')
    return { office, slotId, first: (await book(office, slotId, 'p1')).id }
  }
  t.test('gives a freed seat to the first in line for some minutes, then to the next; nobody books past it', async (t) => {
    const { office, slotId, first } = await aFullSlot(t)
    const two = await wait(office, slotId, 'p2')
    const three = await wait(office, slotId, 'p3')
    t.equal(await codeOf(wait(office, slotId, 'p2')), 'WAIT_STANDS')
    await cancel(office, first)
    const offered = async (id: string) => (await office.store.inReading(({ waits }) => waits.find(id)))
    t.match([await offered(two.id), await offered(three.id)], [{ state: 'offered', appointmentId: /./ }, { state: 'waiting' }])
    t.strictSame([await templatesOf(office, 'p2'), await codeOf(book(office, slotId, 'p4'))], [['seat_offered'], 'SLOT_FULL'])
    await releaseHolds({ ...office.store, tools: office.tools, clock: { now: () => opensAt } }, minutes(30))
    t.match([await offered(two.id), await offered(three.id)], [{ state: 'passed' }, { state: 'offered' }])
    const seat = (await offered(three.id))?.appointmentId ?? ''
    t.match(await office.within((stores, tools) => confirmAppointment(stores, tools, { id: seat, by: 'app:t1' }, minutes(31))), { state: 'booked', patientId: 'p3' })
    t.match([await offered(three.id), await taken(office, slotId)], [{ state: 'taken' }, 1])
  })
  t.test('passes over who left or has another time by now', async (t) => {
    const { office, slotId, first } = await aFullSlot(t)
    const waits = [await wait(office, slotId, 'p2'), await wait(office, slotId, 'p3'), await wait(office, slotId, 'p4')]
    await office.within((stores, tools) => leaveLine(stores, tools, { id: waits[0]?.id ?? '', by: 'x' }, opensAt))
    await book(office, await office.ownSlot({ startsAt: minutes(130), capacity: 1 }), 'p3')
    await cancel(office, first)
    t.strictSame(await office.store.inReading(async ({ waits: lines }) => Promise.all(waits.map(async ({ id }) => (await lines.find(id))?.state))), ['left', 'passed', 'offered'])
    await office.within((stores, tools) => leaveLine(stores, tools, { id: waits[2]?.id ?? '', by: 'x' }, opensAt))
    t.equal(await taken(office, slotId), 0, 'and a seat that nobody wants any more is free')
  })
})

t.test('whoever needs an appointment → says whether there may be one, and hears of all that becomes of it, in the same transaction', async (t) => {
  const heard: string[] = []
  let may = true
  const voucher: AppointmentPurpose<Stores> = {
    mayBook: async (_stores, { subjectId }) => { if (!may) throw new DomainError('APPOINTMENT_STANDS', `The voucher ${subjectId ?? ''} is spent.`) },
    moved: async (_stores, { before, appointment }) => { heard.push(`${before?.state ?? 'nothing'} → ${appointment.state}`) }
  }
  const office = bookingOffice(await freshStore(t), { purposes: { ...plainBooking.purposes, voucher } })
  await office.patient('p1')
  const slotId = await office.ownSlot({ startsAt: minutes(120), capacity: 1 })
  const wish = { slotId, patientId: 'p1', purpose: { kind: 'voucher', subjectId: 'v1' }, isHold: true, by: 'x' }
  const { id } = await office.within((stores, tools) => bookAppointment(stores, tools, wish, opensAt))
  may = false
  t.equal(await codeOf(office.within((stores, tools) => confirmAppointment(stores, tools, { id, by: 'x' }, opensAt))), 'APPOINTMENT_STANDS', 'also when a hold is confirmed')
  may = true
  await office.within((stores, tools) => confirmAppointment(stores, tools, { id, by: 'x' }, opensAt))
  await office.says([aRecord({ resourceType: 'Appointment', id, status: 'cancelled', participant: [{ actor: { reference: 'Patient/p1' } }] }, 'p1')], minutes(5))
  t.strictSame(heard, ['nothing → held', 'held → booked', 'booked → cancelled'], 'also of what the hospital tells')
})
