import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { maskedPerson } from '../identity/index.ts'
import { issuedNotice } from './document-notice.ts'
import { sickNoteDocuments } from './document-records.ts'
import { consultationOfDoctor, diagnosedRecord } from './may-document.ts'
import { keepOurRecords, visitOf } from './our-records.ts'
import type { DocumentStores, DocumentTools } from './ports.ts'
import { lastDayOf, noteResult, refuseUnfitDays, sickNoteToSign, voidedNote, type NoteResult, type SickNote } from './sick-note.ts'
import { signed } from './signature.ts'

export const noSickNote = (): DomainError => new DomainError('SICK_NOTE_NOT_FOUND', 'No sick note has this id; list the sick notes.')

export interface IssueSickNote {
  readonly consultationId: string
  readonly doctorId: string
  readonly firstDay: CalendarDate
  readonly days: number
  readonly advice: string | null
}

/** 开具病假单. Signed in the same act. */
export async function issueSickNote<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, command: IssueSickNote, at: Date): Promise<SickNote> {
  const { consultationId, doctorId, firstDay, days, advice } = command
  const { hospitalId, patientId } = await consultationOfDoctor(stores, command)
  refuseUnfitDays(command, { today: tools.calendar(at), mostDays: tools.settings.mostSickDays })
  const record = await diagnosedRecord(stores, consultationId)
  const written = {
    id: tools.ids.next(), consultationId, hospitalId, patientId, doctorId, recordId: record.id, recordVersion: record.version, diagnoses: record.content.diagnoses, firstDay, days, advice,
    state: 'issued' as const, voidedAt: null, voidedBecause: null
  }
  const note: SickNote = { ...written, signature: signed(tools.signer, { content: sickNoteToSign(written), by: doctorId, at }) }
  await keepNote(stores, tools, note, at)
  await stores.outbox.add(issuedNotice(note, { id: tools.ids.next(), key: `sick-note:${note.id}`, at }))
  return note
}

export async function voidSickNote<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, { id, doctorId, reason }: { readonly id: string, readonly doctorId: string, readonly reason: string }, at: Date): Promise<SickNote> {
  const before = await stores.sickNotes.findForChange(id)
  if (before === null || before.doctorId !== doctorId) throw noSickNote()
  const note = voidedNote(before, { reason, at })
  await keepNote(stores, tools, note, at)
  await stores.outbox.add(issuedNotice(note, { id: tools.ids.next(), key: `sick-note-void:${id}`, at }))
  return note
}

async function keepNote<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, note: SickNote, at: Date): Promise<void> {
  await stores.sickNotes.save(note, tools.codeKey(tools.noteCode(note.id)))
  const visit = await visitOf(stores, tools.stableId, note.consultationId)
  await keepOurRecords(stores, tools, { ...note, records: sickNoteDocuments(note, { ...tools, visit }) }, at)
}

/** What anybody may learn who has been shown a note: nothing of the illness, the doctor or the department. */
export interface VerifiedNote {
  readonly result: NoteResult
  readonly maskedName: string | null
  readonly hospitalId: string
  readonly firstDay: CalendarDate
  readonly lastDay: CalendarDate
  readonly days: number
  readonly issuedAt: Date
}

/** 校验. Null: no note has this code. */
export async function verifySickNote ({ sickNotes, patients }: Pick<DocumentStores, 'sickNotes' | 'patients'>, { codeKey, calendar }: Pick<DocumentTools<never>, 'codeKey' | 'calendar'>, code: string, at: Date): Promise<VerifiedNote | null> {
  const note = await sickNotes.byCodeKey(codeKey(code))
  if (note === null) return null
  const patient = await patients.find(note.patientId)
  const { hospitalId, firstDay, days, signature } = note
  return { result: noteResult(note, calendar(at)), maskedName: patient === null ? null : maskedPerson(patient).maskedName, hospitalId, firstDay, lastDay: lastDayOf(note), days, issuedAt: signature.at }
}
