import type { Clock } from '../clock.ts'
import type { JobResult } from '../operations/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { VisitStore } from '../visits/index.ts'
import type { Appointment } from './appointment.ts'
import { appointmentNotice } from './appointment-notice.ts'
import { noteAppointment } from './change-appointment.ts'
import { recordsOf } from './may-have.ts'
import type { AppointmentStore, BookingStores, BookingTools } from './ports.ts'
import { minuteMs } from './settings.ts'

export interface LookAfterAppointments<Stores extends BookingStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly tools: BookingTools<Stores>
  /** Business time. */
  readonly clock: Clock
}

type VisitsToo = BookingStores & { readonly visits: Pick<VisitStore, 'list'> }

const perPage = 100
const mostPages = 500
/** Who comes early for an appointment comes for it. */
const earlyMs = 4 * 3_600_000

/** Seats whose hold has run out go back, each in a transaction of its own. */
export async function releaseHolds<Stores extends BookingStores> (deps: LookAfterAppointments<Stores>, dueAt: Date): Promise<JobResult> {
  const released = await eachDue(deps, ({ appointments }) => appointments.holdsEnding(dueAt, perPage), async (stores, { id }) => {
    const { state } = await noteAppointment(stores, deps.tools, { id, event: { kind: 'expire' }, by: 'timer' }, dueAt)
    return state === 'released'
  })
  return { released }
}

export const nextHoldEnd = ({ appointments }: { readonly appointments: Pick<AppointmentStore, 'nextHoldEnd'> }): Promise<Date | null> => appointments.nextHoldEnd()

/** 爽约. When a slot and its grace are over, who had a visit there was there, and who did not come did not come. */
export async function endAppointments<Stores extends VisitsToo> (deps: LookAfterAppointments<Stores>, dueAt: Date): Promise<JobResult> {
  const counts = { fulfilled: 0, missed: 0 }
  const { tools } = deps
  const graceMs = tools.settings.noShowMinutes * minuteMs
  const by = new Date(dueAt.getTime() - graceMs)
  await eachDue(deps, ({ appointments }) => appointments.ending(by, perPage), async (stores, appointment) => {
    const hasCome = appointment.state === 'booked' && await hadVisit(stores, appointment, graceMs)
    const { state } = await noteAppointment(stores, tools, { id: appointment.id, event: { kind: hasCome ? 'fulfil' : 'end' }, by: 'timer' }, dueAt)
    if (state === 'fulfilled') counts.fulfilled += 1
    if (state === 'no_show') counts.missed += 1
    return true
  })
  return counts
}

export async function nextAppointmentEnd ({ appointments }: { readonly appointments: Pick<AppointmentStore, 'nextEnd'> }, { noShowMinutes }: { readonly noShowMinutes: number }): Promise<Date | null> {
  const end = await appointments.nextEnd()
  return end === null ? null : new Date(end.getTime() + noShowMinutes * minuteMs)
}

async function hadVisit<Stores extends VisitsToo> (stores: Stores, { patientId, hospitalId, startsAt, endsAt }: Appointment, graceMs: number): Promise<boolean> {
  const visits = await stores.visits.list({ patientIds: await recordsOf(stores, patientId), hospitalId, state: null }, { limit: perPage, offset: 0 })
  return visits.some(({ state, startedAt }) => startedAt !== null && ['registered', 'in_progress', 'closed'].includes(state) &&
    startedAt.getTime() >= startsAt.getTime() - earlyMs && startedAt.getTime() <= endsAt.getTime() + graceMs)
}

/** 签到. A visit of the person at that hospital, checked in around the time of the appointment: they came for it. */
export async function arriveByVisit<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { patientId, hospitalId, checkedInAt }: { readonly patientId: string, readonly hospitalId: string, readonly checkedInAt: Date }, at: Date): Promise<void> {
  const around = { from: checkedInAt, to: new Date(checkedInAt.getTime() + earlyMs) }
  const near = await stores.appointments.overlapping(await recordsOf(stores, patientId), around)
  const due = near.filter((one) => one.hospitalId === hospitalId && one.state === 'booked').sort((one, other) => one.startsAt.getTime() - other.startsAt.getTime())[0]
  if (due !== undefined) await noteAppointment(stores, tools, { id: due.id, event: { kind: 'arrive' }, by: 'check_in' }, at)
}

/** 就诊提醒. The day before, once for each time that an appointment is moved to. */
export async function remindOf<Stores extends BookingStores> (deps: LookAfterAppointments<Stores>, tomorrow: { readonly from: Date, readonly to: Date }, at: Date): Promise<JobResult> {
  const { tools } = deps
  const reminded = await eachDue(deps, ({ appointments }) => appointments.toRemind(tomorrow, perPage), async (stores, { id, startsAt }) => {
    const appointment = await stores.appointments.findForChange(id)
    await stores.appointments.markReminded(id, startsAt)
    if (appointment?.state !== 'booked') return false
    await stores.outbox.add(appointmentNotice('appointment_reminder', appointment, { id: tools.ids.next(), at, writeTime: tools.writeTime }))
    return true
  })
  return { reminded }
}

/** Each one that is done is not found again, so the next page is another one. */
async function eachDue<Stores extends BookingStores> ({ inTransaction, inReading }: LookAfterAppointments<Stores>, find: (stores: Stores) => Promise<readonly Appointment[]>, work: (stores: Stores, appointment: Appointment) => Promise<boolean>): Promise<number> {
  let count = 0
  for (let page = 0; page < mostPages; page += 1) {
    const due = await inReading(find)
    for (const appointment of due) if (await inTransaction((stores) => work(stores, appointment))) count += 1
    if (due.length < perPage) break
  }
  return count
}
