import { DomainError } from '../errors.ts'
import type { ConsultRecord } from './consult-record.ts'
import type { ConsultationForDocuments, DocumentStores } from './ports.ts'

/** What is written while the doctor sees the person or afterwards; not of one that was given up. */
const documented: readonly string[] = ['in_progress', 'finished', 'settled']

/**
 * The consultation that a document belongs to, for the doctor who has it. To any other it is not there, so that nobody
 * learns of a person's consultations by writing (D6: the doctor's own act, never another's or a rule's).
 */
export async function consultationOfDoctor ({ consultations }: Pick<DocumentStores, 'consultations'>, { consultationId, doctorId }: { readonly consultationId: string, readonly doctorId: string }): Promise<ConsultationForDocuments & { readonly doctorId: string }> {
  const found = await consultations.find(consultationId)
  if (found === null || found.doctorId !== doctorId) throw new DomainError('CONSULTATION_NOT_FOUND', 'No consultation of yours has this id; list your consultations.', 'consultationId')
  if (!documented.includes(found.state)) throw new DomainError('DOCUMENT_CONSULTATION_STATE', `The consultation is ${found.state}. Documents are written while it is in progress or after it is finished.`)
  return { ...found, doctorId }
}

/** 先有病历. Prescriptions and notes rest on a signed record with a diagnosis. */
export async function diagnosedRecord ({ consultRecords }: Pick<DocumentStores, 'consultRecords'>, consultationId: string): Promise<ConsultRecord> {
  const record = await consultRecords.currentForChange(consultationId)
  if (record === null || record.content.diagnoses.length === 0) throw new DomainError('DOCUMENT_RECORD_NEEDED', 'Write and sign the record of this consultation with its diagnosis first.')
  return record
}
