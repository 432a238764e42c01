import { DomainError } from '../errors.ts'

export const auditKinds = ['doctor', 'hospital'] as const
export type AuditKind = typeof auditKinds[number]

export const auditStates = ['draft', 'submitted', 'under_review', 'approved', 'rejected', 'changed', 'suspended', 'revoked'] as const
export type AuditState = typeof auditStates[number]

/** Things that a reviewer must have looked at: nothing is approved with one that was not accepted by name. */
export const auditFindings = ['licence_under_three_years', 'licence_form_unusual', 'name_differs_at_hospital', 'employer_unknown', 'evidence_missing'] as const
export type AuditFinding = typeof auditFindings[number]

/** Who did a step: the token, and the person behind it where it says one. */
export interface AuditActor {
  readonly by: string
  readonly personId: string | null
}

/** 审核. Whether what a doctor or hospital says of itself is true; its id is the doctor's or hospital's. Telemedicine document §1.4. */
export interface AuditCase {
  readonly kind: AuditKind
  readonly id: string
  readonly state: AuditState
  /** Of every step the next one; two at once, and one wins. */
  readonly version: number
  readonly submittedBy: string | null
  readonly submittedAt: Date | null
  readonly takenBy: string | null
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
  readonly reason: string | null
  /** Of the last submission, as of its day. */
  readonly findings: readonly AuditFinding[]
  /** Approved once already: what is reviewed now is a change. */
  readonly wasApproved: boolean
}

/** One step of the history, which is only added to. */
export interface AuditStep {
  readonly kind: AuditKind
  readonly id: string
  readonly what: AuditEvent['kind']
  readonly from: AuditState | null
  readonly to: AuditState
  readonly reason: string | null
  readonly findings: readonly AuditFinding[]
  readonly by: string
  readonly at: Date
}

export type AuditEvent =
  | { readonly kind: 'submit', readonly findings: readonly AuditFinding[] }
  /** What is reviewed was edited by its owner: the name, the employer, the title, the licence. */
  | { readonly kind: 'change', readonly findings: readonly AuditFinding[] }
  | { readonly kind: 'take' }
  | { readonly kind: 'approve', readonly reason: string | null, readonly accepted: readonly AuditFinding[] }
  | { readonly kind: 'reject' | 'suspend' | 'resume' | 'revoke', readonly reason: string }

interface Rules {
  /** Whoever took a case up does not decide on it. */
  readonly auditByTwo: boolean
}

const from: Readonly<Record<AuditEvent['kind'], Readonly<Partial<Record<AuditState, AuditState>>>>> = {
  submit: { draft: 'submitted', rejected: 'submitted' },
  // What nobody has approved is reviewed anew as it is now; a draft and a refused one stay with their owner.
  change: { draft: 'draft', rejected: 'rejected', submitted: 'submitted', under_review: 'submitted', approved: 'changed', changed: 'changed' },
  take: { submitted: 'under_review', changed: 'under_review' },
  approve: { under_review: 'approved' },
  reject: { under_review: 'rejected' },
  suspend: { approved: 'suspended' },
  resume: { suspended: 'approved' },
  revoke: { approved: 'revoked', suspended: 'revoked', changed: 'revoked', under_review: 'revoked' }
}

/** The table of §1.4. Refuses with AUDIT_STATE_REFUSED, DECISION_NEEDS_ANOTHER_PERSON and AUDIT_FINDING_OPEN; then nothing has changed. */
export function decideAudit (audit: AuditCase, event: AuditEvent, { by, personId }: AuditActor, { auditByTwo, at }: Rules & { readonly at: Date }): AuditCase {
  const state = from[event.kind][audit.state]
  if (state === undefined) throw new DomainError('AUDIT_STATE_REFUSED', 'The state of the audit does not allow this. Read it again.', undefined, [audit.state])
  const after = { ...audit, state, version: audit.version + 1 }
  if (event.kind === 'submit' || event.kind === 'change') return { ...after, ...nobodyYet, submittedBy: by, submittedAt: state === 'draft' ? null : at, findings: event.findings }
  refuseOwn(audit, { by, personId }, event.kind === 'approve' || event.kind === 'reject' ? deciders(audit, auditByTwo) : [audit.submittedBy])
  if (event.kind === 'take') return { ...after, takenBy: by }
  if (event.kind === 'approve') refuseOpenFindings(audit, event)
  return { ...after, decidedBy: by, decidedAt: at, reason: event.reason, wasApproved: audit.wasApproved || event.kind === 'approve' }
}

const nobodyYet = { takenBy: null, decidedBy: null, decidedAt: null, reason: null } as const

const deciders = ({ submittedBy, takenBy }: AuditCase, auditByTwo: boolean): ReadonlyArray<string | null> => auditByTwo ? [submittedBy, takenBy] : [submittedBy]

function refuseOpenFindings ({ findings }: AuditCase, { accepted, reason }: Extract<AuditEvent, { readonly kind: 'approve' }>): void {
  const open = findings.filter((finding) => !accepted.includes(finding))
  if (open.length > 0) throw new DomainError('AUDIT_FINDING_OPEN', 'Name each finding that was looked at and accepted, with the reason, or refuse.', 'acceptedFindings', open)
  if (findings.length > 0 && reason === null) throw new DomainError('REQUEST_INVALID', 'Say why the findings are accepted.', 'reason')
}

/** 四眼. Nobody looks into an own case. */
function refuseOwn ({ id }: AuditCase, { by, personId }: AuditActor, others: ReadonlyArray<string | null>): void {
  if (others.includes(by) || personId === id) throw new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Who handed it in, or took it up where two are asked for, does not decide on it. Ask another reviewer.')
}

export function newAudit (kind: AuditKind, id: string): AuditCase {
  return { kind, id, state: 'draft', version: 1, ...nobodyYet, submittedBy: null, submittedAt: null, findings: [], wasApproved: false }
}

export const noAudit = (): DomainError => new DomainError('AUDIT_NOT_FOUND', 'No audit has this id, or not one you may see; list them: GET /v1/audits.')
