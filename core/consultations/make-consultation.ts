import { DomainError } from '../errors.ts'
import { fen, type Fen } from '../money.ts'
import type { Consultation, ConsultationChannel, Product } from './consultation.ts'
import { happen, refuseUnlessActive } from './change-consultation.ts'
import { feeProductOf } from './doctor-fee.ts'
import { keepConsultation } from './keep-consultation.ts'
import type { ConsultationStores, ConsultationTools } from './ports.ts'
import { feeOf } from './set-fees.ts'
import { isSameProduct, platformPermille, rulesOf } from './settings.ts'

export interface MakeConsultation extends Product {
  readonly hospitalId: string
  /** The person's record at that hospital. */
  readonly patientId: string
  readonly channel: ConsultationChannel
  readonly complaint: string
  /** Null: whoever is on duty. */
  readonly doctorId: string | null
  readonly by: string
}

/**
 * 下单 (C2, C3, T6). The price is fixed here (C4). Without one the order counts as paid, and goes on at once.
 * Refuses with DOCTOR_NOT_FOUND and CONSULTATION_NOT_OFFERED.
 */
export async function makeConsultation<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, command: MakeConsultation, at: Date): Promise<Consultation> {
  const { hospitalId, patientId, kind, mode, channel, complaint, doctorId, by } = command
  if (doctorId !== null) await refuseUnlessActive(stores, { doctorId, hospitalId })
  const priceFen = await priceOf(stores, tools, command)
  const made = await keepConsultation(stores, tools, { before: null, after: {
    id: tools.ids.next(), number: await nextNumber(stores, tools, at), hospitalId, patientId, kind, mode, channel, acceptedBy: tools.acceptedBy(hospitalId, channel), by, complaint, namedDoctorId: doctorId, doctorId: null,
    priceFen, feePermille: platformPermille(tools.settings, command), state: 'created', reviewedFrom: null, declinedBy: [], hospitalAnswer: null, endReason: null,
    createdAt: at, paidAt: null, assignedAt: null, acceptedAt: null, repliedAt: null, urgedAt: null, finishedAt: null, endedAt: null, dueAt: null, dueFor: null, version: 0
  } }, at)
  return priceFen === 0 ? await happen(stores, tools, { before: made, event: { kind: 'pay' } }, at) : made
}

async function priceOf<Stores extends ConsultationStores> (stores: Stores, { settings }: ConsultationTools<Stores>, { hospitalId, doctorId, kind, mode }: MakeConsultation): Promise<Fen> {
  const onDuty = rulesOf(settings, hospitalId).onDutyPrices.find((price) => isSameProduct(price, { kind, mode }))?.priceFen
  const price = doctorId === null ? onDuty : await feeOf(stores, doctorId, feeProductOf({ kind, mode }))
  if (price === undefined || price === null) throw notOffered()
  return fen(price)
}

export const notOffered = (): DomainError => new DomainError('CONSULTATION_NOT_OFFERED', 'Nobody has set a price for this kind and mode here. Choose another doctor, hospital, kind or mode.', 'mode')

/** 单号. CR, the business day, and a number of the day: it is the placer number at the hospital, too (RF1-6). */
async function nextNumber<Stores extends ConsultationStores> ({ consultations }: Stores, { calendar }: ConsultationTools<Stores>, at: Date): Promise<string> {
  const day = calendar(at).replaceAll('-', '')
  return `CR-${day}-${String(await consultations.nextOfDay(day)).padStart(4, '0')}`
}
