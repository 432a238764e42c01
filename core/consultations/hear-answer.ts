import type { HospitalAnswer } from './consultation.ts'
import { takeUpAnswer } from './change-consultation.ts'
import { keepConsultation } from './keep-consultation.ts'
import type { ConsultationStores, ConsultationTools } from './ports.ts'

export interface HeardAnswer {
  readonly number: string
  readonly hospitalId: string
  readonly answer: HospitalAnswer
}

/**
 * What the hospital's own system says of a request (T9): only a yes opens the order, pending leaves it as it is, a no and
 * silence give the money back. Told again, or of an order that nobody knows or that does not wait, it changes nothing.
 */
export async function hearAnswer<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, { number, hospitalId, answer }: HeardAnswer, at: Date): Promise<void> {
  const known = await stores.consultations.byNumber(number)
  if (known === null || known.hospitalId !== hospitalId || known.acceptedBy !== 'his') return
  const before = await stores.consultations.findForChange(known.id)
  const awaits = before !== null && (before.state === 'assigned' || (before.state === 'refund_review' && before.reviewedFrom === 'assigned'))
  if (!awaits || before.hospitalAnswer === answer) return
  const told = await keepConsultation(stores, tools, { before, after: { ...before, hospitalAnswer: answer } }, at)
  if (told.state === 'assigned') await takeUpAnswer(stores, tools, told, at)
}
