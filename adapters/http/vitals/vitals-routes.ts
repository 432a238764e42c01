import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import type { Patient, PatientStore, ReadingStore } from '../../../core/identity/index.ts'
import type { RecordStore } from '../../../core/records/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { recentAdvice, type GivenVitals, type RecordedAdvice, type RecordVitals } from '../../../core/vitals/index.ts'
import { noteAccess } from '../access.ts'
import { AdviceBody, adviceBody, languageOf, LanguageQuery } from './advice-wire.ts'
import { PersonFields, personInHand, type PersonInHand } from '../person-in-hand.ts'
import { givenVitals, isEmpty, VitalsBody, vitalsBodyBytes } from './vitals-body.ts'
import { ById, Id, Instant, type WriteInstant } from '../wire.ts'

export interface VitalsRoutesDeps {
  readonly inReading: InTransaction<{ readonly patients: PatientStore, readonly readings: ReadingStore, readonly records: RecordStore }>
  /** Business time. */
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly record: (command: Omit<RecordVitals, 'person'> & { readonly about: Patient, readonly isPregnant: boolean | null }) => Promise<RecordedAdvice & { readonly panelId: string }>
}

const common = { tags: ['vitals'] }
const minuteMs = 60_000
/** A clock of a device may run ahead a little; an app may send what it measured on a journey. */
const mostAheadMs = 5 * minuteMs
const mostBehindMs = 30 * 86_400_000
const mostLooked = 20

/** 测量与健康建议. */
export function vitalsRoutes (deps: VitalsRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, now, writeInstant } = deps
  return async (server) => {
    server.post('/v1/vitals', {
      config: { access: 'vitals.write', idempotencyKey: 'required' },
      bodyLimit: vitalsBodyBytes,
      schema: {
        ...common,
        'x-requirements': ['T4', 'T5'],
        summary: 'Vital signs of one person, each with its unit: kept, sent to the hospital (ORU^R01, FHIR), and answered with health advice by published rules',
        querystring: Type.Object(LanguageQuery, { additionalProperties: false }),
        body: VitalsBody,
        response: { 201: Type.Object({ id: Id, patientId: Id, measuredAt: Instant, advice: AdviceBody }) }
      }
    }, async (request, reply) => {
      const hand = await inReading((stores) => personInHand(request, 'vitals.write', stores, { named: request.body, now: now() }))
      const given = givenVitals(request.body, { isAtHome: hand.channel === 'app' })
      refuseUnlessMeasured(given, hand)
      const about = activeRecord(hand)
      const made = await deps.record({
        given,
        about,
        isPregnant: request.body.isPregnant ?? null,
        patientIds: hand.tied.map(({ id }) => id),
        measuring: {
          patientId: about.id,
          hospitalId: about.hospitalId,
          measuredAt: momentOf(request.body.measuredAt, now()),
          performer: hand.channel === 'window' ? 'staff' : 'patient',
          device: request.body.device === undefined ? null : { serial: null, ...request.body.device },
          by: `${hand.channel}:${hand.tokenId}`
        }
      })
      noteAccess(request, { target: 'vitals', targetId: made.panelId, patientId: about.id, outcome: 'allowed' })
      const language = languageOf(request, request.query.language)
      return await reply.code(201).send({ id: made.panelId, patientId: about.id, measuredAt: writeInstant(made.measuredAt), advice: adviceBody(made, language, writeInstant) })
    })

    server.get('/v1/patients/:id/advice', {
      config: { access: 'advice.read' },
      schema: {
        ...common,
        'x-requirements': ['T5'],
        summary: 'The newest health advice of a person, in the language that is asked for (language, else Accept-Language)',
        params: ById,
        querystring: Type.Object({ ...LanguageQuery, readingId: PersonFields.readingId }, { additionalProperties: false }),
        response: { 200: AdviceBody }
      }
    }, async (request, reply) => {
      const newest = await inReading(async (stores) => {
        const { tied } = await personInHand(request, 'advice.read', stores, { named: { patientId: request.params.id, ...request.query }, now: now() })
        return (await recentAdvice(stores, tied.map(({ id }) => id), mostLooked))[0]
      })
      if (newest === undefined) throw new DomainError('ADVICE_NOT_FOUND', 'No vital signs of this person were measured yet. Send some (POST /v1/vitals).')
      const language = languageOf(request, request.query.language)
      return await reply.header('content-language', language).send(adviceBody(newest, language, writeInstant))
    })
  }
}

function refuseUnlessMeasured (given: GivenVitals, { channel }: PersonInHand): void {
  if (isEmpty(given)) throw new DomainError('REQUEST_INVALID', 'Send at least one vital sign.')
  if (given.oxygenSaturation?.scale === 2 && channel !== 'window') throw new DomainError('REQUEST_INVALID', 'Scale 2 of NEWS2 is for prescribed targets; a doctor or desk may send it.', 'oxygenSaturation.scale')
}

function momentOf (text: string | undefined, now: Date): Date {
  const measuredAt = text === undefined ? now : new Date(text)
  const behindMs = now.getTime() - measuredAt.getTime()
  if (behindMs < -mostAheadMs || behindMs > mostBehindMs) throw new DomainError('REQUEST_INVALID', 'Vital signs are taken within thirty days, and not in the future.', 'measuredAt')
  return measuredAt
}

/** What is measured stands at a record that goes on, also where the one that was named was merged away. */
export function activeRecord ({ patient, tied }: Pick<PersonInHand, 'patient' | 'tied'>): Patient {
  return patient.active ? patient : tied.find(({ active, hospitalId }) => active && hospitalId === patient.hospitalId) ?? patient
}
