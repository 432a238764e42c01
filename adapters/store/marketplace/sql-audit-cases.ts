import type { AuditCase, AuditCaseStore, AuditFinding, AuditStep, Evidence } from '../../../core/marketplace/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface AuditRow {
  readonly kind: AuditCase['kind']
  readonly id: string
  readonly state: AuditCase['state']
  readonly version: number
  readonly submitted_by: string | null
  readonly submitted_at_ms: number | null
  readonly taken_by: string | null
  readonly decided_by: string | null
  readonly decided_at_ms: number | null
  readonly reason: string | null
  readonly findings: string
  readonly was_approved: number
}

interface StepRow {
  readonly kind: AuditStep['kind']
  readonly id: string
  readonly what: AuditStep['what']
  readonly from_state: AuditStep['from']
  readonly to_state: AuditStep['to']
  readonly reason: string | null
  readonly findings: string
  readonly done_by: string
  readonly at_ms: number
}

interface EvidenceRow {
  readonly id: string
  readonly kind: Evidence['kind']
  readonly subject_id: string
  readonly what: Evidence['what']
  readonly content_type: string
  readonly byte_count: number
  readonly sha256: string
  readonly added_by: string
  readonly at_ms: number
}

const evidenceColumns = 'id, kind, subject_id, what, content_type, byte_count, sha256, added_by, at_ms'
const update = `update market_audits set state = ?, version = ?, submitted_by = ?, submitted_at_ms = ?, taken_by = ?, decided_by = ?, decided_at_ms = ?, reason = ?, findings = ?, was_approved = ?
  where kind = ? and id = ? and version = ?`

/** 审核. Of two steps from one version one is taken; the history is only added to. */
export function sqlAuditCases ({ sql, build }: Unit): AuditCaseStore {
  return {
    find: async (kind, id) => {
      const row = await sql.first<AuditRow>('select * from market_audits where kind = ? and id = ?', [kind, id])
      return row && auditOf(row)
    },
    add: async (audit) => {
      await sql.run('insert into market_audits (state, version, submitted_by, submitted_at_ms, taken_by, decided_by, decided_at_ms, reason, findings, was_approved, kind, id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [...valuesOf(audit), audit.kind, audit.id])
    },
    step: async ({ before, after, step }) => {
      if (await sql.run(update, [...valuesOf(after), before.kind, before.id, before.version]) !== 1) return false
      const { kind, id, what, from, to, reason, findings, by, at } = step
      await sql.run('insert into market_audit_steps (kind, id, what, from_state, to_state, reason, findings, done_by, at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [kind, id, what, from, to, reason, JSON.stringify(findings), by, at.getTime()])
      return true
    },
    history: async (kind, id, limit) => (await sql.all<StepRow>('select * from market_audit_steps where kind = ? and id = ? order by sequence limit ?', [kind, id, limit])).map(stepOf),
    list: async ({ kind, states }, { limit, offset }) => {
      const query = build('market_audits').select('*').whereIn('state', states).orderBy([{ column: 'submitted_at_ms' }, { column: 'id' }]).limit(limit).offset(offset)
      if (kind !== null) query.where('kind', kind)
      return (await sql.built<AuditRow>(query)).map(auditOf)
    },
    addEvidence: async ({ id, kind, subjectId, what, contentType, byteCount, sha256, by, at }, sealedContent) => {
      await sql.run(`insert into market_evidence (${evidenceColumns}, content) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, [id, kind, subjectId, what, contentType, byteCount, sha256, by, at.getTime(), sealedContent])
    },
    evidenceOf: async (kind, subjectId) => (await sql.all<EvidenceRow>(`select ${evidenceColumns} from market_evidence where kind = ? and subject_id = ? order by at_ms, id limit 100`, [kind, subjectId])).map(evidenceOf),
    evidenceContent: async (id) => {
      const row = await sql.first<EvidenceRow & { readonly content: string }>('select * from market_evidence where id = ?', [id])
      return row && { evidence: evidenceOf(row), sealedContent: row.content }
    }
  }
}

function valuesOf ({ state, version, submittedBy, submittedAt, takenBy, decidedBy, decidedAt, reason, findings, wasApproved }: AuditCase): ReadonlyArray<string | number | null> {
  return [state, version, submittedBy, msOrNull(submittedAt), takenBy, decidedBy, msOrNull(decidedAt), reason, JSON.stringify(findings), wasApproved ? 1 : 0]
}

function auditOf (row: AuditRow): AuditCase {
  return {
    kind: row.kind, id: row.id, state: row.state, version: row.version, submittedBy: row.submitted_by, submittedAt: instantOrNull(row.submitted_at_ms), takenBy: row.taken_by, decidedBy: row.decided_by,
    decidedAt: instantOrNull(row.decided_at_ms), reason: row.reason, findings: json<AuditFinding[]>(row.findings), wasApproved: row.was_approved === 1
  }
}

function stepOf (row: StepRow): AuditStep {
  return { kind: row.kind, id: row.id, what: row.what, from: row.from_state, to: row.to_state, reason: row.reason, findings: json<AuditFinding[]>(row.findings), by: row.done_by, at: instant(row.at_ms) }
}

function evidenceOf (row: EvidenceRow): Evidence {
  return { id: row.id, kind: row.kind, subjectId: row.subject_id, what: row.what, contentType: row.content_type, byteCount: row.byte_count, sha256: row.sha256, by: row.added_by, at: instant(row.at_ms) }
}
