import { placerSystem } from '../identity/index.ts'
import type { StableId } from '../ids.ts'
import { afterAllSaid, type RecordChange, type RecordVersion, type Resource } from '../records/index.ts'
import type { Consultation, ConsultationState, HospitalAnswer } from './consultation.ts'

/** Who says what stands in these records where it was said here. */
export const requestSource = 'consultations'

/** The records of one order, as they stand. */
export interface RequestStanding {
  readonly request: RecordVersion | null
  readonly task: RecordVersion | null
  readonly visit: RecordVersion | null
}

export interface RequestContext {
  readonly stableId: StableId
  readonly standing: RequestStanding
  /** `Observation/id`: what the person measured today. */
  readonly vitals: readonly string[]
  readonly at: Date
}

export interface RequestIds {
  readonly request: string
  readonly task: string
  readonly visit: string
}

/** Ids under which a HIS that echoes our number names the same records (mappings/base/segments/rf1-*, pv1-encounter). */
export function requestIds ({ hospitalId, number }: Pick<Consultation, 'hospitalId' | 'number'>, stableId: StableId): RequestIds {
  return { request: stableId(hospitalId, 'ServiceRequest', number), task: stableId(hospitalId, 'Task', `referral:${number}`), visit: stableId(hospitalId, 'Encounter', number) }
}

/** What the request has come to; the states in between say nothing new. */
type RequestStage = 'asked' | 'running' | 'done' | 'ended'

function stageOf ({ state, acceptedAt }: Pick<Consultation, 'state' | 'acceptedAt'>): RequestStage | null {
  const stages: Readonly<Record<ConsultationState, RequestStage | null>> = {
    created: null, paid: null, assigned: acceptedAt === null ? 'asked' : 'running', in_progress: 'running', refund_review: null, finished: 'done', settled: 'done', refunded: 'ended', cancelled: 'ended'
  }
  return stages[state]
}

/**
 * 问诊申请. What the order says in FHIR: a ServiceRequest, the Task in which the hospital answers it, and the virtual visit
 * that follows from a yes. They go out to the hospital (REF^I12, I13, I14; FHIR) where its own system accepts orders, the
 * visit always. Nothing where nothing is new to say, and of an order that ends before anybody was asked.
 */
export function requestRecords (consultation: Consultation, context: RequestContext): readonly RecordChange[] {
  const stage = stageOf(consultation)
  if (stage === null || (stage === 'ended' && context.standing.request === null)) return []
  return [requestChange(consultation, stage, context), taskChange(consultation, stage, context), visitChange(consultation, stage, context)].flatMap((change) => change ?? [])
}

interface Said {
  readonly standing: RecordVersion | null
  readonly resource: Resource & { readonly id: string }
  readonly isWeak?: boolean
  readonly isTold: boolean
  readonly toldAs?: string
}

function changeOf ({ hospitalId, patientId }: Consultation, at: Date, { standing, resource, isWeak = false, isTold, toldAs }: Said): RecordChange {
  return {
    resource, removed: [], weak: isWeak, asOf: standing === null ? at : afterAllSaid(standing, at), hospitalId, patientId,
    ...isTold ? { isOurs: true } : {}, ...toldAs === undefined ? {} : { toldAs }, source: requestSource, mappingVersion: null
  }
}

const kinds = 'http://terminology.hl7.org/CodeSystem/v2-0203'
const numberOf = (type: 'PLAC' | 'VN', { number }: Consultation): object => ({ type: { coding: [{ system: kinds, code: type }] }, system: placerSystem, value: number, assigner: { display: 'YIQIAO' } })

const requestStatus = { asked: 'active', running: 'active', done: 'completed', ended: 'revoked' } as const
/** FHIR R4 has no code for it; SNOMED CT's is the one that the category of telehealth orders is searched by. */
const telehealth = { coding: [{ system: 'http://snomed.info/sct', code: '448337001', display: 'Telemedicine consultation with patient' }, { system: 'urn:yiqiao:fhir:service-category', code: 'telehealth' }] }
const kindWords = { consultation: '问诊', inquiry: '咨询' } as const
const channelWords = { app: '患者端', terminal: '自助终端', desk: '服务台' } as const
const modeWords = { text: '图文', voice: '语音', video: '视频' } as const

/** A number of its own for the request; today's readings only go with the first telling (T6). */
function requestChange (consultation: Consultation, stage: RequestStage, { stableId, standing: { request }, vitals, at }: RequestContext): RecordChange {
  const { patientId, doctorId, kind, mode, channel, complaint, createdAt, acceptedBy } = consultation
  const resource = {
    resourceType: 'ServiceRequest',
    id: requestIds(consultation, stableId).request,
    identifier: [numberOf('PLAC', consultation)],
    status: requestStatus[stage],
    intent: 'order',
    category: [telehealth],
    priority: 'asap',
    code: { coding: [{ system: 'urn:yiqiao:fhir:consultation', code: `${kind}-${mode}`, display: `${modeWords[mode]}${kindWords[kind]}` }] },
    subject: { reference: `Patient/${patientId}` },
    authoredOn: createdAt.toISOString(),
    requester: { type: 'Device', display: channelWords[channel] },
    ...doctorId === null ? {} : { performer: [{ reference: `Practitioner/${doctorId}` }] },
    reasonCode: [{ text: complaint }],
    ...request !== null || vitals.length === 0 ? {} : { supportingInfo: vitals.map((reference) => ({ reference })) }
  }
  const toldAs = request === null ? 'REF^I12' : stage === 'ended' ? 'REF^I14' : 'REF^I13'
  return changeOf(consultation, at, { standing: request, resource, isTold: acceptedBy === 'his', toldAs })
}

