import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { CalendarDate } from '../../../core/clock.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import { owedByPerson, patientReceivable, statement, trialBalance, type AccountBalance, type Charge, type ChargeState, type ChargeStore, type LedgerStore, type StatementLine, type TrialBalance } from '../../../core/ledger/index.ts'
import { sumFen } from '../../../core/money.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import type { VisitStore } from '../../../core/visits/index.ts'
import { admitTo, limitsFor, noteAccess, noteSearch } from '../access.ts'
import { admitPatient, type AdmittedPatient } from '../admit-patient.ts'
import { noVisit } from '../visits/visit-wire.ts'
import { AmountFen, ById, Day, Id, Instant, nullable, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface LedgerRoutesDeps {
  readonly inReading: InTransaction<{ readonly ledger: LedgerStore, readonly charges: ChargeStore, readonly patients: PatientStore, readonly visits: VisitStore }>
  readonly writeInstant: WriteInstant
}

const states = ['posted', 'reversed', 'awaiting_charge'] as const satisfies readonly ChargeState[]
const ChargeBody = Type.Object({
  id: Id,
  hospitalId: Id,
  kind: oneOf(['charge', 'adjustment', 'payment'] as const),
  transactionId: Type.String(),
  patientId: Id,
  visitId: nullable(Type.String()),
  amountFen: nullable(AmountFen),
  occurredOn: nullable(Day),
  code: nullable(Type.String()),
  text: nullable(Type.String()),
  creditedBy: nullable(Type.Object({ transactionId: Type.String(), amountFen: nullable(AmountFen), occurredOn: Day })),
  state: oneOf(states),
  receivedAt: Instant
})
const LineBody = Type.Object({
  entryId: Id,
  hospitalId: Id,
  kind: Type.String(),
  sourceKey: Type.String(),
  effectiveOn: Day,
  postedAt: Instant,
  account: Type.String(),
  amountFen: AmountFen,
  reverses: nullable(Type.String()),
  memo: nullable(Type.String())
})
const OwedBody = Type.Object({
  patientId: Id,
  patientIds: Type.Array(Id),
  amountFen: AmountFen,
  hospitals: Type.Array(Type.Object({ hospitalId: Id, amountFen: AmountFen, lines: Type.Array(LineBody) }))
})
const TrialBalanceBody = Type.Object({
  effectiveUntil: nullable(Day),
  isProven: Type.Boolean({ description: 'every hospital sums to zero, no entry is unbalanced, no balance differs from its recount' }),
  hospitals: Type.Array(Type.Object({ hospitalId: Id, amountFen: AmountFen })),
  accounts: Type.Array(Type.Object({ hospitalId: Id, account: Type.String({ description: 'the accounts of all patients stand as one' }), amountFen: AmountFen })),
  unbalancedEntries: Type.Integer(),
  wrongBalances: Type.Integer()
})
const ChargeQuery = Type.Object({ ...PageQuery, patient: Type.Optional(Id), visit: Type.Optional(Id), state: Type.Optional(oneOf(states)) }, { additionalProperties: false })
const common = { tags: ['ledger'], 'x-requirements': ['K-06'] }

export function ledgerRoutes ({ inReading, writeInstant }: LedgerRoutesDeps): FastifyPluginAsyncTypebox {
  const chargeBody = (charge: Charge) => ({ ...charge, receivedAt: writeInstant(charge.receivedAt) })
  const lineBody = (line: StatementLine) => ({ ...line, postedAt: writeInstant(line.postedAt) })
  return async (server) => {
    server.get('/v1/charges', {
      config: { access: 'charge.read' },
      schema: { ...common, summary: 'Transaction lines of the HIS, the newest day first', querystring: ChargeQuery, response: { 200: pageOf(ChargeBody) } }
    }, async (request) => {
      const { patient, visit, state } = request.query
      const { patientIds, hospitalId } = limitsFor(request, 'charge.read')
      const { rows, next } = await inReading(async ({ charges, patients, visits }) => {
        const ofPatient = patient === undefined ? patientIds : (await admitPatient(request, 'charge.read', patients, patient)).tied.map(({ id }) => id)
        if (visit !== undefined) {
          const found = await visits.find(visit)
          if (found === null) throw noVisit()
          admitTo(request, 'charge.read', { kind: 'visit', ...found }, noVisit)
        }
        return await pageByOffset(request.query, async (page) => await charges.list({ patientIds: ofPatient, visitId: visit ?? null, hospitalId, state: state ?? null }, page))
      })
      noteSearch(request, 'charge', rows.map(({ patientId }) => patientId))
      return { items: rows.map(chargeBody), next }
    })

    server.get('/v1/patients/:id/owed', {
      config: { access: 'statement.read' },
      schema: { ...common, summary: 'What a person owes, by hospital, with the lines that make it', params: ById, response: { 200: OwedBody } }
    }, async (request) => {
      const { id } = request.params
      const owed = await inReading(async ({ ledger, patients }) => await owedByPerson({ patients: only(await admitPatient(request, 'statement.read', patients, id)), ledger }, id))
      return {
        patientId: id,
        patientIds: [...owed.patientIds],
        amountFen: owed.owedFen,
        hospitals: owed.hospitals.map(({ hospitalId, owedFen, lines }) => ({ hospitalId, amountFen: owedFen, lines: lines.map(lineBody) }))
      }
    })

    server.get('/v1/ledger/statement', {
      config: { access: 'statement.read' },
      schema: { ...common, summary: 'The ledger lines of a person', querystring: Type.Object({ ...PageQuery, patient: Id }, { additionalProperties: false }), response: { 200: pageOf(LineBody) } }
    }, async (request) => {
      const { patient } = request.query
      const { rows, next } = await inReading(async ({ ledger, patients }) => {
        const admitted = only(await admitPatient(request, 'statement.read', patients, patient))
        return await pageByOffset(request.query, async (page) => await statement({ patients: admitted, ledger }, patient, page))
      })
      return { items: rows.map(lineBody), next }
    })

    server.get('/v1/ledger/trial-balance', {
      config: { access: 'ledger.read' },
      schema: { ...common, summary: 'The proof that the books stand, by recount', querystring: Type.Object({ until: Type.Optional(Day) }, { additionalProperties: false }), response: { 200: TrialBalanceBody } }
    }, async (request) => {
      const until = (request.query.until ?? null) as CalendarDate | null
      const { hospitalId } = limitsFor(request, 'ledger.read')
      const proof = await inReading(async ({ ledger }) => await trialBalance({ ledger: booksOf(ledger, hospitalId) }, until))
      noteAccess(request, { action: 'search', target: 'ledger', targetId: hospitalId, patientId: null, outcome: 'allowed' })
      return trialBalanceBody(proof)
    })
  }
}

/** The records of a person as far as the caller may see them: what lies beyond does not enter the sums. */
function only ({ patient, tied }: AdmittedPatient): Pick<PatientStore, 'find' | 'byPerson'> {
  return { find: async () => patient, byPerson: async () => tied }
}

function booksOf (ledger: LedgerStore, hospitalId: string | null): Pick<LedgerStore, 'trialBalance' | 'unbalancedEntries' | 'balances'> {
  if (hospitalId === null) return ledger
  return { ...ledger, trialBalance: async (until) => (await ledger.trialBalance(until)).filter((line) => line.hospitalId === hospitalId) }
}

function trialBalanceBody (proof: TrialBalance) {
  return {
    effectiveUntil: proof.effectiveUntil,
    isProven: proof.isProven,
    hospitals: proof.hospitals.map(({ hospitalId, sumFen: sum }) => ({ hospitalId, amountFen: sum })),
    accounts: rolledUp(proof.accounts),
    unbalancedEntries: proof.unbalancedEntries.length,
    wrongBalances: proof.wrongBalances.length
  }
}

const allPatients = patientReceivable('*')
const onePatient = allPatients.slice(0, -1)

/** A million patients have a million accounts; the proof shows them as one. */
function rolledUp (accounts: readonly AccountBalance[]) {
  const sums = new Map<string, { hospitalId: string, account: string, amountFen: AccountBalance['balanceFen'] }>()
  for (const { hospitalId, account, balanceFen } of accounts) {
    const name = account.startsWith(onePatient) ? allPatients : account
    const key = `${hospitalId} ${name}`
    sums.set(key, { hospitalId, account: name, amountFen: sumFen([sums.get(key)?.amountFen ?? sumFen([]), balanceFen]) })
  }
  return [...sums.values()]
}
