import { nextVersion, recordToSign, type ConsultRecord, type RecordContent } from './consult-record.ts'
import { issuedNotice } from './document-notice.ts'
import { recordDocuments } from './document-records.ts'
import { consultationOfDoctor } from './may-document.ts'
import { keepOurRecords, visitOf } from './our-records.ts'
import type { DocumentStores, DocumentTools } from './ports.ts'
import { signed } from './signature.ts'

export interface WriteRecord {
  readonly consultationId: string
  readonly doctorId: string
  readonly content: RecordContent
  readonly basedOn: number | null
  readonly because: string | null
}

/** 书写并签名. The first version, or an amendment of the one that the doctor has read. */
export async function writeRecord<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, command: WriteRecord, at: Date): Promise<ConsultRecord> {
  const { consultationId, doctorId, content, because } = command
  const { hospitalId, patientId } = await consultationOfDoctor(stores, command)
  const standing = await stores.consultRecords.currentForChange(consultationId)
  const version = nextVersion(standing, command)
  const written = { id: standing?.id ?? tools.ids.next(), version, consultationId, hospitalId, patientId, doctorId, content, amendedBecause: standing === null ? null : because }
  const record: ConsultRecord = { ...written, signature: signed(tools.signer, { content: recordToSign(written), by: doctorId, at }) }
  await stores.consultRecords.add(record)
  const visit = await visitOf(stores, tools.stableId, consultationId)
  await keepOurRecords(stores, tools, { hospitalId, patientId, records: recordDocuments(record, { ...tools, visit }) }, at)
  await stores.outbox.add(issuedNotice(record, { id: tools.ids.next(), key: `record:${record.id}:${version}`, at }))
  return record
}
