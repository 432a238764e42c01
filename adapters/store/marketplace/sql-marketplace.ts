import type { CalendarDate } from '../../../core/clock.ts'
import type { AdmissionDeclaration, AdmissionStore, AnaesthesiaStore, AuditState, Doctor, DoctorStore, MarketHospital, MarketHospitalStore } from '../../../core/marketplace/index.ts'
import { instant, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface DoctorRow {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly hospital_id: string | null
  readonly employer: string
  readonly staff_number: string | null
  readonly title: string
  readonly licence_number: string
  readonly licensed_on: string
  readonly specialty: Doctor['specialty']
  readonly phone: string
  readonly phone_tail: string
  readonly introduction: string
  readonly registered_at_ms: number
  readonly changed_at_ms: number
}

const saveDoctor = upsert('market_doctors', ['id'], ['id', 'account_id', 'name', 'hospital_id', 'employer', 'staff_number', 'title', 'licence_number', 'licensed_on', 'specialty', 'phone', 'phone_tail', 'introduction', 'registered_at_ms', 'changed_at_ms'])
const withAudit = (table: string, kind: string): string => `select ${table}.id, coalesce(market_audits.state, 'draft') as state from ${table} left join market_audits on market_audits.kind = '${kind}' and market_audits.id = ${table}.id`

type StateRow = { readonly id: string, readonly state: AuditState }

/** 市场医师. A list knows only those whose audit is passed. */
export function sqlDoctors ({ sql, dialect, build }: Unit): DoctorStore {
  const one = async (text: string, param: string): Promise<Doctor | null> => {
    const row = await sql.first<DoctorRow>(text, [param])
    return row && doctorOf(row)
  }
  return {
    find: (id) => one('select * from market_doctors where id = ?', id),
    byAccount: (accountId) => one('select * from market_doctors where account_id = ?', accountId),
    byLicence: (licenceNumber) => sql.all<StateRow>(`${withAudit('market_doctors', 'doctor')} where licence_number = ? limit 100`, [licenceNumber]),
    save: async ({ id, accountId, name, hospitalId, employer, staffNumber, title, licenceNumber, licensedOn, specialty, phone, phoneTail, introduction, registeredAt, changedAt }) => {
      await sql.run(saveDoctor, [id, accountId, name, hospitalId, employer, staffNumber, title, licenceNumber, licensedOn, specialty, phone, phoneTail, introduction, registeredAt.getTime(), changedAt.getTime()])
    },
    listApproved: async ({ hospitalIds, doctorId, wholeHospitalId, onlyAnaesthesia, hospitalId, specialty }, { limit, offset }) => {
      const query = build('market_doctors').join('market_audits', 'market_audits.id', 'market_doctors.id').select('market_doctors.*').where('market_audits.kind', 'doctor').where('market_audits.state', 'approved')
        .orderBy(['market_doctors.name', 'market_doctors.id']).limit(limit).offset(offset)
      if (hospitalIds !== null) query.whereRaw(dialect.isIn('hospital_id'), [dialect.list(hospitalIds)] as never)
      if (doctorId !== null) query.where('market_doctors.id', doctorId)
      if (onlyAnaesthesia && wholeHospitalId === null) query.where('specialty', 'anaesthesia')
      if (onlyAnaesthesia && wholeHospitalId !== null) query.whereRaw("(specialty = 'anaesthesia' or hospital_id = ?)", [wholeHospitalId])
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (specialty !== null) query.where('specialty', specialty)
      return (await sql.built<DoctorRow>(query)).map(doctorOf)
    }
  }
}

function doctorOf (row: DoctorRow): Doctor {
  return {
    id: row.id, accountId: row.account_id, name: row.name, hospitalId: row.hospital_id, employer: row.employer, staffNumber: row.staff_number, title: row.title, licenceNumber: row.licence_number,
    licensedOn: row.licensed_on as CalendarDate, specialty: row.specialty, phone: row.phone, phoneTail: row.phone_tail, introduction: row.introduction, registeredAt: instant(row.registered_at_ms), changedAt: instant(row.changed_at_ms)
  }
}

interface HospitalRow {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly credit_code: string
  readonly licence_number: string
  readonly contact_name: string
  readonly contact_phone: string
  readonly registered_at_ms: number
  readonly changed_at_ms: number
}

const saveHospital = upsert('market_hospitals', ['id'], ['id', 'account_id', 'name', 'credit_code', 'licence_number', 'contact_name', 'contact_phone', 'registered_at_ms', 'changed_at_ms'])

/** 第三方医院. */
export function sqlMarketHospitals ({ sql, build }: Unit): MarketHospitalStore {
  const one = async (text: string, param: string): Promise<MarketHospital | null> => {
    const row = await sql.first<HospitalRow>(text, [param])
    return row && hospitalOf(row)
  }
  return {
    find: (id) => one('select * from market_hospitals where id = ?', id),
    byAccount: (accountId) => one('select * from market_hospitals where account_id = ?', accountId),
    byCreditCode: (creditCode) => sql.all<StateRow>(`${withAudit('market_hospitals', 'hospital')} where credit_code = ? limit 100`, [creditCode]),
    save: async ({ id, accountId, name, creditCode, licenceNumber, contactName, contactPhone, registeredAt, changedAt }) => {
      await sql.run(saveHospital, [id, accountId, name, creditCode, licenceNumber, contactName, contactPhone, registeredAt.getTime(), changedAt.getTime()])
    },
    listApproved: async ({ name }, { limit, offset }) => {
      const query = build('market_hospitals').join('market_audits', 'market_audits.id', 'market_hospitals.id').select('market_hospitals.*').where('market_audits.kind', 'hospital').where('market_audits.state', 'approved')
        .orderBy(['market_hospitals.name', 'market_hospitals.id']).limit(limit).offset(offset)
      if (name !== null) query.where('market_hospitals.name', name)
      return (await sql.built<HospitalRow>(query)).map(hospitalOf)
    }
  }
}

function hospitalOf (row: HospitalRow): MarketHospital {
  return {
    id: row.id, accountId: row.account_id, name: row.name, creditCode: row.credit_code, licenceNumber: row.licence_number, contactName: row.contact_name, contactPhone: row.contact_phone,
    registeredAt: instant(row.registered_at_ms), changedAt: instant(row.changed_at_ms)
  }
}

interface DeclarationRow { readonly id: string, readonly patient_id: string, readonly hospital_id: string, readonly declared_at_ms: number, readonly declared_by: string, readonly until_ms: number }

const saveDeclaration = upsert('admission_declarations', ['id'], ['id', 'patient_id', 'hospital_id', 'declared_at_ms', 'declared_by', 'until_ms'])

export function sqlAdmissions ({ sql, dialect }: Unit): AdmissionStore {
  return {
    save: async ({ id, patientId, hospitalId, declaredAt, declaredBy, until }) => { await sql.run(saveDeclaration, [id, patientId, hospitalId, declaredAt.getTime(), declaredBy, until.getTime()]) },
    inForce: async (patientIds, at, limit) => (await sql.all<DeclarationRow>(
      `select * from admission_declarations where ${dialect.isIn('patient_id')} and until_ms > ? order by declared_at_ms desc, id limit ?`, [dialect.list(patientIds), at.getTime(), limit])).map(declarationOf)
  }
}

function declarationOf (row: DeclarationRow): AdmissionDeclaration {
  return { id: row.id, patientId: row.patient_id, hospitalId: row.hospital_id, declaredAt: instant(row.declared_at_ms), declaredBy: row.declared_by, until: instant(row.until_ms) }
}

const saveAnaesthesia = upsert('anaesthesias', ['procedure_id'], ['procedure_id', 'practitioner_id', 'performed_at_ms'])

export function sqlAnaesthesias ({ sql, dialect }: Unit): AnaesthesiaStore {
  return {
    save: async ({ procedureId, practitionerId, performedAt }) => {
      if (practitionerId === null) await sql.run('update anaesthesias set practitioner_id = null where procedure_id = ?', [procedureId])
      else await sql.run(saveAnaesthesia, [procedureId, practitionerId, msOrNull(performedAt)])
    },
    counts: async (practitionerIds) => new Map((await sql.all<{ readonly practitioner_id: string, readonly n: number }>(
      `select practitioner_id, count(*) as n from anaesthesias where ${dialect.isIn('practitioner_id')} group by practitioner_id`, [dialect.list(practitionerIds)])).map((row) => [row.practitioner_id, Number(row.n)]))
  }
}
