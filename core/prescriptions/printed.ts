import type { CalendarDate } from '../clock.ts'
import type { Patient } from '../identity/index.ts'
import { yuanText } from '../money.ts'
import type { ConsultRecord } from './consult-record.ts'
import { diagnosesText, recordSections } from './document-records.ts'
import { dosageText } from './medication-records.ts'
import { itemFen, itemsFen, type Prescription, type PrescriptionState } from './prescription.ts'
import type { Signature } from './signature.ts'
import { lastDayOf, type SickNote } from './sick-note.ts'

/** What stands on paper, without its looks. */
export interface PrintedDocument {
  readonly title: string
  readonly hospital: string
  readonly number: string
  /** Beside each other, label and value. */
  readonly facts: ReadonlyArray<readonly [label: string, value: string]>
  /** Below each other; a text may be long. */
  readonly sections: ReadonlyArray<readonly [title: string, text: string]>
  readonly table: { readonly head: readonly string[], readonly rows: ReadonlyArray<readonly string[]> } | null
  readonly signatures: ReadonlyArray<readonly [label: string, value: string]>
  readonly notes: readonly string[]
  /** Behind the QR, and printed below it. */
  readonly code: { readonly text: string, readonly label: string } | null
  /** Across the page, where it does not hold any more. */
  readonly stamp: string | null
}

export interface PrintContext {
  readonly hospital: string
  readonly patient: Pick<Patient, 'name' | 'gender' | 'birthDate'> | null
  readonly doctor: { readonly name: string | null, readonly department: string | null } | null
  readonly today: CalendarDate
  readonly writeTime: (at: Date) => string
}

const genders: Readonly<Record<NonNullable<Patient['gender']>, string>> = { male: '男', female: '女', other: '其他', unknown: '未知' }

function factsOf ({ patient, doctor, today }: PrintContext): ReadonlyArray<readonly [string, string]> {
  return [['姓名', patient?.name ?? '—'], ['性别', genders[patient?.gender ?? 'unknown']], ['年龄', ageText(patient?.birthDate ?? null, today)], ['科室', doctor?.department ?? '—']]
}

function ageText (birthDate: CalendarDate | null, today: CalendarDate): string {
  if (birthDate === null) return '—'
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4)) - (today.slice(5) < birthDate.slice(5) ? 1 : 0)
  return `${years} 岁`
}

/** The first characters of the signature stand for it on paper; whoever doubts asks the verification. */
function signatureText ({ value, at }: Signature, name: string, { writeTime }: PrintContext): string {
  return `${name}（电子签名 ${value.slice(0, 16)}）${writeTime(at)}`
}

export function printedRecord (record: ConsultRecord, context: PrintContext): PrintedDocument {
  const { id, version, content, amendedBecause, signature } = record
  return {
    title: '互联网诊疗病历', hospital: context.hospital, number: `${id.slice(0, 8).toUpperCase()}-${version}`, facts: factsOf(context), sections: recordSections(content), table: null,
    signatures: [['医师', signatureText(signature, context.doctor?.name ?? '—', context)]], notes: amendedBecause === null ? [] : [`第 ${version} 版，修改原因：${amendedBecause}`], code: null, stamp: null
  }
}

const stamps: Readonly<Partial<Record<PrescriptionState, string>>> = { draft: '未签名', signed: '待审核', rejected: '已驳回', expired: '已过期', void: '已作废' }

export function printedPrescription (prescription: Prescription, context: PrintContext): PrintedDocument {
  const { number, diagnoses, items, signature, review, validUntil, state } = prescription
  return {
    title: '电子处方笺', hospital: context.hospital, number, facts: factsOf(context), sections: [['诊断', diagnosesText(diagnoses)]],
    table: { head: ['药品', '规格', '用法用量', '数量', '金额（元）'], rows: [...items.map((item) => [item.name, item.form, dosageText(item), `${item.quantity} ${item.unit}`, yuanText(itemFen(item))]), ['合计', '', '', '', yuanText(itemsFen(items))]] },
    signatures: [...signature === null ? [] : [['医师', signatureText(signature, context.doctor?.name ?? '—', context)] as const], ...review === null ? [] : [['审方药师', signatureText(review.signature, '', context)] as const]],
    notes: [...validUntil === null ? [] : [`有效期至 ${context.writeTime(validUntil)}，过期须由医师重新开具。`], '处方药须凭有效处方、在药师指导下使用。'], code: null, stamp: stamps[state] ?? null
  }
}

export function printedSickNote (note: SickNote, code: string, context: PrintContext): PrintedDocument {
  const { id, diagnoses, firstDay, days, advice, signature, state } = note
  return {
    title: '病假证明', hospital: context.hospital, number: id.slice(0, 8).toUpperCase(), facts: factsOf(context),
    sections: [['诊断', diagnosesText(diagnoses)], ['建议休息', `${firstDay} 至 ${lastDayOf(note)}，共 ${days} 天`], ...advice === null ? [] : [['医嘱', advice] as const]], table: null,
    signatures: [['医师', signatureText(signature, context.doctor?.name ?? '—', context)]], notes: ['用人单位可凭校验码核对真伪，核对结果不含病情。'], code: { text: code, label: `校验码 ${code.match(/.{1,4}/g)?.join(' ') ?? code}` }, stamp: state === 'void' ? '已作废' : null
  }
}
