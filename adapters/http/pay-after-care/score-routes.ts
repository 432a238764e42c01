import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import type { NamedPerson, PatientStore } from '../../../core/identity/index.ts'
import { standingOf, type ContractStore, type OwnScore } from '../../../core/pay-after-care/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { Day, Id, nullable, oneOf } from '../wire.ts'

export interface ScoreRoutesDeps {
  readonly inReading: InTransaction<{ readonly patients: PatientStore, readonly contracts: Pick<ContractStore, 'ofPatient'> }>
  readonly namedPerson: (patientId: string) => Promise<NamedPerson | null>
  readonly scoresOf: (person: NamedPerson | null) => Promise<readonly OwnScore[]>
}

const ScoreBody = Type.Object({ provider: oneOf(['bank', 'zhima'] as const), state: oneOf(['known', 'unavailable'] as const), score: nullable(Type.Integer()), asOf: nullable(Day) })

/** 本人信用查询: only the person, never a guardian or staff; nothing of it is kept, here or on the way. */
export function scoreRoutes ({ inReading, namedPerson, scoresOf }: ScoreRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/credit-scores/:personId', {
      config: { access: 'score.read' },
      schema: {
        tags: ['pay-after-care'], 'x-requirements': ['A-35'], summary: 'The own credit scores, passed through from their providers',
        params: Type.Object({ personId: Id }),
        querystring: Type.Object({ consent: Type.Optional(Type.Literal('score_query', { description: 'needed unless the contract has this consent' })) }, { additionalProperties: false }),
        response: { 200: Type.Object({ items: Type.Array(ScoreBody) }) }
      }
    }, async (request, reply) => {
      const { personId } = request.params
      const hasConsented = await inReading(async ({ patients, contracts }) => {
        const { patient, tied } = await admitPatient(request, 'score.read', patients, personId)
        const own = callerOf(request).principal.personId
        if (own === null || ![patient.personId, ...tied.map(({ id }) => id)].includes(own)) {
          noteAccess(request, { target: 'credit-score', targetId: null, patientId: patient.id, outcome: 'refused' })
          throw new DomainError('PATIENT_NOT_FOUND', 'Only the person themselves sees their score. Ask with your own token and id.')
        }
        return standingOf(await contracts.ofPatient(patient.id))?.consents.includes('score_query') === true
      })
      if (!hasConsented && request.query.consent !== 'score_query') throw new DomainError('REQUEST_INVALID', 'Providers are asked only with your consent: repeat with consent=score_query.', 'consent')
      noteAccess(request, { target: 'credit-score', targetId: null, patientId: personId, outcome: 'allowed' })
      const items = await scoresOf(await namedPerson(personId))
      return await reply.header('cache-control', 'no-store').send({ items: items.map((item) => ({ ...item })) })
    })
  }
}
