import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { SentCode } from '../../../core/access/index.ts'
import type { PatientStore, ReadingStore } from '../../../core/identity/index.ts'
import { noAgreement, type CodeFor, type Contract, type EligibilityCheck, type EligibilityQuestion, type EligibilityStore, type SignContract } from '../../../core/pay-after-care/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { noteAccess } from '../access.ts'
import { contractHand, contractPerson, lostPhone, type ContractHand, type Named } from './contract-hand.ts'
import { AgreementBody, agreementBody, AgreementName, CheckBody, checkBody, Consents, ContractBody, contractBody } from './contract-wire.ts'
import { limitBy, refuseUntil } from '../limit-by.ts'
import { Code, Phone } from '../access/session-routes.ts'
import { Id, oneOf, type WriteInstant } from '../wire.ts'

export interface SignRoutesDeps {
  readonly inReading: InTransaction<{ readonly eligibility: EligibilityStore, readonly patients: PatientStore, readonly readings: ReadingStore }>
  /** Business time. */
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly checkEligibility: (question: EligibilityQuestion) => Promise<EligibilityCheck>
  readonly sendCode: (wanted: CodeFor) => Promise<SentCode>
  /** Refuses with CODE_INVALID. */
  readonly sign: (wanted: SignContract) => Promise<Contract>
  /** The last digits of the phone, for whoever may see the contract. */
  readonly phoneTail: (contract: Contract) => string
}

const common = { tags: ['pay-after-care'] }
const codesPerHour = 20
const hourMs = 3_600_000

/** 签约 through app, kiosk and window: one way, the channel follows from who calls. */
export function signRoutes (deps: SignRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, now, writeInstant } = deps
  const inHand = (request: FastifyRequest, named: Named): Promise<ContractHand> => inReading((stores) => contractHand(request, stores, { named, now: now() }))

  return async (server) => {
    const codesPerToken = limitBy(server, { most: codesPerHour, windowMs: hourMs, of: (request) => `contract codes ${request.principal?.tokenId ?? request.ip}` })

    server.get('/v1/agreements', {
      config: { access: 'any_token' },
      schema: { ...common, 'x-requirements': ['A-04', 'A-24'], summary: 'The agreement in force, or the one of a version', querystring: Type.Object({ version: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })) }, { additionalProperties: false }), response: { 200: AgreementBody } }
    }, async (request) => {
      const { version } = request.query
      const { wanted, current } = await inReading(async ({ eligibility }) => {
        const current = await eligibility.agreement({ at: now() })
        return { current, wanted: version === undefined ? current : await eligibility.agreement({ version }) }
      })
      if (wanted === null) throw noAgreement()
      return agreementBody(wanted, wanted.version === current?.version, writeInstant)
    })

    server.post('/v1/eligibility', {
      config: { access: 'contract.sign' },
      schema: { ...common, 'x-requirements': ['A-03', 'A-05', 'A-22', 'A-23', 'A-24'], summary: 'Whether the person may sign; good for 30 minutes', body: Type.Object({ ...contractPerson, consents: Type.Optional(Type.Array(oneOf(['score_query'] as const), { maxItems: 1, description: 'score_query: scores are asked only with it' })) }, { additionalProperties: false }), response: { 201: CheckBody } }
    }, async (request, reply) => {
      const hand = await inHand(request, request.body)
      const check = await deps.checkEligibility({ patientId: hand.patient.id, guardianPatientId: hand.guardianPatientId, consents: request.body.consents ?? [] })
      noteAccess(request, { target: 'eligibility', targetId: check.id, patientId: hand.patient.id, outcome: 'allowed' })
      return await reply.code(201).send(checkBody(check, writeInstant))
    })

    server.post('/v1/contract-codes', {
      config: { access: 'contract.sign' },
      schema: {
        ...common, 'x-requirements': ['A-04', 'A-25'], summary: 'Sends a code for signing or terminating by SMS',
        body: Type.Object({ ...contractPerson, purpose: oneOf(['sign', 'terminate'] as const), phone: Type.Optional(Type.Unsafe<string>({ ...Phone, description: 'for signing: the phone to be proven; for terminating only at the window, in place of a lost one' })) }, { additionalProperties: false }),
        response: { 202: Type.Object({}) }
      }
    }, async (request, reply) => {
      await codesPerToken(request, reply)
      const { purpose, phone } = request.body
      const hand = await inHand(request, request.body)
      if (purpose === 'terminate' && phone !== undefined && hand.channel !== 'window') throw lostPhone()
      const sent = await deps.sendCode({ patientId: hand.patient.id, personId: hand.patient.personId, purpose, phone: phone ?? null })
      if (sent.kind === 'too_soon') return refuseUntil(reply, (sent.at.getTime() - now().getTime()) / 1000)
      return await reply.code(202).send({})
    })

    server.post('/v1/contracts', {
      config: { access: 'contract.sign', idempotencyKey: 'required' },
      schema: {
        ...common, 'x-requirements': ['A-04', 'A-05', 'A-20', 'A-21', 'A-22', 'A-25', 'A-34'], summary: 'Signs: with a passed check, the agreement in force, consents, and the code',
        body: Type.Object({ ...contractPerson, eligibilityCheckId: Id, agreement: AgreementName, consents: Consents, phone: Phone, code: Code }, { additionalProperties: false }),
        response: { 201: ContractBody }
      }
    }, async (request, reply) => {
      const { eligibilityCheckId: checkId, agreement, consents, phone, code } = request.body
      const hand = await inHand(request, request.body)
      const contract = await deps.sign({ patientId: hand.patient.id, guardianPatientId: hand.guardianPatientId, checkId, agreement, consents, phone, code, by: hand.by })
      noteAccess(request, { target: 'contract', targetId: contract.id, patientId: contract.patientId, outcome: 'allowed' })
      return await reply.code(201).send(contractBody(contract, deps))
    })
  }
}
