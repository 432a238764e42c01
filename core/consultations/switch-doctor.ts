import type { Practitioner } from '../directory/index.ts'
import type { Consultation } from './consultation.ts'
import { consultationForChange, happen, refuseUnlessActive } from './change-consultation.ts'
import { maySwitchTo } from './decide-consultation.ts'
import { feeProductOf } from './doctor-fee.ts'
import { notOffered } from './make-consultation.ts'
import type { ConsultationStores, ConsultationTools } from './ports.ts'
import { isOnlineNow } from './presence.ts'
import { feeOf } from './set-fees.ts'
import type { ConsultationSettings } from './settings.ts'

/** 换医生 (C9): the difference goes back at once, and the new doctor is asked. Refuses with CONSULTATION_DOCTOR_DEARER. */
export async function switchDoctor<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, { id, doctorId }: { readonly id: string, readonly doctorId: string }, at: Date): Promise<Consultation> {
  const before = await consultationForChange(stores, id)
  await refuseUnlessActive(stores, { doctorId, hospitalId: before.hospitalId })
  const priceFen = await feeOf(stores, doctorId, feeProductOf(before))
  if (priceFen === null) throw notOffered()
  return await happen(stores, tools, { before, event: { kind: 'switch_doctor', doctorId, priceFen, allowsEqual: tools.settings.switchAllowsEqual } }, at)
}

export interface SwitchCandidate {
  readonly doctor: Practitioner
  readonly priceFen: number
  readonly isOnline: boolean
}

const mostCandidates = 200

/** Doctors of the hospital whose fee the order covers; who is online first, then the nearest in price. */
export async function switchCandidates (stores: Pick<ConsultationStores, 'doctorFees' | 'practitioners' | 'presences'>, settings: ConsultationSettings, { hospitalId, kind, mode, priceFen, doctorId, declinedBy }: Consultation, at: Date): Promise<readonly SwitchCandidate[]> {
  const fees = await stores.doctorFees.upTo({ hospitalId, product: feeProductOf({ kind, mode }), mostFen: priceFen }, mostCandidates)
  const fitting = fees.filter((fee) => maySwitchTo(fee.priceFen, priceFen, { allowsEqual: settings.switchAllowsEqual }) && fee.doctorId !== doctorId && !declinedBy.includes(fee.doctorId))
  const presences = await stores.presences.ofDoctors(fitting.map((fee) => fee.doctorId))
  const online = new Set(presences.filter((presence) => isOnlineNow(presence, settings, at)).map((presence) => presence.doctorId))
  const found = await Promise.all(fitting.map(async (fee) => ({ fee, doctor: await stores.practitioners.find(fee.doctorId) })))
  return found
    .flatMap(({ fee, doctor }) => doctor?.active === true && doctor.hospitalId === hospitalId ? [{ doctor, priceFen: fee.priceFen, isOnline: online.has(fee.doctorId) }] : [])
    .sort((one, other) => Number(other.isOnline) - Number(one.isOnline) || other.priceFen - one.priceFen)
}
