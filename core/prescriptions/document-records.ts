import type { ConsultRecord } from './consult-record.ts'
import type { OurRecord } from './our-records.ts'
import { lastDayOf, type SickNote } from './sick-note.ts'

const documentTypes = 'urn:yiqiao:fhir:document-type'
const icd10 = 'http://hl7.org/fhir/sid/icd-10'
const loinc = 'http://loinc.org'

interface Written {
  readonly base64: (text: string) => string
  /** `Encounter/id`; null: the hospital made none of it. */
  readonly visit: string | null
}

const conceptOf = ({ code, text }: { readonly code: string, readonly text: string }): object => ({ coding: [{ system: icd10, code, display: text }], text })

/** 病历文本. As the hospital's system files it (MDM^T02) and the PDF prints it. */
function recordText ({ content, amendedBecause }: Pick<ConsultRecord, 'content' | 'amendedBecause'>): string {
  return [...recordSections(content).map(([title, text]) => `${title}：${text}`), ...amendedBecause === null ? [] : [`修改原因：${amendedBecause}`]].join('\n')
}

export function recordSections ({ chiefComplaint, history, findings, diagnoses, advice }: ConsultRecord['content']): ReadonlyArray<readonly [title: string, text: string]> {
  return [['主诉', chiefComplaint], ['病史', history], ['检查所见', findings], ['诊断', diagnosesText(diagnoses)], ['处理意见', advice]]
}

export const diagnosesText = (diagnoses: ConsultRecord['content']['diagnoses']): string => diagnoses.map(({ code, text }) => `${text}（${code}）`).join('；')

/** FHIR R4 Composition, whose versions follow each other, and a DocumentReference for each version. */
export function recordDocuments (record: ConsultRecord, { base64, visit }: Written): readonly OurRecord[] {
  const { id, version, patientId, doctorId, content, signature } = record
  const author = [{ reference: `Practitioner/${doctorId}` }]
  const subject = { reference: `Patient/${patientId}` }
  const composition = {
    resourceType: 'Composition', id, status: version === 1 ? 'final' : 'amended', subject, author, title: '互联网诊疗病历', date: signature.at.toISOString(),
    type: { coding: [{ system: loinc, code: '34108-1', display: 'Outpatient Note' }], text: '互联网诊疗病历' },
    attester: [{ mode: 'legal', time: signature.at.toISOString(), party: author[0] }],
    ...visit === null ? {} : { encounter: { reference: visit } },
    section: recordSections(content).map(([title, text]) => ({ title, ...title === '诊断' ? { code: conceptsOf(content.diagnoses) } : {}, text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${escaped(text)}</div>` } }))
  }
  const document = {
    resourceType: 'DocumentReference', id: `${id}-${version}`, status: 'current', docStatus: version === 1 ? 'final' : 'amended', subject, author, date: signature.at.toISOString(), description: '互联网诊疗病历',
    type: { coding: [{ system: documentTypes, code: 'record', display: '互联网诊疗病历' }], text: '互联网诊疗病历' }, authenticator: author[0],
    ...version === 1 ? {} : { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${id}-${version - 1}` } }] },
    ...contextOf(visit), content: [{ attachment: textAttachment(base64(recordText(record))) }]
  }
  const replaced = version === 1 ? [] : [{ resource: { resourceType: 'DocumentReference', id: `${id}-${version - 1}`, status: 'superseded' }, isUntold: true }]
  return [{ resource: composition }, { resource: document }, ...replaced]
}

const conceptsOf = (diagnoses: ConsultRecord['content']['diagnoses']): object => ({ coding: diagnoses.map(({ code, text }) => ({ system: icd10, code, display: text })), text: diagnosesText(diagnoses) })
const contextOf = (visit: string | null): object => visit === null ? {} : { context: { encounter: [{ reference: visit }] } }
const textAttachment = (data: string): object => ({ contentType: 'text/plain', data })
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function sickNoteText (note: SickNote): string {
  return [`诊断：${diagnosesText(note.diagnoses)}`, `休息：${note.firstDay} 至 ${lastDayOf(note)}，共 ${note.days} 天`, ...note.advice === null ? [] : [`建议：${note.advice}`], ...note.voidedBecause === null ? [] : [`作废原因：${note.voidedBecause}`]].join('\n')
}

export function sickNoteDocuments (note: SickNote, { base64, visit }: Written): readonly OurRecord[] {
  const { id, patientId, doctorId, signature, state, diagnoses } = note
  return [{
    resource: {
      resourceType: 'DocumentReference', id, status: state === 'void' ? 'entered-in-error' : 'current', docStatus: state === 'void' ? 'entered-in-error' : 'final', subject: { reference: `Patient/${patientId}` },
      author: [{ reference: `Practitioner/${doctorId}` }], authenticator: { reference: `Practitioner/${doctorId}` }, date: signature.at.toISOString(), description: '病假证明',
      type: { coding: [{ system: documentTypes, code: 'sick-note', display: '病假证明' }], text: '病假证明' },
      ...visit === null ? {} : { context: { encounter: [{ reference: visit }], event: diagnoses.map(conceptOf), period: { start: note.firstDay, end: lastDayOf(note) } } },
      content: [{ attachment: textAttachment(base64(sickNoteText(note))) }]
    }
  }]
}
