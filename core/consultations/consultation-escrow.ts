import type { EscrowSubject } from '../escrow/index.ts'
import { findConsultation, happen, noConsultation } from './change-consultation.ts'
import { decideConsultation, mayHappen } from './decide-consultation.ts'
import type { ConsultationStores, ConsultationTools } from './ports.ts'

export const consultationPaymentPurpose = 'consultation'

/** What the wallet shows; nothing clinical, no name. */
const description = '在线服务费'

/** 问诊费 (C4): paid into escrow, and the order goes on in the transaction of the success. */
export function consultationSubject<Stores extends ConsultationStores> (tools: ConsultationTools<Stores>): EscrowSubject<Stores> {
  return {
    purpose: consultationPaymentPurpose,
    owed: async (stores, { id, payer, patientIds, at }) => {
      const order = await findConsultation(stores, id)
      if (payer.kind !== 'person' || !patientIds.includes(order.patientId)) throw noConsultation()
      decideConsultation(order, { kind: 'pay' }, at)
      return { amountFen: order.priceFen, hospitalId: order.hospitalId, patientId: order.patientId, description }
    },
    paid: async (stores, { id }, at) => {
      const before = await stores.consultations.findForChange(id)
      // Cancelled meanwhile, or paid before by another payment.
      if (before === null || !mayHappen(before, 'pay')) return false
      await happen(stores, tools, { before, event: { kind: 'pay' } }, at)
      return true
    }
  }
}
