import type { ViewDatabase } from './database.ts'
import type { SqlColumn, SqlType } from './values.ts'

const columns = (types: Readonly<Record<string, SqlType>>): readonly SqlColumn[] => Object.entries(types).map(([name, type]) => ({ name, type }))

/** The views of deploy/his-views, as this hospital made them: the roster has no rowversion, nobody asked for `remark`. */
const views = {
  'dbo.v_yiqiao_patients': { key: 'patient_no', columns: columns({
    patient_no: 'nvarchar', name: 'nvarchar', sex: 'nvarchar', birth_date: 'date', id_card_no: 'nvarchar', phone: 'nvarchar', address: 'nvarchar',
    merged_into: 'nvarchar', face_consent: 'nvarchar', face_consent_at: 'datetime2', updated_at: 'datetime2', row_version: 'rowversion', remark: 'nvarchar'
  }) },
  'dbo.v_yiqiao_photos': { key: 'patient_no', columns: columns({ patient_no: 'nvarchar', photo: 'varbinary', content_type: 'nvarchar', taken_at: 'datetime2', row_version: 'rowversion' }) },
  'dbo.v_yiqiao_visits': { key: 'visit_no', columns: columns({
    visit_no: 'nvarchar', patient_no: 'nvarchar', class: 'nvarchar', status: 'nvarchar', department_code: 'nvarchar', department_name: 'nvarchar', doctor_no: 'nvarchar',
    doctor_name: 'nvarchar', started_at: 'datetime2', ended_at: 'datetime2', diagnosis_code: 'nvarchar', diagnosis_name: 'nvarchar', diagnosis_type: 'nvarchar', drug_code: 'nvarchar', drug_name: 'nvarchar', updated_at: 'datetime2', row_version: 'rowversion'
  }) },
  'dbo.v_yiqiao_charges': { key: 'transaction_id', columns: columns({
    transaction_id: 'nvarchar', patient_no: 'nvarchar', visit_no: 'nvarchar', kind: 'nvarchar', cancels: 'nvarchar', item_code: 'nvarchar', item_name: 'nvarchar',
    quantity: 'decimal', unit_price: 'decimal', amount: 'decimal', charged_at: 'datetime2', updated_at: 'datetime2', row_version: 'rowversion'
  }) },
  'dbo.v_yiqiao_roster': { key: 'roster_no', columns: columns({
    roster_no: 'nvarchar', doctor_no: 'nvarchar', doctor_name: 'nvarchar', department_code: 'nvarchar', department_name: 'nvarchar', starts_at: 'datetime2', ends_at: 'datetime2',
    capacity: 'int', status: 'nvarchar', updated_at: 'datetime2'
  }) },
  'dbo.v_yiqiao_events': { key: 'event_id', columns: columns({
    event_id: 'nvarchar', visit_no: 'nvarchar', patient_no: 'nvarchar', kind: 'nvarchar', queue_code: 'nvarchar', queue_name: 'nvarchar', queue_no: 'nvarchar', room: 'nvarchar', at: 'datetime2', row_version: 'rowversion'
  }) },
  'dbo.v_yiqiao_requests': { key: 'request_no', columns: columns({
    request_no: 'nvarchar', patient_no: 'nvarchar', status: 'nvarchar', reason: 'nvarchar', doctor_no: 'nvarchar', doctor_name: 'nvarchar', updated_at: 'datetime2', row_version: 'rowversion'
  }) }
} as const satisfies Readonly<Record<string, { readonly key: string, readonly columns: readonly SqlColumn[] }>>

/** `dbo.v_yiqiao_patients`, … by the name of their contract. */
export const hospitalViewNames = {
  patients: 'dbo.v_yiqiao_patients',
  photos: 'dbo.v_yiqiao_photos',
  visits: 'dbo.v_yiqiao_visits',
  charges: 'dbo.v_yiqiao_charges',
  roster: 'dbo.v_yiqiao_roster',
  events: 'dbo.v_yiqiao_events',
  requests: 'dbo.v_yiqiao_requests'
} as const satisfies Readonly<Record<string, keyof typeof views>>

export type HospitalView = keyof typeof hospitalViewNames

export function createHospitalViews (database: ViewDatabase): void {
  for (const [name, view] of Object.entries(views)) database.create({ name, ...view })
}
