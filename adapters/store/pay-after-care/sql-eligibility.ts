import { fen } from '../../../core/money.ts'
import type { Agreement, Assertion, EligibilityCheck, EligibilityStore } from '../../../core/pay-after-care/index.ts'
import { instant, json } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface AgreementRow {
  readonly version: string
  readonly text: string
  readonly sha256: string
  readonly from_ms: number
}

interface AssertionRow {
  readonly id: string
  readonly patient_id: string
  readonly provider: Assertion['provider']
  readonly threshold: number | null
  readonly is_met: number
  readonly evidence_id: string
  readonly made_at_ms: number
  readonly expires_at_ms: number
}

interface CheckRow {
  readonly id: string
  readonly patient_id: string
  readonly rule_set_version: string
  readonly rule: string | null
  readonly credit_limit_fen: number | null
  readonly assertion_ids: string
  readonly reasons: string
  readonly checked_at_ms: number
  readonly expires_at_ms: number
}

/** What is known of a person within the last years may be long; the newest are what decides. */
const assertionsMost = 100

export function sqlEligibility ({ sql, dialect }: Unit): EligibilityStore {
  return {
    saveAgreement: async ({ version, text, sha256, from }) => {
      await sql.run('insert into agreements (version, text, sha256, from_ms) values (?, ?, ?, ?) on conflict (version) do nothing', [version, text, sha256, from.getTime()])
    },
    agreement: async (wanted) => {
      const row = 'at' in wanted
        ? await sql.first<AgreementRow>('select * from agreements where from_ms <= ? order by from_ms desc, version desc limit 1', [wanted.at.getTime()])
        : await sql.first<AgreementRow>('select * from agreements where version = ?', [wanted.version])
      return row && agreementOf(row)
    },
    saveAssertion: async ({ id, patientId, provider, threshold, isMet, evidenceId, madeAt, expiresAt }) => {
      await sql.run('insert into assertions (id, patient_id, provider, threshold, is_met, evidence_id, made_at_ms, expires_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?)',
        [id, patientId, provider, threshold, Number(isMet), evidenceId, madeAt.getTime(), expiresAt.getTime()])
    },
    assertions: async (patientIds) => (await sql.all<AssertionRow>(
      `select * from assertions where ${dialect.isIn('patient_id')} order by made_at_ms desc, id desc limit ${assertionsMost}`, [dialect.list(patientIds)])).map(assertionOf),
    saveCheck: async (check) => {
      await sql.run('insert into eligibility_checks (id, patient_id, rule_set_version, rule, credit_limit_fen, assertion_ids, reasons, checked_at_ms, expires_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [check.id, check.patientId, check.ruleSetVersion, check.rule, check.creditLimitFen, JSON.stringify(check.assertionIds), JSON.stringify(check.reasons), check.checkedAt.getTime(), check.expiresAt.getTime()])
    },
    findCheck: async (id) => {
      const row = await sql.first<CheckRow>('select * from eligibility_checks where id = ?', [id])
      return row && checkOf(row)
    }
  }
}

function agreementOf (row: AgreementRow): Agreement {
  return { version: row.version, text: row.text, sha256: row.sha256, from: instant(row.from_ms) }
}

function assertionOf (row: AssertionRow): Assertion {
  return {
    id: row.id,
    patientId: row.patient_id,
    provider: row.provider,
    threshold: row.threshold,
    isMet: row.is_met === 1,
    evidenceId: row.evidence_id,
    madeAt: instant(row.made_at_ms),
    expiresAt: instant(row.expires_at_ms)
  }
}

function checkOf (row: CheckRow): EligibilityCheck {
  return {
    id: row.id,
    patientId: row.patient_id,
    ruleSetVersion: row.rule_set_version,
    rule: row.rule,
    creditLimitFen: row.credit_limit_fen === null ? null : fen(row.credit_limit_fen),
    assertionIds: json<readonly string[]>(row.assertion_ids),
    reasons: json<readonly string[]>(row.reasons),
    checkedAt: instant(row.checked_at_ms),
    expiresAt: instant(row.expires_at_ms)
  }
}
