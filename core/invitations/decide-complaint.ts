import { DomainError } from '../errors.ts'
import type { Complaint } from './complaint.ts'
import { dayMs } from './settings.ts'

export type ComplaintCommand =
  | { readonly kind: 'take' }
  | { readonly kind: 'note', readonly findings: string }
  | { readonly kind: 'decide', readonly isUpheld: boolean, readonly reason: string }
  | { readonly kind: 'appeal', readonly words: string, readonly appealDays: number }
  | { readonly kind: 'decide_appeal', readonly isOverturned: boolean, readonly reason: string }

/**
 * The complaint after a command. Whoever looked into it does not decide, and whoever decided does not decide on the
 * appeal (DECISION_NEEDS_ANOTHER_PERSON). Refuses with COMPLAINT_STATE_REFUSED and COMPLAINT_APPEAL_OVER.
 */
export function decideComplaint (complaint: Complaint, command: ComplaintCommand, { by, at }: { readonly by: string, readonly at: Date }): Complaint {
  switch (command.kind) {
    case 'take': return { ...inState(complaint, 'open'), state: 'investigating', takenBy: by }
    case 'note': return { ...inState(complaint, 'investigating'), findings: command.findings }
    case 'decide': return decided(inState(complaint, 'investigating'), command, { by, at })
    case 'appeal': return appealed(inState(complaint, 'upheld'), command, at)
    case 'decide_appeal': return appealDecided(inState(complaint, 'upheld'), command, { by, at })
  }
}

function inState (complaint: Complaint, state: Complaint['state']): Complaint {
  if (complaint.state !== state) throw refused(`This complaint is ${complaint.state}. Read it again.`)
  return complaint
}

const refused = (detail: string): DomainError => new DomainError('COMPLAINT_STATE_REFUSED', detail)
const anotherPerson = (): DomainError => new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Whoever had this complaint in hand before does not decide on it. Ask another person.')

function decided (complaint: Complaint, { isUpheld, reason }: Extract<ComplaintCommand, { readonly kind: 'decide' }>, { by, at }: { readonly by: string, readonly at: Date }): Complaint {
  if (complaint.findings === null) throw refused('Nothing was found out yet. Write down what was found first.')
  if (complaint.takenBy === by) throw anotherPerson()
  return { ...complaint, state: isUpheld ? 'upheld' : 'dismissed', decidedBy: by, decidedAt: at, reason }
}

function appealed (complaint: Complaint, { words, appealDays }: Extract<ComplaintCommand, { readonly kind: 'appeal' }>, at: Date): Complaint {
  if (complaint.appeal !== null) throw refused('There was an appeal already; a complaint has one.')
  if (complaint.decidedAt === null || at.getTime() - complaint.decidedAt.getTime() > appealDays * dayMs) throw new DomainError('COMPLAINT_APPEAL_OVER', `An appeal is possible for ${appealDays} days after the decision.`)
  return { ...complaint, appeal: { words, at, decision: null, decidedBy: null, decidedAt: null, reason: null } }
}

function appealDecided (complaint: Complaint, { isOverturned, reason }: Extract<ComplaintCommand, { readonly kind: 'decide_appeal' }>, { by, at }: { readonly by: string, readonly at: Date }): Complaint {
  const { appeal } = complaint
  if (appeal === null || appeal.decision !== null) throw refused('There is no open appeal.')
  if (by === complaint.decidedBy || by === complaint.takenBy) throw anotherPerson()
  return { ...complaint, state: isOverturned ? 'overturned' : 'upheld', appeal: { ...appeal, decision: isOverturned ? 'overturned' : 'kept', decidedBy: by, decidedAt: at, reason } }
}
