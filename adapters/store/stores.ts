import type { AuditStore, GuardianStore, TokenStore } from '../../core/access/index.ts'
import type { PractitionerStore } from '../../core/directory/index.ts'
import type { PatientStore } from '../../core/identity/index.ts'
import type { InboxStore } from '../../core/inbox/index.ts'
import type { ChargeStore, LedgerStore } from '../../core/ledger/index.ts'
import type { AlertStore, IdempotencyStore, JobRunStore, LeaseStore, SettingStore } from '../../core/operations/index.ts'
import type { OutboxStore } from '../../core/outbox.ts'
import type { RecordStore } from '../../core/records/index.ts'
import type { VisitStore } from '../../core/visits/index.ts'
import { sqlAlerts } from './sql-alerts.ts'
import { sqlAudit } from './sql-audit.ts'
import { sqlCharges } from './sql-charges.ts'
import { sqlGuardians } from './sql-guardians.ts'
import { sqlIdempotency } from './sql-idempotency.ts'
import { sqlInbox } from './sql-inbox.ts'
import { sqlJobRuns } from './sql-job-runs.ts'
import { sqlLeases } from './sql-leases.ts'
import { sqlLedger } from './sql-ledger.ts'
import { sqlOutbox } from './sql-outbox.ts'
import { sqlPatients } from './sql-patients.ts'
import { sqlPractitioners } from './sql-practitioners.ts'
import { sqlRecords } from './sql-records.ts'
import { sqlSettings } from './sql-settings.ts'
import { sqlTokens } from './sql-tokens.ts'
import { sqlVisits } from './sql-visits.ts'
import type { Unit } from './sql.ts'

/** Every port of core that keeps something. */
export interface Stores {
  readonly records: RecordStore
  readonly inbox: InboxStore
  readonly ledger: LedgerStore
  readonly charges: ChargeStore
  readonly patients: PatientStore
  readonly visits: VisitStore
  readonly practitioners: PractitionerStore
  readonly outbox: OutboxStore
  readonly alerts: AlertStore
  readonly jobRuns: JobRunStore
  readonly leases: LeaseStore
  readonly settings: SettingStore
  readonly idempotency: IdempotencyStore
  readonly tokens: TokenStore
  readonly guardians: GuardianStore
  readonly audit: AuditStore
}

export function storesOf (unit: Unit): Stores {
  return {
    records: sqlRecords(unit),
    inbox: sqlInbox(unit),
    ledger: sqlLedger(unit),
    charges: sqlCharges(unit),
    patients: sqlPatients(unit),
    visits: sqlVisits(unit),
    practitioners: sqlPractitioners(unit),
    outbox: sqlOutbox(unit),
    alerts: sqlAlerts(unit),
    jobRuns: sqlJobRuns(unit),
    leases: sqlLeases(unit),
    settings: sqlSettings(unit),
    idempotency: sqlIdempotency(unit),
    tokens: sqlTokens(unit),
    guardians: sqlGuardians(unit),
    audit: sqlAudit(unit)
  }
}
