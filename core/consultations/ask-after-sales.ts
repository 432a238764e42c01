import { closeThread, openThread, tellEvent } from '../dialogue/index.ts'
import { DomainError } from '../errors.ts'
import { closeAlert } from '../operations/index.ts'
import { decideAfterSales, type AfterSales, type AfterSalesDecision, type AfterSalesType } from './after-sales.ts'
import type { Consultation } from './consultation.ts'
import { consultationForChange, happen } from './change-consultation.ts'
import type { ConsultationStores, ConsultationTools } from './ports.ts'
import { hoursAfter } from './settings.ts'
import { switchDoctor } from './switch-doctor.ts'

export const supportThreadPurpose = 'support'

export interface AskAfterSales {
  readonly consultationId: string
  readonly type: AfterSalesType
  readonly reason: string | null
  /** Of a switch. */
  readonly doctorId: string | null
  readonly by: string
}

/** 售后申请 (C9): support opens a dialogue, an urge and a switch are done at once, a refund waits for the reviewer. */
export async function askAfterSales<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, command: AskAfterSales, at: Date): Promise<AfterSales> {
  const { consultationId, type, reason, doctorId, by } = command
  const before = await consultationForChange(stores, consultationId)
  const talk = type === 'support' ? await openTalk(stores, consultationId) : undefined
  if (talk !== undefined) return talk
  const isOpen = type === 'refund' || type === 'support'
  const asked: AfterSales = {
    id: tools.ids.next(), consultationId, hospitalId: before.hospitalId, patientId: before.patientId, type, state: isOpen ? 'open' : 'done', reason, doctorId, askedAt: at, askedBy: by,
    dueAt: type === 'refund' ? hoursAfter(at, tools.settings.reviewHours) : null, alertedAt: null, decidedAt: isOpen ? null : at, decidedBy: null, decision: null
  }
  await stores.afterSales.save(asked)
  await carryOut(stores, tools, { asked, before }, at)
  return asked
}

/** One talk with support at a time. */
async function openTalk ({ afterSales }: Pick<ConsultationStores, 'afterSales'>, consultationId: string): Promise<AfterSales | undefined> {
  return (await afterSales.list({ consultationId, hospitalId: null, type: 'support', state: 'open' }, { limit: 1, offset: 0 }))[0]
}

async function carryOut<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, { asked, before }: { readonly asked: AfterSales, readonly before: Consultation }, at: Date): Promise<void> {
  switch (asked.type) {
    case 'refund':
      await happen(stores, tools, { before, event: { kind: 'request_refund' } }, at)
      return
    case 'urge':
      await happen(stores, tools, { before, event: { kind: 'urge', everyMinutes: tools.settings.urgeMinutes } }, at)
      return
    case 'switch_doctor':
      if (asked.doctorId === null) throw new DomainError('REQUEST_INVALID', 'Name the doctor to switch to, one of the candidates.', 'doctorId')
      await switchDoctor(stores, tools, { id: before.id, doctorId: asked.doctorId }, at)
      return
    case 'support':
      await openThread(stores, { id: asked.id, purpose: supportThreadPurpose, hospitalId: asked.hospitalId, parties: [{ kind: 'patient', id: asked.patientId }, { kind: 'support', id: 'support' }] }, at)
      await tellEvent(stores, { id: asked.id, code: 'support_asked' }, at)
  }
}

/** 审核. A refund is approved or refused by the reviewer; a talk with support is closed. */
export async function settleAfterSales<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, { id, ...decision }: AfterSalesDecision & { readonly id: string }, at: Date): Promise<AfterSales> {
  const found = await stores.afterSales.find(id)
  if (found === null) throw noAfterSales()
  // The order first, as everywhere, so that two transactions never wait for each other.
  const before = await consultationForChange(stores, found.consultationId)
  const asked = await stores.afterSales.findForChange(id) ?? found
  const decided = decideAfterSales(asked, decision, at)
  await stores.afterSales.save(decided)
  if (decided.type === 'refund') await happen(stores, tools, { before, event: { kind: decision.isApproved ? 'approve' : 'reject' } }, at)
  if (decided.type === 'support') await closeThread(stores, id, at)
  if (decided.alertedAt !== null) for (const alert of await stores.alerts.open()) if (alert.key === lateReviewKey(id)) await closeAlert({ ...stores, ...tools }, alert, at)
  return decided
}

export const noAfterSales = (): DomainError => new DomainError('AFTER_SALES_NOT_FOUND', 'No after-sales request has this id; list those of the consultation.')

export const lateReviewKey = (id: string): string => `refund-review:${id}`
