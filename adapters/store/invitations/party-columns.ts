import type { Payer } from '../../../core/escrow/index.ts'
import { payerHospital, payerPatient, type PartyFilter } from '../../../core/invitations/index.ts'
import type { Unit } from '../sql.ts'

/** Who pays, and for whose work: the same columns wherever invitations and what follows from them stand. */
export interface PartyRow {
  readonly hospital_id: string
  readonly doctor_id: string
  readonly payer_patient_id: string | null
  readonly payer_hospital_id: string | null
}

export const partyColumns = ['hospital_id', 'doctor_id', 'payer_patient_id', 'payer_hospital_id']

export function partyValues ({ hospitalId, doctorId, payer }: { readonly hospitalId: string, readonly doctorId: string, readonly payer: Payer }): ReadonlyArray<string | null> {
  return [hospitalId, doctorId, payerPatient(payer), payerHospital(payer)]
}

export function partiesOf (row: PartyRow): { readonly hospitalId: string, readonly doctorId: string, readonly payer: Payer } {
  const payer: Payer = row.payer_patient_id === null ? { kind: 'organization', organizationId: row.payer_hospital_id ?? '' } : { kind: 'person', patientId: row.payer_patient_id }
  return { hospitalId: row.hospital_id, doctorId: row.doctor_id, payer }
}

interface Listing {
  readonly table: string
  /** By which the newest comes first. */
  readonly by: string
  readonly filter: PartyFilter
  readonly equal?: Readonly<Record<string, string | null>>
  /** Of invitations: shown to others than the payer once they are paid. */
  readonly hidesUnpaid?: boolean
  readonly page: { readonly limit: number, readonly offset: number }
}

export async function listByParty<Row> ({ sql, dialect, build }: Unit, { table, by, filter, equal = {}, hidesUnpaid = false, page }: Listing): Promise<readonly Row[]> {
  const query = build(table).select('*').orderBy([{ column: by, order: 'desc' }, { column: 'id' }]).limit(page.limit).offset(page.offset)
  const { payerPatientIds, payerHospitalId, doctorId, hospitalId, partyHospitalId } = filter
  const wanted = { ...equal, payer_hospital_id: payerHospitalId, doctor_id: doctorId, hospital_id: hospitalId }
  if (payerPatientIds !== null) query.whereRaw(dialect.isIn('payer_patient_id'), [dialect.list(payerPatientIds)] as never)
  for (const [column, value] of Object.entries(wanted)) if (value !== null) query.where(column, value)
  if (partyHospitalId !== null) query.whereRaw('(hospital_id = ? or payer_hospital_id = ?)', [partyHospitalId, partyHospitalId])
  if (hidesUnpaid) query.whereRaw('(paid_at_ms is not null or payer_hospital_id = ?)', [partyHospitalId ?? ''])
  return await sql.built<Row>(query)
}
