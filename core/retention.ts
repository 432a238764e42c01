import { DomainError } from './errors.ts'

/** What is kept by law for so many years, counted from when it was made. */
interface RetentionRule {
  readonly years: number
  readonly source: string
}

/**
 * 保存期限. The one table (D6, telemedicine §7). Nothing of these is deleted earlier, whoever asks; a deployment may keep
 * longer and never less. Face data is the opposite, as short as can be, and has rules of its own (docs/faces.md).
 */
export const retentionRules = {
  record: { years: 15, source: '互联网诊疗监管细则（试行）2022; 医疗机构病历管理规定 2013' },
  prescription: { years: 15, source: '互联网诊疗监管细则（试行）2022: part of the record' },
  sick_note: { years: 15, source: '互联网诊疗监管细则（试行）2022: part of the record' },
  drug_order: { years: 5, source: '药品经营质量管理规范 2016' },
  dialogue: { years: 3, source: '互联网诊疗监管细则（试行）2022: process records' },
  call: { years: 3, source: '互联网诊疗监管细则（试行）2022: process records' }
} as const satisfies Record<string, RetentionRule>

export type RetainedKind = keyof typeof retentionRules

/** The first instant at which it may go. A leap day's anniversary is the day after it. */
export function keptUntil (kind: RetainedKind, madeAt: Date): Date {
  const until = new Date(madeAt)
  until.setUTCFullYear(until.getUTCFullYear() + retentionRules[kind].years)
  return until
}

export function refuseEarlyDeletion (kind: RetainedKind, madeAt: Date, at: Date): void {
  if (at >= keptUntil(kind, madeAt)) return
  throw new DomainError('RETENTION_NOT_OVER', `This must be kept for ${retentionRules[kind].years} years and cannot be deleted before. Correct it by an amendment instead.`)
}