const taskStatus = { asked: 'requested', running: 'in-progress', done: 'completed', ended: 'cancelled' } as const

/** HL7 v2 has only its answer; a FHIR server is given the Task to answer in. */
function taskChange (consultation: Consultation, stage: RequestStage, { stableId, standing: { task }, at }: RequestContext): RecordChange | null {
  const answer = answerIn(task)
  if (stage === 'ended' && (answer === 'refused' || answer === 'expired')) return null
  const { patientId, doctorId, createdAt, acceptedAt, finishedAt, acceptedBy } = consultation
  const ids = requestIds(consultation, stableId)
  const resource = {
    resourceType: 'Task',
    id: ids.task,
    identifier: [numberOf('PLAC', consultation)],
    status: stage === 'ended' && acceptedAt !== null ? 'failed' : taskStatus[stage],
    intent: 'order',
    code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill', display: 'Fulfill the focal request' }] },
    focus: { reference: `ServiceRequest/${ids.request}` },
    for: { reference: `Patient/${patientId}` },
    authoredOn: createdAt.toISOString(),
    lastModified: lastChangeOf(consultation).toISOString(),
    ...doctorId === null ? {} : { owner: { reference: `Practitioner/${doctorId}` } },
    ...acceptedAt === null ? {} : { executionPeriod: periodOf(acceptedAt, finishedAt) }
  }
  // What the hospital answers holds against the asking, whatever its clock shows; not against asking again for another doctor.
  const isWeak = stage === 'asked' && (task === null || task.resource['status'] === 'requested')
  return changeOf(consultation, at, { standing: task, resource, isWeak, isTold: acceptedBy === 'his' })
}

function lastChangeOf ({ createdAt, assignedAt, acceptedAt, finishedAt, endedAt }: Consultation): Date {
  return endedAt ?? finishedAt ?? acceptedAt ?? assignedAt ?? createdAt
}

const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'

/** 虚拟就诊. Encounter of the class VR (v3 ActCode), from the yes to the end; its outcome is its status and its documents. */
function visitChange (consultation: Consultation, stage: RequestStage, { stableId, standing: { visit }, at }: RequestContext): RecordChange | null {
  const { patientId, doctorId, acceptedAt, kind, mode } = consultation
  if (acceptedAt === null || stage === 'asked' || (stage === 'ended' && visit === null)) return null
  const ids = requestIds(consultation, stableId)
  const { status, toldAs } = visitSaid(consultation, stage, visit)
  const resource = {
    resourceType: 'Encounter',
    id: ids.visit,
    identifier: [numberOf('VN', consultation)],
    status,
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'VR', display: 'virtual' },
    serviceType: { text: `${modeWords[mode]}${kindWords[kind]}` },
    subject: { reference: `Patient/${patientId}` },
    basedOn: [{ reference: `ServiceRequest/${ids.request}` }],
    ...doctorId === null ? {} : { participant: [{ type: [{ coding: [{ system: participation, code: 'ATND', display: 'attender' }] }], individual: { reference: `Practitioner/${doctorId}` } }] },
    period: periodOf(acceptedAt, stage === 'running' ? null : consultation.finishedAt ?? lastChangeOf(consultation))
  }
  return changeOf(consultation, at, { standing: visit, resource, isTold: true, toldAs })
}

function visitSaid ({ finishedAt }: Consultation, stage: RequestStage, visit: RecordVersion | null): { readonly status: string, readonly toldAs: string } {
  if (stage === 'running') return { status: 'in-progress', toldAs: visit === null ? 'ADT^A04' : 'ADT^A08' }
  return finishedAt === null ? { status: 'cancelled', toldAs: 'ADT^A11' } : { status: 'finished', toldAs: 'ADT^A03' }
}

function periodOf (from: Date, to: Date | null): { readonly start: string, readonly end?: string } {
  return { start: from.toISOString(), ...to === null ? {} : { end: to.toISOString() } }
}

/** R4 task-status as the hospital's answer (table 0283 by mappings/base/code-tables/referral-reply); other states are no answer. */
const answers: Readonly<Partial<Record<string, HospitalAnswer>>> = { accepted: 'accepted', rejected: 'refused', received: 'pending', 'on-hold': 'pending', cancelled: 'expired' }

/** What the hospital has said in the Task; null: nothing, or what stands there was said here. */
export function answerIn (task: RecordVersion | null): HospitalAnswer | null {
  return task === null || task.source === requestSource ? null : answers[String(task.resource['status'])] ?? null
}

/** What a stored Task says of a hospital's answer (mappings/facts/task-request-answer.json). */
export interface RequestAnswerFacts {
  readonly id: string
  readonly hospitalId: string
  readonly number: string
  readonly answer: HospitalAnswer
}
