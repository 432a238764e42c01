import { anaesthesiaService, freeSeats, type OfferedSlot, type SlotStore } from '../appointments/index.ts'
import type { Calendar, CalendarDate } from '../clock.ts'
import type { Doctor } from './doctor.ts'
import type { AnaesthesiaStore, DoctorStanding, StandingOf } from './ports.ts'

/** 前台展示 (M6). */
export interface DoctorFront {
  readonly doctor: Doctor
  readonly standing: DoctorStanding
  /** Given, as the hospitals' records count them. */
  readonly anaesthesias: number
  /** Days on which an invitation can be made. */
  readonly openDates: readonly CalendarDate[]
}

interface FrontStores {
  readonly slots: Pick<SlotStore, 'list'>
  readonly anaesthesias: Pick<AnaesthesiaStore, 'counts'>
}

const unknown: DoctorStanding = { stars: null, evaluations: { count: 0, mean: null }, invitations: 0, refused: 0 }
const aheadMs = 60 * 86_400_000
const mostSlots = 500

export async function frontOf<Stores extends FrontStores> (stores: Stores, { standingOf, calendar }: { readonly standingOf: StandingOf<Stores>, readonly calendar: Calendar }, doctors: readonly Doctor[], at: Date): Promise<readonly DoctorFront[]> {
  const ids = doctors.map(({ id }) => id)
  if (ids.length === 0) return []
  const [standings, counts] = [await standingOf(stores, ids), await stores.anaesthesias.counts(ids)]
  const fronts: DoctorFront[] = []
  for (const doctor of doctors) {
    const open = (await slotsOf(stores, doctor, { from: at, to: new Date(at.getTime() + aheadMs) })).filter((slot) => freeSeats(slot) > 0 && slot.startsAt > at)
    fronts.push({ doctor, standing: standings.get(doctor.id) ?? unknown, anaesthesias: counts.get(doctor.id) ?? 0, openDates: [...new Set(open.map(({ startsAt }) => calendar(startsAt)))] })
  }
  return fronts
}

/** The doctor's calendar in the market; what the hospital's own roster says of the same doctor is another matter. */
export async function slotsOf ({ slots }: Pick<FrontStores, 'slots'>, { id }: Pick<Doctor, 'id'>, { from, to }: { readonly from: Date, readonly to: Date }): Promise<readonly OfferedSlot[]> {
  const found = await slots.list({ hospitalId: null, department: null, practitionerId: id, scheduleId: null, onlyFree: false, from, to }, { limit: mostSlots, offset: 0 })
  return found.filter(({ serviceType, owner }) => serviceType === anaesthesiaService && owner === 'ours')
}
