import { anaesthesiaService, freeSeats, type OfferedSlot } from '../appointments/index.ts'
import type { Consultation } from './consultation.ts'
import type { ConsultationStores } from './ports.ts'
import { isOnlineNow } from './presence.ts'
import { rulesOf, type ConsultationSettings, type HospitalRules } from './settings.ts'

type DutyStores = Pick<ConsultationStores, 'slots' | 'practitioners' | 'presences' | 'consultations'>

/** No hospital has more slots running at one instant. */
const mostRunning = 2_000

/**
 * 值班医生 (C5). Who has a shift now: an open slot that is running, in a roster that the hospital counts. The one with
 * the fewest orders first, then who is online; never who declined it, and never who the directory calls inactive (D6).
 */
export async function doctorOnDuty (stores: DutyStores, settings: ConsultationSettings, { hospitalId, declinedBy }: Pick<Consultation, 'hospitalId' | 'declinedBy'>, at: Date): Promise<string | null> {
  const running = await stores.slots.list({ hospitalId, department: null, practitionerId: null, scheduleId: null, onlyFree: false, exceptService: anaesthesiaService, from: at, to: new Date(at.getTime() + 1) }, { limit: mostRunning, offset: 0 })
  const onDuty = dutyIn(running, rulesOf(settings, hospitalId)).filter((id) => !declinedBy.includes(id))
  const working = await activeOf(stores, onDuty)
  const open = await stores.consultations.openOf(working)
  const online = new Set((await stores.presences.ofDoctors(working)).filter((presence) => isOnlineNow(presence, settings, at)).map(({ doctorId }) => doctorId))
  const [first] = working.map((id) => ({ id, open: open.get(id) ?? 0, isOnline: online.has(id) }))
    .sort((one, other) => one.open - other.open || Number(other.isOnline) - Number(one.isOnline) || (one.id < other.id ? -1 : 1))
  return first?.id ?? null
}

function dutyIn (slots: readonly OfferedSlot[], { onDutyDepartments, onDutyServiceTypes }: Pick<HospitalRules, 'onDutyDepartments' | 'onDutyServiceTypes'>): readonly string[] {
  const counts = ({ department, serviceType }: OfferedSlot): boolean => (onDutyDepartments.length === 0 && onDutyServiceTypes.length === 0) ||
    (department !== null && onDutyDepartments.includes(department)) || (serviceType !== null && onDutyServiceTypes.includes(serviceType))
  return [...new Set(slots.filter((slot) => isWorking(slot) && counts(slot)).flatMap(({ practitionerId }) => practitionerId ?? []))]
}

/** A shift that is closed is none; one that is full is one. */
const isWorking = (slot: OfferedSlot): boolean => slot.isOpen || (slot.taken > 0 && freeSeats(slot) === 0)

async function activeOf ({ practitioners }: Pick<DutyStores, 'practitioners'>, ids: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(ids.map((id) => practitioners.find(id)))
  return found.flatMap((practitioner) => practitioner?.active === true ? [practitioner.id] : [])
}
