import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { PatientStore } from '../../../core/identity/index.ts'
import { fen } from '../../../core/money.ts'
import { noHold, refusals, releaseKinds, type BillStore, type CreditHold, type Release, type ReleaseCheck } from '../../../core/pay-after-care/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import type { Visit, VisitStore } from '../../../core/visits/index.ts'
import { admitTo } from '../access.ts'
import { noVisit } from '../visits/visit-wire.ts'
import { AmountFen, ById, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

export interface ReleaseRoutesDeps {
  readonly inReading: InTransaction<{ readonly visits: VisitStore, readonly bills: BillStore, readonly patients: PatientStore }>
  readonly checkRelease: (check: ReleaseCheck) => Promise<Release>
  readonly releaseHold: (id: string) => Promise<CreditHold>
  readonly writeInstant: WriteInstant
}

const Asked = Type.Object({
  patientId: Id,
  visitId: Id,
  amountFen: Type.Integer({ minimum: 0, maximum: 1e11 }),
  kind: oneOf(releaseKinds),
  reference: Type.String({ minLength: 1, maxLength: 100, description: 'the number that its charge will carry: the line\'s own (FT1-2) or the filler\'s of the order (FT1-23); the same again gets the same answer' }),
  isEmergency: Type.Optional(Type.Boolean())
}, { additionalProperties: false })
const Answer = Type.Object({ mayProceed: Type.Boolean(), reasons: Type.Array(oneOf(refusals)), holdId: nullable(Type.String()), holdExpiresAt: nullable(Instant) })
const HoldBody = Type.Object({ id: Id, visitId: Id, reference: Type.String(), amountFen: AmountFen, state: oneOf(['held', 'posted', 'released', 'expired'] as const), expiresAt: Instant, endedAt: nullable(Instant) })
const common = { tags: ['pay-after-care'], 'x-requirements': ['A-14', 'A-15'] }

/** 放行: whether exam, test, treatment or drug may be given though nothing is paid yet. */
export function releaseRoutes ({ inReading, writeInstant, ...deps }: ReleaseRoutesDeps): FastifyPluginAsyncTypebox {
  const admittedVisit = async (request: FastifyRequest, { visitId, patientId }: { readonly visitId: string, readonly patientId: string }): Promise<Visit> => {
    const { visit, isOfPatient } = await inReading(async ({ visits, patients }) => {
      const named = await visits.find(visitId)
      const goesOnAs = named?.continuedAs ?? null
      const visit = goesOnAs === null ? named : await visits.find(goesOnAs) ?? named
      return { visit, isOfPatient: visit !== null && (visit.patientId === patientId || await isSamePerson(patients, visit.patientId, patientId)) }
    })
    if (visit === null) throw noVisit()
    admitTo(request, 'release.check', { kind: 'visit', ...visit }, noVisit)
    if (!isOfPatient) throw noVisit()
    return visit
  }
  return async (server) => {
    server.post('/v1/release-checks', {
      config: { access: 'release.check' },
      schema: { ...common, summary: 'May it be done unpaid? Reserves its part of the credit limit until the charge comes. Emergencies always may', body: Asked, response: { 200: Answer } }
    }, async (request) => {
      const { patientId, visitId, amountFen, reference, isEmergency = false } = request.body
      const visit = await admittedVisit(request, { visitId, patientId })
      const { mayProceed, reasons, hold } = await deps.checkRelease({ visit, amountFen: fen(amountFen), reference, isEmergency })
      return { mayProceed, reasons: [...reasons], holdId: hold?.id ?? null, holdExpiresAt: hold?.state === 'held' ? writeInstant(hold.expiresAt) : null }
    })

    server.delete('/v1/release-checks/:id', {
      config: { access: 'release.check' },
      schema: { ...common, summary: 'Not done after all: the hold is released; one that has ended stays as it ended', params: ById, response: { 200: HoldBody } }
    }, async (request) => {
      const { id } = request.params
      const visit = await inReading(async ({ bills, visits }) => {
        const hold = await bills.findHold(id)
        return hold === null ? null : await visits.find(hold.visitId)
      })
      if (visit === null) throw noHold()
      admitTo(request, 'release.check', { kind: 'credit-hold', id, patientId: visit.patientId, hospitalId: visit.hospitalId }, noHold)
      const hold = await deps.releaseHold(id)
      return { ...hold, expiresAt: writeInstant(hold.expiresAt), endedAt: orNull(hold.endedAt, writeInstant) }
    })
  }
}

async function isSamePerson (patients: Pick<PatientStore, 'find'>, one: string, other: string): Promise<boolean> {
  const [first, second] = [await patients.find(one), await patients.find(other)]
  return first !== null && first.personId === second?.personId
}
