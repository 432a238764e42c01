import { DomainError } from '../errors.ts'
import { decideAudit, noAudit, type AuditActor, type AuditCase, type AuditEvent, type AuditKind } from './audit-case.ts'
import type { AuditCaseStore } from './ports.ts'
import type { MarketSettings } from './settings.ts'

interface StepAudit {
  readonly kind: AuditKind
  readonly id: string
  readonly event: AuditEvent
  readonly actor: AuditActor
}

/** The one place that changes an audit: state and history in one. Refuses like decideAudit. */
export async function stepAudit ({ auditCases }: { readonly auditCases: Pick<AuditCaseStore, 'find' | 'step'> }, { auditByTwo }: MarketSettings, { kind, id, event, actor }: StepAudit, at: Date): Promise<AuditCase> {
  const before = await auditCases.find(kind, id)
  if (before === null) throw noAudit()
  const after = decideAudit(before, event, actor, { auditByTwo, at })
  const reason = 'reason' in event ? event.reason : null
  const findings = event.kind === 'approve' ? event.accepted : after.findings
  const isSaved = await auditCases.step({ before, after, step: { kind, id, what: event.kind, from: before.state, to: after.state, reason, findings, by: actor.by, at } })
  if (!isSaved) throw new DomainError('STORE_WRITE_CONFLICT', 'Another step of this audit was taken just now. Read it again.')
  return after
}
