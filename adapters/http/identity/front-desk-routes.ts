import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { reachOf, type Permission } from '../../../core/access/index.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import type { IdentityRead, Patient, PatientStore, ReadIdentity, ReadingStore, RegisterPatient } from '../../../core/identity/index.ts'
import type { MayPayAfterCare } from '../../../core/pay-after-care/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { limitBy } from '../limit-by.ts'
import { Day, Id, Instant, nullable, oneOf, type WriteInstant } from '../wire.ts'

export interface FrontDeskRoutesDeps {
  readonly inReading: InTransaction<{ readonly patients: PatientStore, readonly readings: ReadingStore }>
  /** Business time. */
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly read: (command: ReadIdentity) => Promise<IdentityRead>
  readonly mayPay: (patientId: string) => Promise<MayPayAfterCare>
  readonly registerPatient: (command: RegisterPatient) => Promise<Patient>
}

/** `face` comes by its own way (pictures); what is told of a person before anybody knows them is no more than this. */
const kinds = ['patient_card', 'resident_id', 'insurance_token', 'qr'] as const
const genders = ['male', 'female', 'other', 'unknown'] as const
const Contract = Type.Object({
  state: Type.String({ description: 'none, or the state of the contract that counts' }),
  mayPayAfterCare: Type.Boolean(),
  reasons: Type.Array(Type.String({ description: 'no_contract, contract_suspended, contract_ended, overdue, over_limit' }))
})
const ReadBody = Type.Object({
  readingId: Id,
  expiresAt: Instant,
  isNew: Type.Boolean({ description: 'nobody knows the person here: make a file with POST /v1/patients' }),
  patient: Type.Object({ id: Id, maskedName: nullable(Type.String()), birthYear: nullable(Type.String()) }),
  contract: Contract
})
const PatientBody = Type.Object({ id: Id, hospitalId: Id, name: nullable(Type.String()), birthDate: nullable(Day), gender: nullable(Type.String()) })
const common = { tags: ['identity'] }
/** A busy window reads some a minute; more is somebody who tries numbers. */
const readingsPerMinute = 60

const nobody: MayPayAfterCare = { state: 'none', mayPayAfterCare: false, reasons: ['no_contract'] }

/** 读卡、建档: what happens first at a window or kiosk. */
export function frontDeskRoutes (deps: FrontDeskRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, now, writeInstant } = deps
  return async (server) => {
    server.post('/v1/identity-readings', {
      config: { access: 'identity.read' },
      preHandler: limitBy(server, { most: readingsPerMinute, windowMs: 60_000, of: (request) => callerOf(request).principal.tokenId }),
      schema: {
        ...common,
        'x-requirements': ['A-01', 'A-02', 'A-03', 'A-05', 'A-39'],
        summary: 'A card, document or code was read: who it is at this hospital, and how their contract stands. Unknown here, the hospital\'s own system is asked',
        body: Type.Object({ kind: oneOf(kinds), value: Type.String({ minLength: 1, maxLength: 512 }), hospitalId: Type.Optional(Id) }, { additionalProperties: false }),
        response: { 201: ReadBody }
      }
    }, async (request, reply) => {
      const { kind, value } = request.body
      const { tokenId } = callerOf(request).principal
      const hospitalId = ownHospital(request, 'identity.read', request.body.hospitalId)
      const read = await deps.read({ kind, value, hospitalId, tokenId })
      if (read.kind === 'unavailable') throw new DomainError('OUTSIDE_UNAVAILABLE', 'Nobody is known by this here, and the hospital\'s own system does not answer. Read again in a moment.')
      const { reading } = read
      noteAccess(request, { action: 'read', target: 'reading', targetId: reading.id, patientId: read.kind === 'known' ? read.patient.id : null, outcome: 'allowed' })
      const about = read.kind === 'known' ? read.patient : read.elsewhere
      return await reply.code(201).send({
        readingId: reading.id,
        expiresAt: writeInstant(reading.expiresAt),
        isNew: read.kind === 'unknown',
        patient: { id: reading.patientId, maskedName: masked(about?.name ?? null), birthYear: about?.birthDate?.slice(0, 4) ?? (read.kind === 'unknown' ? read.birthYear : null) },
        contract: contractBody(about === null ? nobody : await deps.mayPay(about.id))
      })
    })

    server.post('/v1/patients', {
      config: { access: 'patient.register', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': ['A-02'],
        summary: 'A new file for somebody whose document was read and whom the hospital does not know; it is sent to the hospital',
        body: Type.Object({ readingId: Id, name: Type.String({ minLength: 1, maxLength: 100 }), birthDate: Day, gender: oneOf(genders), phone: Type.Optional(Type.String({ minLength: 5, maxLength: 30 })) }, { additionalProperties: false }),
        response: { 201: PatientBody }
      }
    }, async (request, reply) => {
      const { readingId, name, birthDate, gender, phone = null } = request.body
      const { tokenId } = callerOf(request).principal
      const hospitalId = ownHospital(request, 'patient.register', undefined)
      const reading = await inReading(({ readings }) => readings.find(readingId))
      if (reading === null || reading.tokenId !== tokenId || reading.hospitalId !== hospitalId || now() >= reading.expiresAt) {
        noteAccess(request, { target: 'reading', targetId: readingId, patientId: null, outcome: 'refused' })
        throw new DomainError('READING_NOT_FOUND', 'Read the card or code again at this terminal; a reading is good for ten minutes.', 'readingId')
      }
      const patient = await deps.registerPatient({ reading, name, birthDate: birthDate as CalendarDate, gender, phone, by: `desk:${tokenId}` })
      noteAccess(request, { target: 'patient', targetId: patient.id, patientId: patient.id, outcome: 'allowed' })
      return await reply.code(201).send({ id: patient.id, hospitalId: patient.hospitalId, name: patient.name, birthDate: patient.birthDate, gender: patient.gender })
    })
  }
}

/** A desk or terminal reads at its own hospital. */
function ownHospital (request: FastifyRequest, permission: Permission, named: string | undefined): string {
  const reach = reachOf(callerOf(request).principal, permission)
  if (reach.kind !== 'organization' || (named !== undefined && named !== reach.hospitalId)) throw new DomainError('REQUEST_INVALID', 'A desk or terminal acts for its own hospital only.', 'hospitalId')
  return reach.hospitalId
}

function contractBody ({ state, mayPayAfterCare, reasons }: MayPayAfterCare) {
  return { state, mayPayAfterCare, reasons: [...reasons] }
}

/** 许**: enough for whoever stands there to be asked whether it is them. */
function masked (name: string | null): string | null {
  if (name === null) return null
  const [first = '', ...others] = [...name]
  return first + '*'.repeat(Math.min(others.length, 3))
}
