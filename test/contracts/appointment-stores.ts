import type { Test } from 'tap'
import { bookAppointment, type Appointment, type OfferedSlot, type Schedule, type Slot, type SlotWait } from '../../core/appointments/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import { bookingOffice, minutes, opensAt } from '../fixtures/booking-office.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

export function anAppointment (id: string, given: Partial<Appointment> = {}): Appointment {
  return {
    id, hospitalId: 'east', slotId: 's1', isOurs: true, isMadeHere: true, patientId: 'p1', practitionerId: 'd1', department: '内科', serviceType: null, purpose: { kind: 'visit', subjectId: null }, state: 'booked', asking: null, wantedSlotId: null,
    startsAt: minutes(60), endsAt: minutes(90), placerNumber: `YQ-${id}`, fillerNumber: null, holdUntil: null, moves: 0, answerKey: null, reason: null, madeAt: opensAt, by: 'app:t1', ...given
  }
}

const aSchedule = (id: string, given: Partial<Schedule> = {}): Schedule => ({ id, hospitalId: 'east', owner: 'ours', practitionerId: 'd1', department: '内科', serviceType: null, isActive: true, ...given })
const aSlot = (id: string, given: Partial<Slot> = {}): Slot => ({ id, scheduleId: 'c1', hospitalId: 'east', startsAt: minutes(60), endsAt: minutes(90), capacity: 2, isOpen: true, ...given })
const all = { hospitalId: null, department: null, practitionerId: null, scheduleId: null, onlyFree: false, from: null, to: null }
const page = { limit: 10, offset: 0 }
const ids = (found: ReadonlyArray<{ readonly id: string }>): string => found.map(({ id }) => id).join(' ')

export function slotStoreContract (t: Test, open: OpenStore): void {
  t.test('a slot → is read with its schedule, keeps its seats whatever is said of it, and is found by each filter', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ slots }) => {
      await slots.save(aSlot('s1'))
      t.equal(await slots.find('s1'), null, 'until its schedule is known')
      await slots.saveSchedule(aSchedule('c1'))
      await slots.saveSchedule(aSchedule('c2', { hospitalId: 'west', owner: 'his', practitionerId: 'd2', department: '外科' }))
      await slots.save(aSlot('s2', { scheduleId: 'c2', hospitalId: 'west', startsAt: minutes(120), endsAt: minutes(150), isOpen: false }))
      t.strictSame(await slots.find('s1'), { ...aSlot('s1'), owner: 'ours', practitionerId: 'd1', department: '内科', serviceType: null, taken: 0 } satisfies OfferedSlot)
      t.strictSame([await slots.takeSeat('s1', { isBooked: false }), await slots.takeSeat('s1', { isBooked: false }), await slots.takeSeat('s1', { isBooked: false })], [true, true, false])
      t.strictSame([await slots.takeSeat('s2', { isBooked: false }), await slots.takeSeat('s2', { isBooked: true }), await slots.takeSeat('nowhere', { isBooked: true })], [false, true, false], 'a closed one only what its owner booked')
      await slots.save(aSlot('s1', { capacity: 3 }))
      t.match(await slots.find('s1'), { capacity: 3, taken: 2 })
      const found = async (filter: Partial<typeof all> | object): Promise<string> => ids(await slots.list({ ...all, ...filter }, page))
      t.strictSame([await found({}), await found({ hospitalId: 'west' }), await found({ practitionerId: 'd1' }), await found({ department: '外科' }), await found({ onlyFree: true }), await found({ from: minutes(95) }), await found({ to: minutes(100) }), await found({ scheduleId: 'c2' })],
        ['s1 s2', 's2', 's1', 's2', 's1', 's2', 's1', 's2'])
      t.strictSame(ids(await slots.overlapping({ hospitalId: 'east', practitionerId: 'd1', from: minutes(89), to: minutes(200) }, 5)), 's1')
      t.strictSame(ids(await slots.overlapping({ hospitalId: 'east', practitionerId: 'd1', from: minutes(90), to: minutes(200) }, 5)), '', 'what ends where the other begins shares no time')
      t.strictSame([await slots.firstFree(['d1', 'd2', 'd3'], { at: opensAt, until: minutes(600) }), await slots.practitionersWithSchedule(['d1', 'd3'])], [[{ practitionerId: 'd1', startsAt: minutes(60) }], ['d1']])
      await slots.freeSeat('s1')
      await slots.freeSeat('s2')
      await slots.freeSeat('s2')
      t.strictSame([(await slots.find('s1'))?.taken, (await slots.find('s2'))?.taken], [1, 0], 'nothing is given back that was not taken')
      t.strictSame([ids(await slots.schedules({ hospitalId: 'east', department: null, practitionerId: null }, page)), await slots.findSchedule('c1')], ['c1', aSchedule('c1')])
    })
  })
}

