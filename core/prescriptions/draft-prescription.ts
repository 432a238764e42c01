import { DomainError } from '../errors.ts'
import { ownNumberFrom } from '../identity/index.ts'
import { consultationOfDoctor, diagnosedRecord } from './may-document.ts'
import { mostItems, refuseForbiddenItems, refuseUnguardedChild } from './may-prescribe.ts'
import type { DocumentStores, DocumentTools } from './ports.ts'
import type { Prescription, PrescriptionItem } from './prescription.ts'

export interface DraftPrescription {
  readonly consultationId: string
  readonly doctorId: string
  readonly items: ReadonlyArray<Omit<PrescriptionItem, 'number'>>
  readonly isGuardianPresent: boolean
}

/** 开具处方. What may not be prescribed is refused here already, before anybody signs. */
export async function draftPrescription<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, command: DraftPrescription, at: Date): Promise<Prescription> {
  const { consultationId, doctorId, isGuardianPresent } = command
  const consultation = await consultationOfDoctor(stores, command)
  const items = command.items.map((item, place) => ({ ...item, number: place + 1 }))
  if (items.length === 0 || items.length > mostItems) throw new DomainError('PRESCRIPTION_ITEM_INVALID', `A prescription has 1 to ${mostItems} drugs. Write another one for more.`, 'items')
  refuseForbiddenItems(items, tools.settings)
  await refuseChild(stores, tools, { ...consultation, isGuardianPresent }, at)
  const record = await diagnosedRecord(stores, consultationId)
  const id = tools.ids.next()
  const prescription: Prescription = {
    id, number: ownNumberFrom(id), consultationId, doctorId, items, isGuardianPresent,
    hospitalId: consultation.hospitalId, patientId: consultation.patientId,
    recordId: record.id, recordVersion: record.version, diagnoses: record.content.diagnoses,
    state: 'draft', draftedAt: at, signature: null, validUntil: null, review: null, endedAt: null, reason: null
  }
  await stores.prescriptions.save(prescription)
  return prescription
}

interface Seen {
  readonly patientId: string
  readonly doctorId: string
  readonly isGuardianPresent: boolean
}

/** The date of birth of any record of the person; the doctor's department as the hospital told it. */
export async function refuseChild<Stores extends DocumentStores> ({ patients, practitioners }: Stores, { calendar }: DocumentTools<Stores>, { patientId, doctorId, isGuardianPresent }: Seen, at: Date): Promise<void> {
  const patient = await patients.find(patientId)
  const birthDate = patient === null ? null : patient.birthDate ?? (await patients.byPerson(patient.personId)).find((one) => one.birthDate !== null)?.birthDate ?? null
  refuseUnguardedChild({ birthDate, today: calendar(at), isGuardianPresent, department: (await practitioners.find(doctorId))?.department ?? null })
}
