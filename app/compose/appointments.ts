import { randomUUID } from 'node:crypto'
import { instantIn, appointmentReadRoutes, appointmentRoutes, scheduleRoutes, waitRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import {
  anaesthesiaService, bookAppointment, cancelAppointment, confirmAppointment, endAppointments, leaveLine, moveAppointment, nextAppointmentEnd, nextHoldEnd, noteAppointment, publishSchedule, publishSlots, releaseHolds, slotStatusChange, visitPurpose,
  visitPurposeKind, waitForSlot, type AppointmentPurpose, type BookingRules, type BookingStores, type BookingTools, type BookingWay
} from '../../core/appointments/index.ts'
import type { OutboundMessage } from '../../core/outbound/index.ts'
import { appointmentReminders } from '../../jobs/appointment-reminders.ts'
import type { Config } from '../config.ts'
import { voucherPurposeKind } from '../../core/vouchers/index.ts'
import { invitationPurpose, invitationPurposeKind, notForInvitations } from '../../core/invitations/index.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { voucherPurposeOf } from './voucher-purpose.ts'

/** What appointments are made for here: each purpose with its say in a booking, and its ear for what becomes of it. */
function appointmentPurposes (config: Pick<Config, 'site' | 'zone'>): Readonly<Record<string, AppointmentPurpose<Stores>>> {
  return { [visitPurposeKind]: notForInvitations(visitPurpose), [voucherPurposeKind]: notForInvitations(voucherPurposeOf(config)), [invitationPurposeKind]: invitationPurpose<Stores>({ ids: { next: randomUUID } }) }
}

export function bookingRules ({ site, zone }: Pick<Config, 'site' | 'zone'>): BookingRules<Stores> {
  const writeInstant = instantIn(zone)
  const ways = bookingWays(site)
  return { settings: site.appointments, purposes: appointmentPurposes({ site, zone }), wayOf: (hospitalId) => ways.get(hospitalId) ?? null, writeTime: (at) => writeInstant(at).slice(0, 16).replace('T', ' ') }
}

/**
 * The same for what hospitals tell. core/intake knows only the stores that it uses itself; whoever takes in is given all
 * stores of the transaction, so that the purposes find theirs.
 */
export function heardBooking (config: Pick<Config, 'site' | 'zone'>): BookingRules<BookingStores> {
  const { purposes, ...rules } = bookingRules(config)
  return { ...rules, purposes: purposes as unknown as BookingRules<BookingStores>['purposes'] }
}

/** A hospital can be asked for a seat where one of its destinations takes requests. */
function bookingWays ({ destinations }: Pick<Config['site'], 'destinations'>): ReadonlyMap<string, BookingWay> {
  const ways = new Map<string, BookingWay>()
  for (const { hospital, kind, sends } of destinations) {
    const asks = sends.some(({ resource, message }) => resource === 'Appointment' && (kind === 'fhir' || message === 'SRM^S01'))
    if (asks) ways.set(hospital, kind === 'fhir' ? 'fhir' : 'srm')
  }
  return ways
}

/** 预约: schedules, slots, bookings, holds, waiting lists, reminders, who did not come. */
export function composeAppointments (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, clock, ids, stableId, calendar, startOfDay, config, notifyOutbox, writeInstant } = deps
  const tools: BookingTools<Stores> = { ...bookingRules(config), ids, stableId, takeIn: deps.takeIn }
  const lookAfter = { inTransaction, inReading, tools, clock }
  const telling = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work
    notifyOutbox()
    return result
  }
  const making = <Command, Made>(work: (stores: Stores, tools: BookingTools<Stores>, command: Command, at: Date) => Promise<Made>) => (command: Command): Promise<Made> =>
    telling(inTransaction((stores) => work(stores, tools, command, clock.now())))
  const reading = { inReading, now: clock.now, writeInstant, isBookable: ({ owner, hospitalId }: { readonly owner: 'his' | 'ours', readonly hospitalId: string }) => owner === 'ours' || tools.wayOf(hospitalId) !== null }
  return {
    ...plainArea,
    undelivered: [(message, code) => undelivered(message, code, making(noteAppointment))],
    jobs: [appointmentReminders({ ...lookAfter, calendar, startOfDay, remindAt: config.site.appointments.remindAt })],
    timers: [
      { name: 'appointment-holds', nextDue: nextHoldEnd, run: (dueAt) => telling(releaseHolds(lookAfter, dueAt)) },
      { name: 'appointment-ends', nextDue: (stores) => nextAppointmentEnd(stores, tools.settings), run: (dueAt) => telling(endAppointments(lookAfter, dueAt)) }
    ],
    routes: [
      scheduleRoutes({
        ...reading,
        exceptService: anaesthesiaService,
        publishSchedule: (wanted) => telling(inTransaction(async (stores) => {
          const at = clock.now()
          const id = await publishSchedule({ ids, stableId, takeIn: (changes) => deps.takeIn(stores, changes, at) }, wanted, at)
          return { id, slotIds: await slotsOf(stores, id, wanted) }
        })),
        publishSlots: (wanted) => telling(inTransaction(async (stores) => slotsOf(stores, wanted.scheduleId, wanted))),
        closeSlot: ({ slot, by }) => telling(inTransaction(async (stores) => {
          const at = clock.now()
          await deps.takeIn(stores, [await slotStatusChange(stores, slot, { status: 'busy-unavailable', by, at })], at)
        }))
      }),
      appointmentReadRoutes(reading),
      appointmentRoutes({ ...reading, book: making(bookAppointment), confirm: making(confirmAppointment), cancel: making(cancelAppointment), move: making(moveAppointment), note: making(noteAppointment) }),
      waitRoutes({ ...reading, join: making(waitForSlot), leave: making(leaveLine) })
    ]
  }

  async function slotsOf (stores: Stores, scheduleId: string, { slots, by }: Pick<Parameters<Parameters<typeof scheduleRoutes>[0]['publishSlots']>[0], 'slots' | 'by'>): Promise<readonly string[]> {
    const at = clock.now()
    const schedule = await stores.slots.findSchedule(scheduleId)
    if (schedule === null) throw new Error('a schedule that was made or seen stands')
    return await publishSlots({ ...stores, ids, stableId, takeIn: (changes) => deps.takeIn(stores, changes, at) }, { schedule, wanted: slots, by }, at)
  }
}

const noteOf = { 'SRM^S01': 'request', 'SRM^S02': 'change', 'SRM^S04': 'change' } as const

/** Silence after a request leaves open what became of it; a rejection is a no. */
async function undelivered ({ message, record }: OutboundMessage, code: string, note: (command: Parameters<typeof noteAppointment<Stores>>[2]) => Promise<unknown>): Promise<void> {
  if (record.type !== 'Appointment') return
  const of = message === null ? 'request' : message in noteOf ? noteOf[message as keyof typeof noteOf] : null
  if (of === null) return
  if (code === 'OUTSIDE_UNAVAILABLE' && of === 'request') await note({ id: record.id, event: { kind: 'lost' }, by: 'destination' })
  if (code === 'OUTSIDE_REFUSED') await note({ id: record.id, event: { kind: 'reject', of, reason: 'rejected' }, by: 'destination' })
}
