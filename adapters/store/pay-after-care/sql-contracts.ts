import { DomainError } from '../../../core/errors.ts'
import { groupedBy } from '../../../core/grouped-by.ts'
import { fen } from '../../../core/money.ts'
import type { Assured, ConsentPurpose, Contract, ContractEvent, ContractStore } from '../../../core/pay-after-care/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface ContractRow {
  readonly id: string
  readonly patient_id: string
  readonly guardian_patient_id: string | null
  readonly state: Contract['state']
  readonly agreement_version: string
  readonly agreement_sha256: string
  readonly rule_set_version: string
  readonly rule: string
  readonly assertion_ids: string
  readonly consents: string
  readonly phone: string
  readonly phone_key: string
  readonly credit_limit_fen: number
  readonly signed_at_ms: number
  readonly signed_by: string
  readonly suspended_at_ms: number | null
  readonly suspended_because: Contract['suspendedBecause']
  readonly ended_at_ms: number | null
  readonly ended_because: Contract['endedBecause']
  readonly ended_by: string | null
}

interface EventRow {
  readonly id: string
  readonly contract_id: string
  readonly what: ContractEvent['what']
  readonly reason: string | null
  readonly by_token: string | null
  readonly at_ms: number
}

/** `assertion_id`: the first of the basis, by which lapsing ones are found. */
const save = upsert('contracts', ['id'], ['id', 'patient_id', 'guardian_patient_id', 'state', 'agreement_version', 'agreement_sha256', 'rule_set_version', 'rule', 'assertion_ids', 'assertion_id',
  'consents', 'phone', 'phone_key', 'credit_limit_fen', 'signed_at_ms', 'signed_by', 'suspended_at_ms', 'suspended_because', 'ended_at_ms', 'ended_because', 'ended_by'])
const standing = "state in ('active', 'suspended')"

export function sqlContracts ({ sql, dialect }: Unit): ContractStore {
  return {
    find: async (id) => {
      const row = await sql.first<ContractRow>('select * from contracts where id = ?', [id])
      return row && contractOf(row)
    },
    findAll: async (ids) => (await sql.all<ContractRow>(`select * from contracts where ${dialect.isIn('id')}`, [dialect.list(ids)])).map(contractOf),
    ofPatient: async (patientId) => (await sql.all<ContractRow>(
      `select * from contracts where patient_id in (select cast(? as text) union all select id from patients where person_id = (select person_id from patients where id = ?))
       order by signed_at_ms desc, id desc`, [patientId, patientId])).map(contractOf),
    save: async (contract) => {
      try {
        await sql.run(save, valuesOf(contract))
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'STORE_WRITE_CONFLICT') throw error
        const stands = new DomainError('CONTRACT_STANDS', 'The patient has a contract that stands already. GET /v1/contracts shows it.')
        stands.cause = error
        throw stands
      }
    },
    lockPerson: async (personId) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`contract ${personId}`])
    },
    suspended: async ({ limit, after }) => (await sql.all<ContractRow>("select * from contracts where state = 'suspended' and id > ? order by id limit ?", [after ?? '', limit])).map(contractOf),
    standingTwice: async (limit) => {
      const rows = await sql.all<ContractRow & { readonly person_id: string }>(
        `select c.*, p.person_id from contracts c join patients p on p.id = c.patient_id
         where c.${standing} and p.person_id in (
           select q.person_id from contracts d join patients q on q.id = d.patient_id where d.${standing} group by q.person_id having count(*) > 1 order by q.person_id limit ?)
         order by p.person_id, c.signed_at_ms, c.id`, [limit])
      return byPerson(rows)
    },
    lapsing: async (by, { limit, after }) => (await sql.all<ContractRow>(
      `select c.* from contracts c join assertions a on a.id = c.assertion_id
       where c.state = 'active' and a.expires_at_ms <= ? and c.id > ? order by c.id limit ?`, [by.getTime(), after ?? '', limit])).map(contractOf),
    note: async ({ id, contractId, what, reason, by, at }) => {
      await sql.run('insert into contract_events (id, contract_id, what, reason, by_token, at_ms) values (?, ?, ?, ?, ?, ?)', [id, contractId, what, reason, by, at.getTime()])
    },
    events: async (contractId, limit) => (await sql.all<EventRow>('select * from contract_events where contract_id = ? order by at_ms, id limit ?', [contractId, limit]))
      .map((row) => ({ id: row.id, contractId: row.contract_id, what: row.what, reason: row.reason, by: row.by_token, at: instant(row.at_ms) }))
  }
}

function valuesOf (contract: Contract): ReadonlyArray<string | number | null> {
  const { agreement, basis, endedBy } = contract
  return [contract.id, contract.patientId, contract.guardianPatientId, contract.state, agreement.version, agreement.sha256, basis.ruleSetVersion, basis.rule, JSON.stringify(basis.assertionIds), basis.assertionIds[0] ?? null,
    JSON.stringify(contract.consents), contract.phone, contract.phoneKey, contract.creditLimitFen, contract.signedAt.getTime(), JSON.stringify(contract.signedBy), msOrNull(contract.suspendedAt), contract.suspendedBecause,
    msOrNull(contract.endedAt), contract.endedBecause, endedBy === null ? null : JSON.stringify(endedBy)]
}

function contractOf (row: ContractRow): Contract {
  return {
    id: row.id,
    patientId: row.patient_id,
    guardianPatientId: row.guardian_patient_id,
    state: row.state,
    agreement: { version: row.agreement_version, sha256: row.agreement_sha256 },
    basis: { ruleSetVersion: row.rule_set_version, rule: row.rule, assertionIds: json<readonly string[]>(row.assertion_ids) },
    consents: json<readonly ConsentPurpose[]>(row.consents),
    phone: row.phone,
    phoneKey: row.phone_key,
    creditLimitFen: fen(row.credit_limit_fen),
    signedAt: instant(row.signed_at_ms),
    signedBy: json<Assured>(row.signed_by),
    suspendedAt: instantOrNull(row.suspended_at_ms),
    suspendedBecause: row.suspended_because,
    endedAt: instantOrNull(row.ended_at_ms),
    endedBecause: row.ended_because,
    endedBy: row.ended_by === null ? null : json<Assured>(row.ended_by)
  }
}

/** The rows of a person come one after the other. */
function byPerson (rows: ReadonlyArray<ContractRow & { readonly person_id: string }>): ReadonlyArray<readonly Contract[]> {
  return [...groupedBy(rows, (row) => row.person_id).values()].map((own) => own.map(contractOf))
}
