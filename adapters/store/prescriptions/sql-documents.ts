import type { ConsultRecord, ConsultRecordStore, SickNote, SickNoteStore } from '../../../core/prescriptions/index.ts'
import { instantOrNull, json, msOrNull } from '../columns.ts'
import { signatureOf, signatureText } from './signature-columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface RecordRow {
  readonly consultation_id: string
  readonly version: number
  readonly id: string
  readonly hospital_id: string
  readonly patient_id: string
  readonly doctor_id: string
  readonly content: string
  readonly amended_because: string | null
  readonly signature: string
}

/** 电子病历. Each version is a row that nothing changes. */
export function sqlConsultRecords ({ sql, dialect }: Unit): ConsultRecordStore {
  return {
    currentForChange: async (consultationId) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`record of ${consultationId}`])
      const row = await sql.first<RecordRow>('select * from consult_record_versions where consultation_id = ? order by version desc limit 1', [consultationId])
      return row && recordOf(row)
    },
    versions: async (consultationId) => (await sql.all<RecordRow>('select * from consult_record_versions where consultation_id = ? order by version', [consultationId])).map(recordOf),
    add: async ({ consultationId, version, id, hospitalId, patientId, doctorId, content, amendedBecause, signature }) => {
      await sql.run('insert into consult_record_versions (consultation_id, version, id, hospital_id, patient_id, doctor_id, content, amended_because, signature, signed_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [consultationId, version, id, hospitalId, patientId, doctorId, JSON.stringify(content), amendedBecause, signatureText(signature), signature.at.getTime()])
    }
  }
}

function recordOf (row: RecordRow): ConsultRecord {
  return {
    id: row.id, version: row.version, consultationId: row.consultation_id, hospitalId: row.hospital_id, patientId: row.patient_id, doctorId: row.doctor_id,
    content: json(row.content), amendedBecause: row.amended_because, signature: signatureOf(row.signature)
  }
}

interface NoteRow {
  readonly id: string
  readonly consultation_id: string
  readonly hospital_id: string
  readonly patient_id: string
  readonly doctor_id: string
  readonly record_id: string
  readonly record_version: number
  readonly diagnoses: string
  readonly first_day: SickNote['firstDay']
  readonly days: number
  readonly advice: string | null
  readonly state: SickNote['state']
  readonly signature: string
  readonly voided_at_ms: number | null
  readonly voided_because: string | null
}

const saveNote = upsert('sick_notes', ['id'], ['id', 'code_key', 'consultation_id', 'hospital_id', 'patient_id', 'doctor_id', 'record_id', 'record_version', 'diagnoses', 'first_day', 'days', 'advice', 'state', 'signature', 'signed_at_ms', 'voided_at_ms', 'voided_because'])

/** 病假单. */
export function sqlSickNotes ({ sql, dialect, build }: Unit): SickNoteStore {
  const one = async (text: string, param: string): Promise<SickNote | null> => {
    const row = await sql.first<NoteRow>(text, [param])
    return row && noteOf(row)
  }
  return {
    find: (id) => one('select * from sick_notes where id = ?', id),
    findForChange: async (id) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`sick note ${id}`])
      return await one('select * from sick_notes where id = ?', id)
    },
    byCodeKey: (codeKey) => one('select * from sick_notes where code_key = ?', codeKey),
    save: async (note, codeKey) => {
      const { id, consultationId, hospitalId, patientId, doctorId, recordId, recordVersion, diagnoses, firstDay, days, advice, state, signature } = note
      await sql.run(saveNote, [id, codeKey, consultationId, hospitalId, patientId, doctorId, recordId, recordVersion, JSON.stringify(diagnoses), firstDay, days, advice, state, signatureText(signature), signature.at.getTime(), msOrNull(note.voidedAt), note.voidedBecause])
    },
    list: async ({ patientIds, doctorId, consultationId }, { limit, offset }) => {
      const query = build('sick_notes').select('*').orderBy([{ column: 'signed_at_ms', order: 'desc' }, { column: 'id' }]).limit(limit).offset(offset)
      if (patientIds !== null) query.whereRaw(dialect.isIn('patient_id'), [dialect.list(patientIds)] as never)
      if (doctorId !== null) query.where('doctor_id', doctorId)
      if (consultationId !== null) query.where('consultation_id', consultationId)
      return (await sql.built<NoteRow>(query)).map(noteOf)
    }
  }
}

function noteOf (row: NoteRow): SickNote {
  return {
    id: row.id, consultationId: row.consultation_id, hospitalId: row.hospital_id, patientId: row.patient_id, doctorId: row.doctor_id, recordId: row.record_id, recordVersion: row.record_version,
    diagnoses: json(row.diagnoses), firstDay: row.first_day, days: row.days, advice: row.advice, state: row.state, signature: signatureOf(row.signature), voidedAt: instantOrNull(row.voided_at_ms), voidedBecause: row.voided_because
  }
}
