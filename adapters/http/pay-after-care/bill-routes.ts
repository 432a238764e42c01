import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { CalendarDate } from '../../../core/clock.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { ChargeStore } from '../../../core/ledger/index.ts'
import { explainBill, noBill, type Bill, type BillStore, type DecisionStore, type DefaultStore, type ExplainReaders, type PayAfterCareSettings } from '../../../core/pay-after-care/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, limitsFor, noteSearch } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { BillBody, billBody } from './bill-body.ts'
import { ExplanationBody, explanationBody } from './explanation-body.ts'
import { ById, Id, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

interface BillRouteStores {
  readonly bills: BillStore
  readonly charges: ChargeStore
  readonly decisions: DecisionStore
  readonly defaults: DefaultStore
  readonly patients: PatientStore
}

export interface BillRoutesDeps<Stores extends BillRouteStores> {
  readonly inReading: InTransaction<Stores>
  readonly today: () => CalendarDate
  readonly settings: PayAfterCareSettings
  readonly readersOf: (stores: Stores) => ExplainReaders
  readonly writeInstant: WriteInstant
}

const common = { tags: ['pay-after-care'] }

/** 账单: of the person over all hospitals, of a hospital for itself. */
export function billRoutes<Stores extends BillRouteStores> (deps: BillRoutesDeps<Stores>): FastifyPluginAsyncTypebox {
  const { inReading, today, writeInstant } = deps
  const bodyOf = billBody(writeInstant, today)
  return async (server) => {
    server.get('/v1/bills', {
      config: { access: 'bill.read' },
      schema: {
        ...common,
        'x-requirements': ['A-33', 'A-34'],
        summary: 'Bills, the newest first; of one patient: of all records of the person that the caller may see',
        querystring: Type.Object({ ...PageQuery, patient: Type.Optional(Id), outstanding: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
        response: { 200: pageOf(BillBody) }
      }
    }, async (request) => {
      const { patient, outstanding } = request.query
      const limits = limitsFor(request, 'bill.read')
      const { rows, next } = await inReading(async ({ bills, patients }) => {
        const patientIds = patient === undefined ? limits.patientIds : (await admitPatient(request, 'bill.read', patients, patient)).tied.map(({ id }) => id)
        return await pageByOffset(request.query, async (page) => await bills.list({ patientIds, contractId: null, hospitalId: limits.hospitalId, isOutstanding: outstanding ?? null }, page))
      })
      noteSearch(request, 'bill', rows.map(({ patientId }) => patientId))
      return { items: rows.map(bodyOf), next }
    })

    server.get('/v1/bills/:id', {
      config: { access: 'bill.read' },
      schema: { ...common, 'x-requirements': ['A-34'], summary: 'One bill', params: ById, response: { 200: BillBody } }
    }, async (request) => bodyOf(await admittedBill(request, inReading, request.params.id)))

    server.get('/v1/bills/:id/explanation', {
      config: { access: 'bill.read' },
      schema: { ...common, 'x-requirements': ['A-34', 'A-40'], summary: 'Why this is owed: everything that made the bill what it is', params: ById, response: { 200: ExplanationBody } }
    }, async (request) => {
      const bill = await admittedBill(request, inReading, request.params.id)
      const explained = await inReading((stores) => explainBill(stores, deps.readersOf(stores), bill, { today: today(), settings: deps.settings }))
      return { bill: bodyOf(bill), ...explanationBody(explained, writeInstant) }
    })
  }
}

async function admittedBill<Stores extends Pick<BillRouteStores, 'bills'>> (request: FastifyRequest, inReading: InTransaction<Stores>, id: string): Promise<Bill> {
  const bill = await inReading(({ bills }) => bills.find(id))
  if (bill === null) throw noBill()
  admitTo(request, 'bill.read', { kind: 'bill', id, patientId: bill.patientId, hospitalId: bill.hospitalId }, noBill)
  return bill
}
