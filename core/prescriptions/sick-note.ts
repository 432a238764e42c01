import type { CalendarDate } from '../clock.ts'
import { addDays, daysBetween } from '../days.ts'
import { DomainError } from '../errors.ts'
import type { Diagnosis } from './consult-record.ts'
import type { Signature } from './signature.ts'

/** 病假单. Whoever is shown it proves it by its code, and learns nothing of the illness. */
export interface SickNote {
  readonly id: string
  readonly consultationId: string
  readonly hospitalId: string
  readonly patientId: string
  readonly doctorId: string
  readonly recordId: string
  readonly recordVersion: number
  readonly diagnoses: readonly Diagnosis[]
  readonly firstDay: CalendarDate
  readonly days: number
  readonly advice: string | null
  readonly state: 'issued' | 'void'
  readonly signature: Signature
  readonly voidedAt: Date | null
  readonly voidedBecause: string | null
}

export const lastDayOf = ({ firstDay, days }: Pick<SickNote, 'firstDay' | 'days'>): CalendarDate => addDays(firstDay, days - 1)

export const sickNoteToSign = ({ id, consultationId, hospitalId, patientId, doctorId, recordId, recordVersion, diagnoses, firstDay, days, advice }: Omit<SickNote, 'signature'>): object =>
  ({ kind: 'sick-note', id, consultationId, hospitalId, patientId, doctorId, recordId, recordVersion, diagnoses, firstDay, days, advice })

/** A note is not written for a time that nobody has seen the person in, nor far ahead. */
const earliestDays = -3
const latestDays = 7

export function refuseUnfitDays ({ firstDay, days }: Pick<SickNote, 'firstDay' | 'days'>, { today, mostDays }: { readonly today: CalendarDate, readonly mostDays: number }): void {
  if (days < 1 || days > mostDays) throw new DomainError('SICK_NOTE_DAYS_INVALID', `A note is for 1 to ${mostDays} days. Ask the person to come back after that.`, 'days')
  const ahead = daysBetween(today, firstDay)
  if (ahead < earliestDays || ahead > latestDays) throw new DomainError('SICK_NOTE_DAYS_INVALID', 'The first day lies at most three days back or a week ahead.', 'firstDay')
}

export function voidedNote (note: SickNote, { reason, at }: { readonly reason: string, readonly at: Date }): SickNote {
  if (note.state === 'void') throw new DomainError('SICK_NOTE_VOID', 'This note is void already.')
  return { ...note, state: 'void', voidedAt: at, voidedBecause: reason }
}

/** not_yet, valid and over are by the days; void by decision. */
export const noteResults = ['not_yet', 'valid', 'over', 'void'] as const
export type NoteResult = typeof noteResults[number]

export function noteResult (note: SickNote, today: CalendarDate): NoteResult {
  if (note.state === 'void') return 'void'
  if (today < note.firstDay) return 'not_yet'
  return today > lastDayOf(note) ? 'over' : 'valid'
}
