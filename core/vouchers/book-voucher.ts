import { isLive, type AppointmentPurpose, type BookingStores, type MovedAppointment, type WantedBooking } from '../appointments/index.ts'
import { DomainError } from '../errors.ts'
import { refuseBooking } from './decide-voucher.ts'
import { batchOfVoucher } from './hand-out.ts'
import { takeStep, voucherForChange } from './keep-voucher.ts'
import { recalled } from './make-batch.ts'
import type { VoucherStores } from './ports.ts'
import { dayAfter, type VoucherTools } from './settings.ts'
import type { BookedFor, Voucher } from './voucher.ts'

export const voucherPurposeKind = 'voucher'

type PurposeTools = Omit<VoucherTools, 'codes'>
type PurposeStores = VoucherStores & Pick<BookingStores, 'patients'>

const dayMs = 86_400_000

/** 检查预约 (V-18, V-19). The voucher has its say in the appointment, and hears what becomes of it, in one transaction. */
export function voucherPurpose<Stores extends PurposeStores> (tools: PurposeTools): AppointmentPurpose<Stores> {
  return {
    mayBook: (stores, wanted, at) => mayBook(stores, tools, wanted, at),
    moved: (stores, change, at) => moved(stores, tools, change, at)
  }
}

async function mayBook (stores: PurposeStores, tools: PurposeTools, { subjectId, patientId, slot, moving }: WantedBooking, at: Date): Promise<void> {
  if (subjectId === null) throw new DomainError('REQUEST_INVALID', 'Name the voucher.', 'purpose.subjectId')
  const voucher = await voucherForChange(stores, subjectId)
  if (voucher.patientId === null || !(await recordIdsOf(stores, patientId)).includes(voucher.patientId)) throw new DomainError('VOUCHER_OF_ANOTHER_PERSON', 'This voucher was handed out to another person.')
  const batch = await batchOfVoucher(stores, voucher)
  if (batch.voidedAt !== null) throw recalled()
  if (!batch.hospitalIds.includes(slot.hospitalId)) throw new DomainError('VOUCHER_NOT_FOR_HOSPITAL', 'This voucher is not good for this hospital. See where it is.', 'slotId')
  // Another appointment that stands was refused before: what is booked here is the one that is confirmed or moved.
  refuseBooking(voucher, { isOwn: moving !== null || voucher.state === 'booked', mostRebookings: tools.settings.mostRebookings }, at)
  const lastStart = voucher.validUntil.getTime() + tools.settings.honourDays * dayMs
  if (slot.startsAt.getTime() >= lastStart || slot.endsAt <= voucher.validFrom) throw new DomainError('VOUCHER_NOT_IN_TIME', `Choose a time within the validity, or at most ${tools.settings.honourDays} days after its last day.`, 'slotId')
}

async function recordIdsOf ({ patients }: PurposeStores, patientId: string): Promise<readonly string[]> {
  const patient = await patients.find(patientId)
  return patient === null ? [patientId] : (await patients.byPerson(patient.personId)).map(({ id }) => id)
}

/** Never refuses: what the hospital says of its appointment holds. A voucher that has gone on to its use stays there. */
async function moved (stores: PurposeStores, tools: PurposeTools, change: MovedAppointment, at: Date): Promise<void> {
  const { appointment } = change
  const { subjectId } = appointment.purpose
  const voucher = subjectId === null ? null : await stores.vouchers.findForChange(subjectId)
  if (voucher === null) return
  const { by } = appointment
  if (isLive(appointment)) {
    const booking = bookingOf(change, tools)
    if (voucher.state === 'issued') await takeStep(stores, tools, { voucher, command: { kind: 'book', appointment: booking }, by }, at)
    else if (isOther(voucher, booking)) await takeStep(stores, tools, { voucher, command: { kind: 'rebook', appointment: booking }, by }, at)
  } else if (voucher.state === 'booked' && voucher.appointment?.id === appointment.id) {
    await takeStep(stores, tools, { voucher, command: { kind: 'release', isGivenUp: isGivenUp(change), reason: appointment.state }, by }, at)
  }
}

function bookingOf ({ appointment: { id, hospitalId, startsAt, endsAt } }: MovedAppointment, tools: PurposeTools): BookedFor {
  return { id, hospitalId, startsAt, honouredUntil: dayAfter(endsAt, tools) }
}

/** The same appointment at another time. */
function isOther ({ state, appointment }: Voucher, { id, startsAt, honouredUntil }: BookedFor): boolean {
  return state === 'booked' && appointment !== null && appointment.id === id &&
    (appointment.startsAt.getTime() !== startsAt.getTime() || appointment.honouredUntil.getTime() !== honouredUntil.getTime())
}

/** D-13: not kept, or cancelled here after it was booked. What the hospital refused or took back, or what was only held, does not count. */
function isGivenUp ({ before, appointment }: MovedAppointment): boolean {
  if (appointment.state === 'no_show') return true
  if (appointment.state !== 'cancelled' || before === null) return false
  return before.asking === 'cancel' || (before.state === 'booked' && (appointment.isOurs || appointment.by !== before.by))
}
