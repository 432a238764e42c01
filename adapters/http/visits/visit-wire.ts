import { Type } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import { payModes, visitStepKinds, type Progress, type Visit, type VisitClass, type VisitState } from '../../../core/visits/index.ts'
import { Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

export const visitStates = ['unconfirmed', 'planned', 'registered', 'in_progress', 'closed', 'cancelled'] as const satisfies readonly VisitState[]
const classes = ['outpatient', 'inpatient', 'emergency', 'other'] as const satisfies readonly VisitClass[]

export const VisitBody = Type.Object({
  id: Id,
  hospitalId: Id,
  visitNumber: nullable(Type.String({ description: 'of the hospital; until it has one, ours' })),
  patientId: Id,
  class: nullable(oneOf(classes)),
  state: oneOf(visitStates),
  payMode: nullable(oneOf(payModes)),
  startedAt: nullable(Instant),
  endedAt: nullable(Instant),
  department: nullable(Type.String()),
  practitionerId: nullable(Type.String())
})

export const noVisit = (): DomainError => new DomainError('VISIT_NOT_FOUND', 'No visit has this id; list the visits of the patient.')

export function visitBody (visit: Visit, writeInstant: WriteInstant) {
  const { id, hospitalId, visitNumber, patientId, class: kind, state, payMode, department, practitionerId } = visit
  return { id, hospitalId, visitNumber, patientId, class: kind, state, payMode, startedAt: orNull(visit.startedAt, writeInstant), endedAt: orNull(visit.endedAt, writeInstant), department, practitionerId }
}

const Told = { about: nullable(Type.String({ description: 'the hospital\'s own words: a queue, an examination, a drug' })), queueNumber: nullable(Type.String()), room: nullable(Type.String()) }

export const ProgressBody = Type.Object({
  visitId: Id,
  stage: nullable(oneOf(visitStepKinds)),
  call: nullable(Type.Object({ ...Told, at: Instant }, { description: 'where the patient is called to now' })),
  steps: Type.Array(Type.Object({ kind: oneOf(visitStepKinds), at: Instant, ...Told }))
})

export function progressBody (visitId: string, { stage, call, steps }: Progress, writeInstant: WriteInstant) {
  return {
    visitId,
    stage,
    call: call === null ? null : { ...call, at: writeInstant(call.at) },
    steps: steps.map(({ kind, at, about, queueNumber, room }) => ({ kind, at: writeInstant(at), about, queueNumber, room }))
  }
}
