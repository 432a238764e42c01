import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { decide } from '../../../core/access/index.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import { ageing, ageingBuckets, personStanding, type BillStore, type ContractStore } from '../../../core/pay-after-care/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, limitsFor, noteAccess } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { BillBody, billBody } from './bill-body.ts'
import { AmountFen, Day, Id, nullable, oneOf, type WriteInstant } from '../wire.ts'

export interface StandingRoutesDeps {
  readonly inReading: InTransaction<{ readonly bills: BillStore, readonly contracts: ContractStore, readonly patients: PatientStore }>
  readonly today: () => CalendarDate
  readonly writeInstant: WriteInstant
}

const StandingBody = Type.Object({
  patientId: Id,
  status: oneOf(['normal', 'owing', 'overdue'] as const),
  contract: Type.Object({ id: nullable(Type.String()), state: oneOf(['none', 'active', 'suspended', 'terminated', 'expired'] as const), suspendedBecause: nullable(Type.String()) }),
  creditLimitFen: nullable(AmountFen),
  usedFen: AmountFen,
  heldFen: AmountFen,
  headroomFen: AmountFen,
  worstBill: nullable(BillBody)
})
const AgeingBody = Type.Object({
  asOf: Day,
  hospitals: Type.Array(Type.Object({
    hospitalId: Id,
    outstandingFen: AmountFen,
    buckets: Type.Array(Type.Object({ bucket: oneOf(ageingBuckets), bills: Type.Integer(), outstandingFen: AmountFen }))
  }))
})

/** How a person stands over all hospitals of the scheme, and what hospitals are owed by age. */
export function standingRoutes ({ inReading, today, writeInstant }: StandingRoutesDeps): FastifyPluginAsyncTypebox {
  const bodyOf = billBody(writeInstant, today)
  return async (server) => {
    server.get('/v1/pay-after-care/:personId', {
      config: { access: 'bill.read' },
      schema: { tags: ['pay-after-care'], 'x-requirements': ['A-03', 'A-18', 'A-28', 'A-34'], summary: 'Status, limit and contract of a person over all hospitals; any record of the person names them', params: Type.Object({ personId: Id }), response: { 200: StandingBody } }
    }, async (request) => {
      const { personId } = request.params
      const standing = await inReading(async (stores) => {
        const { patient } = await admitPatient(request, 'bill.read', stores.patients, personId)
        return await personStanding(stores, patient.id, today())
      })
      const { contract, worstBill, status, usedFen, heldFen, headroomFen } = standing
      // A hospital learns how the person stands, not what they owe to whom elsewhere.
      const isSeen = worstBill !== null && decide(callerOf(request), 'bill.read', worstBill) === 'allowed'
      return {
        patientId: personId, status, contract: { id: contract.contractId, state: contract.state, suspendedBecause: contract.suspendedBecause }, creditLimitFen: contract.creditLimitFen,
        usedFen, heldFen, headroomFen, worstBill: isSeen ? bodyOf(worstBill) : null
      }
    })

    server.get('/v1/ledger/ageing', {
      config: { access: 'ledger.read' },
      schema: { tags: ['ledger'], 'x-requirements': ['K-09'], summary: 'What is outstanding to each hospital, by days past the deadline', response: { 200: AgeingBody } }
    }, async (request) => {
      const { hospitalId } = limitsFor(request, 'ledger.read')
      const { asOf, hospitals } = await inReading((stores) => ageing(stores, hospitalId, today()))
      noteAccess(request, { action: 'search', target: 'ledger', targetId: hospitalId, patientId: null, outcome: 'allowed' })
      return { asOf, hospitals: hospitals.map((hospital) => ({ ...hospital, buckets: [...hospital.buckets] })) }
    })
  }
}
