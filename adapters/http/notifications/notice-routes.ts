import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { notLoggedIn } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import { noticeTemplates } from '../../../core/notice.ts'
import { devicePlatforms, noNotice, type Device, type DevicePlatform, type KeptNotice, type NoticeBook } from '../../../core/notifications/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, callerOf, noteAccess, noteSearch } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { Id, Instant, nullable, oneOf, orNull, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface NoticeRoutesDeps {
  readonly inReading: InTransaction<{ readonly notices: NoticeBook, readonly patients: PatientStore }>
  /** The words as they are, with names of hospitals. */
  readonly wordsOf: (notice: KeptNotice) => { readonly title: string, readonly text: string, readonly english: string }
  readonly markRead: (key: string) => Promise<KeptNotice>
  readonly recordLetter: (key: string, letter: { readonly letterNumber: string, readonly sentAt: Date, readonly deliveredAt: Date }) => Promise<KeptNotice>
  readonly registerDevice: (device: { readonly ownerId: string, readonly token: string, readonly platform: DevicePlatform }) => Promise<Pick<Device, 'id' | 'platform'>>
  /** Answers false where the owner has no such device. */
  readonly dropDevice: (id: string, ownerId: string) => Promise<boolean>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
}

const states = ['queued', 'sent', 'delivered', 'undelivered', 'read', 'suppressed'] as const
const channels = ['sms', 'push', 'wechat', 'letter'] as const
const record = {
  key: Type.String(), template: oneOf(noticeTemplates), patientId: nullable(Type.String({ description: 'null: it is for a doctor' })), state: oneOf(states), channel: nullable(oneOf(channels)), queuedAt: Instant, sentAt: nullable(Instant),
  provenAt: nullable(Type.String({ format: 'date-time', description: 'delivered or read: from then on it is proven' }))
}
const OwnNotice = Type.Object({ ...record, title: Type.String(), text: nullable(Type.String({ description: 'null where it was not sent after all' })), english: nullable(Type.String()) })
const NoticeProof = Type.Object({ ...record, proofId: nullable(Type.String()), reason: nullable(Type.String()) })
const ByKey = Type.Object({ key: Type.String({ minLength: 1, maxLength: 200 }) })
const Letter = Type.Object({
  letterNumber: Type.String({ minLength: 1, maxLength: 40, pattern: '^[A-Za-z0-9-]+$', description: 'Of the registered letter.' }), sentAt: Instant, deliveredAt: Instant
}, { additionalProperties: false })
const NewDevice = Type.Object({ token: Type.String({ minLength: 8, maxLength: 500, description: 'Of the push service on the device.' }), platform: oneOf(devicePlatforms) }, { additionalProperties: false })
const common = { tags: ['notices'], 'x-requirements': ['A-38', 'A-40'] }

