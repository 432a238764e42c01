import { openAlert, type JobResult } from '../operations/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { lateReviewKey } from './ask-after-sales.ts'
import { isNamed, type Consultation } from './consultation.ts'
import { happen, seekDoctor } from './change-consultation.ts'
import type { ConsultationEvent } from './decide-consultation.ts'
import type { ConsultationStores, ConsultationTools } from './ports.ts'

export interface LookAfterConsultations<Stores extends ConsultationStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly tools: ConsultationTools<Stores>
}

const perPage = 100
const mostPages = 500

export const nextConsultationDue = ({ consultations }: Pick<ConsultationStores, 'consultations'>): Promise<Date | null> => consultations.nextDue()

/** What is due happens, each order in a transaction of its own; what changed meanwhile is left to its new time. */
export async function carryDueConsultations<Stores extends ConsultationStores> ({ inTransaction, inReading, tools }: LookAfterConsultations<Stores>, dueAt: Date): Promise<JobResult> {
  let moved = 0
  for (let page = 0; page < mostPages; page += 1) {
    const due = await inReading(({ consultations }) => consultations.due(dueAt, perPage))
    for (const { id } of due) {
      await inTransaction(async (stores) => {
        const before = await stores.consultations.findForChange(id)
        if (before === null || before.dueAt === null || before.dueAt > dueAt) return
        await carryDue(stores, tools, before, dueAt)
        moved += 1
      })
    }
    if (due.length < perPage) break
  }
  return { moved }
}

async function carryDue<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, before: Consultation, at: Date): Promise<void> {
  if (before.dueFor === 'find_doctor') await seekDoctor(stores, tools, before, at)
  else await happen(stores, tools, { before, event: dueEvent(before) }, at)
}

function dueEvent (consultation: Consultation): ConsultationEvent {
  switch (consultation.dueFor) {
    case 'pay': return { kind: 'pay_timeout' }
    case 'accept': return unanswered(consultation)
    case 'finish': return { kind: 'finish' }
    case 'settle': case 'find_doctor': case null: return { kind: 'settle' }
  }
}

/** On duty the next doctor is asked; the hospital's silence and the named doctor's end it. */
function unanswered (consultation: Consultation): ConsultationEvent {
  if (consultation.acceptedBy === 'his') return { kind: 'accept_timeout', because: 'hospital_silent' }
  return isNamed(consultation) ? { kind: 'accept_timeout', because: 'not_accepted' } : { kind: 'decline_reassign' }
}

export const nextLateReview = ({ afterSales }: Pick<ConsultationStores, 'afterSales'>): Promise<Date | null> => afterSales.nextLate()

/** 审核超时: somebody on call hears of a refund that nobody decides, once. */
export async function alertLateReviews<Stores extends ConsultationStores> ({ inTransaction, inReading, tools }: LookAfterConsultations<Stores>, dueAt: Date): Promise<JobResult> {
  const late = await inReading(({ afterSales }) => afterSales.late(dueAt, perPage))
  for (const { id } of late) {
    await inTransaction(async (stores) => {
      const asked = await stores.afterSales.findForChange(id)
      if (asked?.state !== 'open' || asked.alertedAt !== null) return
      await stores.afterSales.save({ ...asked, alertedAt: dueAt })
      await openAlert({ ...stores, ...tools }, { key: lateReviewKey(id), detail: `refund review late since ${(asked.dueAt ?? dueAt).toISOString()}` }, dueAt)
    })
  }
  return { late: late.length }
}