export function appointmentStoreContract (t: Test, open: OpenStore): void {
  t.test('an appointment → is read back as saved, and found by number, subject, person, time and what is due', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ appointments }) => {
      const held = anAppointment('a1', { state: 'held', holdUntil: minutes(10), purpose: { kind: 'voucher', subjectId: 'v1' } })
      const told = anAppointment('a2', { slotId: null, isMadeHere: false, isOurs: false, patientId: 'p2', placerNumber: null, fillerNumber: 'F2', startsAt: minutes(120), endsAt: minutes(150), practitionerId: null, department: null })
      const asked = anAppointment('a3', { isOurs: false, patientId: 'p3', asking: 'move', wantedSlotId: 's2', moves: 1, answerKey: 'R1', reason: 'full', serviceType: '复诊', fillerNumber: 'F3' })
      for (const appointment of [held, told, asked]) {
        await appointments.save(appointment)
        t.strictSame(await appointments.findForChange(appointment.id), appointment)
      }
      t.strictSame([(await appointments.byNumber('east', { placer: 'YQ-a1' }))?.id, (await appointments.byNumber('east', { filler: 'F2' }))?.id, await appointments.byNumber('west', { filler: 'F2' })], ['a1', 'a2', null])
      t.strictSame([(await appointments.liveOf({ kind: 'voucher', subjectId: 'v1' }))?.id, await appointments.liveOf({ kind: 'visit', subjectId: 'v1' })], ['a1', null])
      t.strictSame([ids(await appointments.overlapping(['p1', 'p2'], { from: minutes(89), to: minutes(121) })), ids(await appointments.overlapping(['p1', 'p2'], { from: minutes(90), to: minutes(120) }))], ['a1 a2', ''])
      t.strictSame([ids(await appointments.holdsEnding(minutes(9), 5)), ids(await appointments.holdsEnding(minutes(10), 5)), await appointments.nextHoldEnd()], ['', 'a1', minutes(10)])
      t.strictSame([ids(await appointments.ending(minutes(150), 5)), await appointments.nextEnd()], ['a3', minutes(90)], 'of those made here')
      const tomorrow = { from: minutes(0), to: minutes(100) }
      t.equal(ids(await appointments.toRemind(tomorrow, 5)), 'a3')
      await appointments.markReminded('a3', minutes(60))
      t.equal(ids(await appointments.toRemind(tomorrow, 5)), '', 'once')
      await appointments.save({ ...asked, startsAt: minutes(70) })
      t.equal(ids(await appointments.toRemind(tomorrow, 5)), 'a3', 'and once more at another time')
      const every = { patientIds: null, hospitalId: null, state: null, slotId: null, purpose: null, from: null, to: null }
      const found = async (filter: object): Promise<string> => ids(await appointments.list({ ...every, ...filter }, page))
      t.strictSame([await found({}), await found({ patientIds: ['p1', 'p3'] }), await found({ patientIds: [] }), await found({ state: 'held' }), await found({ slotId: 's1' }), await found({ purpose: { kind: 'voucher', subjectId: null } }), await found({ purpose: { kind: 'voucher', subjectId: 'v2' } }), await found({ from: minutes(100) })],
        ['a2 a3 a1', 'a3 a1', '', 'a1', 'a3 a1', 'a1', '', 'a2'])
    })
  })

  t.test('a subject → has one live appointment: the second is refused by the store itself', async (t) => {
    const { inTransaction } = await open(t)
    const purpose = { kind: 'voucher', subjectId: 'v1' }
    await inTransaction(async ({ appointments }) => { await appointments.save(anAppointment('a1', { purpose })) })
    const second = inTransaction(async ({ appointments }) => { await appointments.save(anAppointment('a2', { purpose })) })
    t.strictSame(refusals(await Promise.allSettled([second])), ['STORE_WRITE_CONFLICT'])
    await inTransaction(async ({ appointments }) => {
      await appointments.save(anAppointment('a1', { purpose, state: 'cancelled' }))
      await appointments.save(anAppointment('a2', { purpose }))
    })
  })

  t.test('a line → is in the order in which they came', async (t) => {
    const { inTransaction } = await open(t)
    const aWait = (id: string, given: Partial<SlotWait> = {}): SlotWait => ({ id, slotId: 's1', hospitalId: 'east', patientId: id, purpose: { kind: 'visit', subjectId: null }, state: 'waiting', appointmentId: null, joinedAt: opensAt, by: 'app:t1', ...given })
    await inTransaction(async ({ waits }) => {
      for (const wait of [aWait('w2'), aWait('w1'), aWait('w3', { slotId: 's2' })]) await waits.save(wait)
      t.equal(ids(await waits.inLine('s1', 5)), 'w2 w1')
      await waits.save(aWait('w2', { state: 'offered', appointmentId: 'a1' }))
      t.strictSame([ids(await waits.inLine('s1', 5)), (await waits.byOffer('a1'))?.id, await waits.find('w2')], ['w1', 'w2', aWait('w2', { state: 'offered', appointmentId: 'a1' })])
      t.strictSame([ids(await waits.list({ patientIds: ['w1', 'w3'], hospitalId: 'east', slotId: null }, page)), ids(await waits.list({ patientIds: null, hospitalId: null, slotId: 's1' }, page))], ['w3 w1', 'w1 w2'])
    })
  })

  t.test('1,000 persons who want one of 100 seats at once → 100 are booked, 900 are told that it is full [acc:C-08]', { timeout: 240_000 }, async (t) => {
    const store = await open(t) as Store
    const office = bookingOffice(store)
    const persons = Array.from({ length: 1_000 }, (_, place) => `p${place}`)
    await store.inTransaction(async ({ patients }) => {
      for (const id of persons) await patients.save({ id, hospitalId: 'east', name: id, birthDate: null, gender: null, active: true, identifiers: [], personId: id })
    })
    const slotId = await office.ownSlot({ startsAt: minutes(60), capacity: 100 })
    const tookMs: number[] = []
    const outcomes = await Promise.allSettled(persons.map(async (patientId) => {
      const startedMs = performance.now()
      await office.within((stores, tools) => bookAppointment(stores, tools, { slotId, patientId, purpose: { kind: 'visit', subjectId: null }, isHold: false, by: 'app' }, opensAt))
      tookMs.push(performance.now() - startedMs)
    }))
    t.strictSame(refusals(outcomes), Array.from({ length: 900 }, () => 'SLOT_FULL'))
    await store.inReading(async ({ slots, appointments }) => {
      t.equal((await slots.find(slotId))?.taken, 100)
      t.equal((await appointments.list({ patientIds: null, hospitalId: null, state: 'booked', slotId, purpose: null, from: null, to: null }, { limit: 1_000, offset: 0 })).length, 100)
    })
    t.comment(`the last of the 100 was booked after ${Math.max(...tookMs).toFixed(0)} ms`)
  })
}