export function noticeRoutes (deps: NoticeRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  const recordOf = ({ key, template, patientId, state, channel, queuedAt, sentAt, provenAt }: KeptNotice) =>
    ({ key, template, patientId, state, channel, queuedAt: writeInstant(queuedAt), sentAt: orNull(sentAt, writeInstant), provenAt: orNull(provenAt, writeInstant) })
  const ownOf = (notice: KeptNotice) => {
    const { title, text, english } = deps.wordsOf(notice)
    const isSaid = notice.state !== 'suppressed'
    return { ...recordOf(notice), title, text: isSaid ? text : null, english: isSaid ? english : null }
  }
  const proofOf = (notice: KeptNotice) => ({ ...recordOf(notice), proofId: notice.proofId, reason: notice.reason })
  return async (server) => {
    server.get('/v1/me/notices', {
      config: { access: 'notice.receive' },
      schema: { ...common, 'x-requirements': ['A-38', 'A-40', 'C15'], summary: 'What the caller and their wards were told, the newest first; of a doctor what the doctor was told', querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(OwnNotice) } }
    }, async (request) => {
      const { rows, next } = await inReading(({ notices }) => pageByOffset(request.query, ownOnes(request, notices)))
      noteSearch(request, 'notice', patientsOf(rows))
      return { items: rows.map(ownOf), next }
    })

    server.post('/v1/me/notices/:key/read', {
      config: { access: 'notice.receive' },
      schema: { ...common, summary: 'It was opened in the app, which proves it', params: ByKey, response: { 200: OwnNotice } }
    }, async (request) => {
      const kept = await inReading(({ notices }) => notices.findKept(request.params.key))
      if (kept === null) throw noNotice()
      if (kept.staffId === null) admitTo(request, 'notice.receive', { kind: 'notice', id: kept.key, patientId: kept.patientId, hospitalId: null }, noNotice)
      else if (kept.staffId !== staffIdOf(request)) throw noNotice()
      return ownOf(await deps.markRead(kept.key))
    })

    server.get('/v1/notices', {
      config: { access: 'default.read' },
      schema: { ...common, summary: 'Notices of a person with their proofs', querystring: Type.Object({ ...PageQuery, patient: Id }, { additionalProperties: false }), response: { 200: pageOf(NoticeProof) } }
    }, async (request) => {
      const { rows, next } = await inReading(async ({ notices, patients }) => {
        const { tied } = await admitPatient(request, 'default.read', patients, request.query.patient)
        return await pageByOffset(request.query, (page) => notices.listKept(tied.map(({ id }) => id), page))
      })
      noteSearch(request, 'notice', patientsOf(rows))
      return { items: rows.map(proofOf), next }
    })

    server.post('/v1/notices/:key/letter', {
      config: { access: 'contract.manage' },
      schema: { ...common, summary: 'It went by registered letter, which was signed for', params: ByKey, body: Letter, response: { 200: NoticeProof } }
    }, async (request) => {
      const { letterNumber, ...times } = request.body
      const [sentAt, deliveredAt] = [new Date(times.sentAt), new Date(times.deliveredAt)]
      if (sentAt > deliveredAt || deliveredAt > deps.now()) throw new DomainError('REQUEST_INVALID', 'A letter is sent before it is delivered, and both lie in the past.', 'deliveredAt')
      const kept = await inReading(async ({ notices, patients }) => {
        const found = await notices.findKept(request.params.key)
        const patient = found === null || found.patientId === null ? null : await patients.find(found.patientId)
        return found === null || patient === null ? null : { ...found, hospitalId: patient.hospitalId }
      })
      if (kept === null) throw noNotice()
      admitTo(request, 'contract.manage', { kind: 'notice', id: kept.key, patientId: kept.patientId, hospitalId: kept.hospitalId }, noNotice)
      return proofOf(await deps.recordLetter(kept.key, { letterNumber, sentAt, deliveredAt }))
    })

    await server.register(deviceRoutes(deps))
  }
}

function deviceRoutes ({ registerDevice, dropDevice }: NoticeRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/me/devices', {
      config: { access: 'notice.receive' },
      schema: { ...common, summary: 'Registers the app on this device for push; the five newest devices of an account are kept', body: NewDevice, response: { 200: Type.Object({ id: Id, platform: oneOf(devicePlatforms) }) } }
    }, async (request) => {
      const device = await registerDevice({ ownerId: ownerOf(request), ...request.body })
      noteAccess(request, { target: 'device', targetId: device.id, patientId: patientIdOf(request), outcome: 'allowed' })
      return device
    })

    server.delete('/v1/me/devices/:id', {
      config: { access: 'notice.receive' },
      schema: { ...common, summary: 'Nothing is pushed to this device any more', params: Type.Object({ id: Id }), response: { 204: Type.Null() } }
    }, async (request, reply) => {
      const isDropped = await dropDevice(request.params.id, ownerOf(request))
      noteAccess(request, { target: 'device', targetId: request.params.id, patientId: patientIdOf(request), outcome: isDropped ? 'allowed' : 'refused' })
      if (!isDropped) throw new DomainError('DEVICE_NOT_FOUND', 'This account has no such device.')
      return reply.code(204).send(null)
    })
  }
}

/** 医生. Null: a patient or guardian. */
function staffIdOf (request: FastifyRequest): string | null {
  const { role, personId } = callerOf(request).principal
  return role === 'doctor' ? personId : null
}

function ownOnes (request: FastifyRequest, notices: NoticeBook): (page: { readonly limit: number, readonly offset: number }) => Promise<readonly KeptNotice[]> {
  const staffId = staffIdOf(request)
  return (page) => staffId === null ? notices.listKept(callerOf(request).patientIds, page) : notices.listOfStaff(staffId, page)
}

const patientIdOf = (request: FastifyRequest): string | null => staffIdOf(request) === null ? callerOf(request).principal.personId : null

const patientsOf = (notices: readonly KeptNotice[]): readonly string[] => notices.flatMap(({ patientId }) => patientId ?? [])

/** A token that was issued by hand has no account; then the person owns the device. */
function ownerOf (request: FastifyRequest): string {
  const { principal: { accountId, personId } } = callerOf(request)
  const ownerId = accountId ?? personId
  if (ownerId === null) throw notLoggedIn()
  return ownerId
}
