import type { AuditEvent, AuditStore } from '../../../core/access/index.ts'
import { instant } from '../columns.ts'
import type { GroupStatement, Unit } from '../sql.ts'

interface AuditRow {
  readonly id: string
  readonly at_ms: number
  readonly token_id: string | null
  readonly role: AuditEvent['role']
  readonly person_id: string | null
  readonly action: AuditEvent['action']
  readonly target: string
  readonly target_id: string | null
  readonly patient_id: string | null
  readonly outcome: AuditEvent['outcome']
  readonly request_id: string
}

const columns = ['id', 'at_ms', 'token_id', 'role', 'person_id', 'action', 'target', 'target_id', 'patient_id', 'outcome', 'request_id'] as const

const append: GroupStatement = {
  columns: Object.fromEntries(columns.map((column) => [column, column === 'at_ms' ? 'integer' as const : 'text' as const])),
  text: (given) => `insert into audit_events (${columns.join(', ')}) select ${columns.map((column) => `given.${column}`).join(', ')} from ${given} as given`
}

export function sqlAudit ({ sql, build }: Unit): AuditStore {
  return {
    append: async (events) => {
      await sql.runOf(append, events.map((event) => [event.id, event.at.getTime(), event.tokenId, event.role, event.personId, event.action,
        event.target, event.targetId, event.patientId, event.outcome, event.requestId]))
    },
    list: async ({ patientId, tokenId }, { limit, before }) => {
      const query = build('audit_events').select('*').limit(limit).orderByRaw('at_ms desc, sequence desc')
      if (patientId !== undefined) query.where('patient_id', patientId)
      if (tokenId !== undefined) query.where('token_id', tokenId)
      if (before !== null) query.where('at_ms', '<', before.getTime())
      return (await sql.built<AuditRow>(query)).map(eventOf)
    }
  }
}

function eventOf (row: AuditRow): AuditEvent {
  return {
    id: row.id,
    at: instant(row.at_ms),
    tokenId: row.token_id,
    role: row.role,
    personId: row.person_id,
    action: row.action,
    target: row.target,
    targetId: row.target_id,
    patientId: row.patient_id,
    outcome: row.outcome,
    requestId: row.request_id
  }
}
