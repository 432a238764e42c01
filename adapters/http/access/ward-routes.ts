import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { isInForce, noGuardianship, relations, type Asked, type Claim, type Guardianship, type GuardianStore, type PersonRecord, type Relation } from '../../../core/access/index.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { guardianshipBody, guardianshipMembers } from './guardian-routes.ts'
import { refuseUntil } from '../limit-by.ts'
import { ClaimBody, Code } from './session-routes.ts'
import { ById, nullable, oneOf, pageOf, type WriteInstant } from '../wire.ts'

export interface WardRoutesDeps {
  readonly inReading: InTransaction<{ readonly patients: PatientStore, readonly guardians: GuardianStore }>
  /** Business time. */
  readonly now: () => Date
  readonly today: () => CalendarDate
  readonly recordsOf: (personId: string) => Promise<readonly PersonRecord[]>
  readonly askForWard: (wanted: { readonly guardian: OwnPerson, readonly claim: Claim, readonly relation: Relation }) => Promise<Asked>
  /** Refuses with CODE_INVALID. */
  readonly confirmByCode: (wanted: { readonly guardianship: Guardianship, readonly code: string }) => Promise<Guardianship>
  readonly endGuardianship: (guardianship: Guardianship) => Promise<void>
}

interface OwnPerson {
  readonly personId: string
  readonly ownIds: readonly string[]
}

const WardBody = Type.Object({ ...guardianshipMembers, wardId: nullable(Type.String({ description: 'person id, once confirmed' })), name: nullable(Type.String()) })
const Ask = Type.Object({ ...ClaimBody.properties, relation: oneOf(relations) }, { additionalProperties: false })
const common = { tags: ['access'], 'x-requirements': ['K-11'] }

/** 被监护人: guardians ask for their wards, and confirm by the ward's own phone. */
export function wardRoutes (deps: WardRoutesDeps, writeInstant: WriteInstant): FastifyPluginAsyncTypebox {
  const { inReading } = deps
  const bodyOf = guardianshipBody(writeInstant)
  const wardBody = wardBodies(deps, writeInstant)
  return async (server) => {
    server.get('/v1/me/wards', {
      config: { access: 'account.use' },
      schema: { ...common, summary: 'For whom the caller speaks or asked to', response: { 200: pageOf(WardBody) } }
    }, async (request) => {
      const { ownIds } = await ownPerson(deps, request)
      const items = await inReading(async ({ guardians, patients }) => {
        const bodies = []
        for (const guardianship of await guardians.ofGuardian(ownIds)) bodies.push(await wardBody(patients, guardianship))
        return bodies
      })
      noteAccess(request, { target: 'guardianship', targetId: null, patientId: null, outcome: 'allowed' })
      return { items, next: null }
    })

    server.post('/v1/me/wards', {
      config: { access: 'account.use' },
      schema: { ...common, summary: 'Asks to speak for a child; the answer is the same whoever is known', body: Ask, response: { 202: WardBody } }
    }, async (request, reply) => {
      const guardian = await ownPerson(deps, request)
      const { documentNumber, name, hospitalId = null, relation } = request.body
      const asked = await deps.askForWard({ guardian, relation, claim: { documentNumber, name, hospitalId } })
      noteAccess(request, { target: 'guardianship', targetId: asked.kind === 'asked' ? asked.guardianship.id : null, patientId: null, outcome: asked.kind === 'asked' ? 'allowed' : 'refused' })
      if (asked.kind === 'too_often') return refuseUntil(reply, (asked.at.getTime() - deps.now().getTime()) / 1000)
      return await reply.code(202).send({ ...bodyOf(asked.guardianship), wardId: null, name: null })
    })

    server.post('/v1/me/wards/:id/confirm', {
      config: { access: 'account.use' },
      schema: { ...common, summary: 'Confirms with the code that the ward\'s own phone received', params: ById, body: Type.Object({ code: Code }, { additionalProperties: false }), response: { 200: WardBody } }
    }, async (request) => {
      const guardianship = await deps.confirmByCode({ guardianship: await ownGuardianship(deps, request, request.params.id), code: request.body.code })
      return await inReading(({ patients }) => wardBody(patients, guardianship))
    })

    server.delete('/v1/me/wards/:id', {
      config: { access: 'account.use' },
      schema: { ...common, summary: 'Ends a guardianship, or withdraws a request', params: ById, response: { 204: Type.Null() } }
    }, async (request, reply) => {
      await deps.endGuardianship(await ownGuardianship(deps, request, request.params.id))
      return await reply.code(204).send(null)
    })
  }
}

/** What the guardian learns of the ward before anybody has confirmed it: nothing. */
function wardBodies ({ today }: WardRoutesDeps, writeInstant: WriteInstant) {
  const bodyOf = guardianshipBody(writeInstant)
  return async (patients: PatientStore, guardianship: Guardianship) => {
    const { wardPersonId, state } = guardianship
    if (wardPersonId === null || state !== 'confirmed') return { ...bodyOf(guardianship), wardId: null, name: null }
    const ward = await patients.find(wardPersonId)
    const records = ward === null ? [] : await patients.byPerson(ward.personId)
    return isInForce(guardianship, records.map(({ birthDate }) => birthDate), today())
      ? { ...bodyOf(guardianship), wardId: wardPersonId, name: ward?.name ?? null }
      : { ...bodyOf(guardianship), state: 'ended' as const, wardId: null, name: null }
  }
}

async function ownPerson ({ recordsOf }: WardRoutesDeps, request: FastifyRequest): Promise<OwnPerson> {
  const { personId } = callerOf(request).principal
  if (personId === null) throw new DomainError('PATIENT_NOT_FOUND', 'This account is not tied to a patient yet. Tie it with POST /v1/me/bindings.')
  return { personId, ownIds: [personId, ...(await recordsOf(personId)).map(({ id }) => id)] }
}

async function ownGuardianship (deps: WardRoutesDeps, request: FastifyRequest, id: string): Promise<Guardianship> {
  const { ownIds } = await ownPerson(deps, request)
  const guardianship = await deps.inReading(({ guardians }) => guardians.find(id))
  const isOwn = guardianship !== null && ownIds.includes(guardianship.guardianPersonId)
  noteAccess(request, { target: 'guardianship', targetId: id, patientId: guardianship?.wardPersonId ?? null, outcome: isOwn ? 'allowed' : 'refused' })
  if (!isOwn || guardianship.state === 'ended') throw noGuardianship()
  return guardianship
}
