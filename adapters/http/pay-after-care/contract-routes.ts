import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore, ReadingStore } from '../../../core/identity/index.ts'
import type { ByHand, Contract, ContractStore, TerminateContract } from '../../../core/pay-after-care/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, limitsFor, noteSearch } from '../access.ts'
import { admitContract } from './admit-contract.ts'
import { admitPatient } from '../admit-patient.ts'
import { contractHand, lostPhone } from './contract-hand.ts'
import { ContractBody, contractBody, ContractWithHistory, historyOf } from './contract-wire.ts'
import { PersonFields } from '../person-in-hand.ts'
import { Code, Phone } from '../access/session-routes.ts'
import { ById, Id, pageOf, type WriteInstant } from '../wire.ts'

export interface ContractRoutesDeps {
  readonly inReading: InTransaction<{ readonly contracts: ContractStore, readonly patients: PatientStore, readonly readings: ReadingStore }>
  /** Business time. */
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  /** Refuses with CODE_INVALID. */
  readonly terminate: (wanted: TerminateContract) => Promise<Contract>
  readonly decideByHand: (decision: ByHand) => Promise<Contract>
  readonly phoneTail: (contract: Contract) => string
}

const common = { tags: ['pay-after-care'] }
const historyMost = 200

/** 合约: how they stand, 解约, and what finance decides by hand. */
export function contractRoutes (deps: ContractRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  const bodyOf = (contract: Contract) => contractBody(contract, deps)

  return async (server) => {
    server.get('/v1/contracts', {
      config: { access: 'contract.read' },
      schema: { ...common, 'x-requirements': ['A-03', 'A-34'], summary: 'Contracts of a person over all records, the newest first; without a patient the own ones and those of wards', querystring: Type.Object({ patient: Type.Optional(Id) }, { additionalProperties: false }), response: { 200: pageOf(ContractBody) } }
    }, async (request) => {
      const found = await inReading(async ({ contracts, patients }) => {
        const { patient } = request.query
        const ids = patient === undefined ? ownPersons(request) : [(await admitPatient(request, 'contract.read', patients, patient)).patient.id]
        const lists = []
        for (const id of ids) lists.push(...await contracts.ofPatient(id))
        return [...new Map(lists.map((contract) => [contract.id, contract])).values()]
      })
      noteSearch(request, 'contract', found.map(({ patientId }) => patientId))
      return { items: found.map(bodyOf), next: null }
    })

    server.get('/v1/contracts/:id', {
      config: { access: 'contract.read' },
      schema: { ...common, 'x-requirements': ['A-03', 'A-34'], summary: 'One contract with what happened to it', params: ById, response: { 200: ContractWithHistory } }
    }, async (request) => {
      const { contract, events } = await inReading(async (stores) => {
        const { contract } = await admitContract(request, 'contract.read', stores, request.params.id)
        return { contract, events: await stores.contracts.events(contract.id, historyMost) }
      })
      return { ...bodyOf(contract), history: historyOf(events, limitsFor(request, 'contract.read').patientIds === null, writeInstant) }
    })

    server.post('/v1/contracts/:id/terminate', {
      config: { access: 'contract.sign', idempotencyKey: 'required' },
      schema: {
        ...common, 'x-requirements': ['A-20', 'A-21', 'A-22', 'A-26', 'A-34'], summary: 'Ends the contract; refused with every reason that stands in the way', params: ById,
        body: Type.Object({ readingId: PersonFields.readingId, code: Code, phone: Type.Optional(Phone) }, { additionalProperties: false }), response: { 200: ContractBody }
      }
    }, async (request) => {
      const { code, phone, readingId } = request.body
      const { contract, hand } = await contractInHand(request, deps, { id: request.params.id, readingId })
      if (phone !== undefined && hand.channel !== 'window') throw lostPhone()
      return bodyOf(await deps.terminate({ contractId: contract.id, code, phone: phone ?? null, by: hand.by }))
    })

    for (const [path, what, summary] of [['suspend', 'suspended', 'Suspends by hand'], ['reinstate', 'reinstated', 'Lifts a suspension by hand; while something is overdue the contract stays suspended for that']] as const) {
      server.post(`/v1/contracts/:id/${path}`, {
        config: { access: 'contract.manage', idempotencyKey: 'required' },
        schema: { ...common, 'x-requirements': ['A-37'], summary, params: ById, body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 500 }) }, { additionalProperties: false }), response: { 200: ContractBody } }
      }, async (request) => {
        const { contract } = await inReading((stores) => admitContract(request, 'contract.manage', stores, request.params.id))
        return bodyOf(await deps.decideByHand({ contractId: contract.id, what, reason: request.body.reason, by: callerOf(request).principal.tokenId }))
      })
    }
  }
}

/** By the contract in the address; a terminal acts only for whom it has just read. */
async function contractInHand (request: FastifyRequest, { inReading, now }: ContractRoutesDeps, { id, readingId }: { readonly id: string, readonly readingId: string | undefined }) {
  return inReading(async (stores) => {
    const { contract, tied } = await admitContract(request, 'contract.sign', stores, id)
    const named = { patientId: tied[0]?.id ?? contract.patientId, ...readingId === undefined ? {} : { readingId } }
    return { contract, hand: await contractHand(request, stores, { named, now: now() }) }
  })
}

function ownPersons (request: FastifyRequest): readonly string[] {
  const { principal, wards } = callerOf(request)
  if (limitsFor(request, 'contract.read').patientIds === null || principal.personId === null) throw new DomainError('REQUEST_INVALID', 'Name the patient.', 'patient')
  return [principal.personId, ...wards]
}
