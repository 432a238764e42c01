import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import type { Patient, PatientStore, ReadingStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { choiceReason, departmentNames, departmentReason, factorNames, recommendationReason, textOf, type Choice, type DoctorQuestion, type Language, type RecordedAdvice, type Recommendation } from '../../../core/vitals/index.ts'
import { languageOf, LanguageQuery, TextBody } from './advice-wire.ts'
import { PersonFields, personInHand } from '../person-in-hand.ts'
import { activeRecord } from './vitals-routes.ts'
import { Id, nullable, oneOf } from '../wire.ts'

type Asked = Pick<DoctorQuestion, 'patientIds' | 'hospitalId'> & { readonly about: Patient }

export interface DoctorRoutesDeps {
  readonly inReading: InTransaction<{ readonly patients: PatientStore, readonly readings: ReadingStore }>
  /** Business time. */
  readonly now: () => Date
  readonly recommend: (asked: Asked) => Promise<Recommendation>
  readonly choose: (asked: Asked) => Promise<Choice>
}

const DoctorBody = Type.Object({ id: Id, hospitalId: Id, name: nullable(Type.String()), department: nullable(Type.String()) })
const First = Type.Object(TextBody, { description: 'in the place of doctors: what today\'s readings ask for first' })
const RecommendBody = Type.Object({
  kind: oneOf(['doctors', 'recheck', 'emergency'] as const),
  language: TextBody.language,
  adviceId: nullable(Type.String({ description: 'the advice of the last 24 hours that it goes by, if any' })),
  first: nullable(First),
  departments: Type.Array(Type.Object({ group: Type.String(), name: Type.String(), fit: Type.Number(), because: Type.String() })),
  items: Type.Array(Type.Object({
    doctor: DoctorBody,
    score: Type.Number(),
    factors: Type.Array(Type.Object({ name: oneOf(factorNames), value: Type.Number(), weight: Type.Number(), isKnown: Type.Boolean({ description: 'false: nobody has said, the value is a neutral one' }) })),
    visits: Type.Integer(),
    why: Type.String()
  }))
})
const ChooseBody = Type.Object({
  kind: oneOf(['chosen', 'none', 'recheck', 'emergency'] as const),
  language: TextBody.language,
  adviceId: nullable(Type.String()),
  first: nullable(First),
  doctor: nullable(DoctorBody),
  because: nullable(Type.String({ description: 'matching_condition, usual_doctor; of none: no_visit_names_a_doctor, no_doctor_on_the_roster, no_doctor_fits' })),
  why: nullable(Type.String()),
  recommendAt: nullable(Type.String({ description: 'where a recommendation is to be had instead' }))
})
const asked = { ...PersonFields, hospitalId: Type.Optional(Id) }
const common = { tags: ['doctors'] }
const mostShown = 50
const Limit = Type.Integer({ minimum: 1, maximum: mostShown, default: 10 })
const recommendSchema = { ...common, 'x-requirements': ['T7'], summary: 'Doctors who suit today\'s readings and the visit records, best first, with every factor of the score and the reason in words', response: { 200: RecommendBody } }

/** 推荐医生与自动选择. */
export function doctorRoutes (deps: DoctorRoutesDeps): FastifyPluginAsyncTypebox {
  const recommend = async (request: FastifyRequest, { limit, language, ...named }: Named): Promise<Static<typeof RecommendBody>> => recommendBody(await deps.recommend(await askedBy(request, deps, named)), languageOf(request, language), limit)
  return async (server) => {
    server.get('/v1/doctors/recommend', {
      config: { access: 'doctor.recommend' },
      schema: { ...recommendSchema, querystring: Type.Object({ ...asked, ...LanguageQuery, limit: Limit }, { additionalProperties: false }) }
    }, async (request) => recommend(request, request.query))

    server.post('/v1/doctors/recommend', {
      config: { access: 'doctor.recommend' },
      schema: { ...recommendSchema, body: Type.Object({ ...asked, ...LanguageQuery, limit: Limit }, { additionalProperties: false }) }
    }, async (request) => recommend(request, request.body))

    server.post('/v1/doctors/choose', {
      config: { access: 'doctor.recommend' },
      schema: {
        ...common,
        'x-requirements': ['T8'],
        summary: 'One doctor out of the visit records, by today\'s readings and the conditions of past visits, with the reason; where none fits it says so. Nothing is booked',
        body: Type.Object({ ...asked, ...LanguageQuery }, { additionalProperties: false }),
        response: { 200: ChooseBody }
      }
    }, async (request) => chooseBody(await deps.choose(await askedBy(request, deps, request.body)), languageOf(request, request.body.language)))
  }
}

interface Named {
  readonly patientId?: string
  readonly readingId?: string
  readonly hospitalId?: string
  readonly language?: Language
  readonly limit: number
}

/** At the hospital that is named, if the person has a record there; else at that of the record. */
async function askedBy (request: FastifyRequest, { inReading, now }: DoctorRoutesDeps, { hospitalId, ...named }: Omit<Named, 'limit' | 'language'>): Promise<Asked> {
  const hand = await inReading((stores) => personInHand(request, 'doctor.recommend', stores, { named, now: now() }))
  const about = hospitalId === undefined || hand.patient.hospitalId === hospitalId ? activeRecord(hand) : hand.tied.find((one) => one.hospitalId === hospitalId && one.active)
  if (about === undefined) throw new DomainError('REQUEST_INVALID', 'This person has no record at that hospital. Name one where they have.', 'hospitalId')
  return { about, patientIds: hand.tied.map(({ id }) => id), hospitalId: about.hospitalId }
}

function firstOf (basis: RecordedAdvice, language: Language): Static<typeof First> {
  const { opening, closing, speakable } = textOf(basis.advice, language)
  return { language, opening, closing, speakable }
}

function recommendBody (found: Recommendation, language: Language, limit: number): Static<typeof RecommendBody> {
  if (found.kind !== 'doctors') return { kind: found.kind, language, adviceId: found.basis.id, first: firstOf(found.basis, language), departments: [], items: [] }
  return {
    kind: found.kind,
    language,
    adviceId: found.basis?.id ?? null,
    first: null,
    departments: found.wanted.map(({ group, fit, because }) => ({ group, name: departmentNames[group][language], fit, because: departmentReason(because, language) })),
    items: found.doctors.slice(0, limit).map((doctor) => ({ doctor: doctorBody(doctor.candidate), score: doctor.score, factors: doctor.factors.map((factor) => ({ ...factor })), visits: doctor.visits, why: recommendationReason(doctor, language) }))
  }
}

function chooseBody (found: Choice, language: Language): Static<typeof ChooseBody> {
  const nothing = { language, first: null, doctor: null, because: null, why: null, recommendAt: null }
  switch (found.kind) {
    case 'emergency': case 'recheck': return { ...nothing, kind: found.kind, adviceId: found.basis.id, first: firstOf(found.basis, language) }
    case 'none': return { ...nothing, kind: 'none', adviceId: found.basis?.id ?? null, because: found.because, why: choiceReason(found, language), recommendAt: '/v1/doctors/recommend' }
    case 'chosen': return { ...nothing, kind: 'chosen', adviceId: found.basis?.id ?? null, doctor: doctorBody(found.candidate), because: found.because.kind, why: choiceReason(found, language) }
  }
}

function doctorBody ({ practitionerId, hospitalId, name, department }: { readonly practitionerId: string, readonly hospitalId: string, readonly name: string | null, readonly department: string | null }): Static<typeof DoctorBody> {
  return { id: practitionerId, hospitalId, name, department }
}
