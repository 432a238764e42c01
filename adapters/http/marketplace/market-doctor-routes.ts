import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { CalendarDate } from '../../../core/clock.ts'
import { noDoctor, specialties, viewerOf, visibleDoctor, visibleDoctors, type Admission, type AuditActor, type AuditCase, type Doctor, type DoctorFront, type Specialty, type ViewStores } from '../../../core/marketplace/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { accountIn, actorOf, admitOwnDoctor, type MarketReadStores } from './market-admit.ts'
import { DoctorApplicationBody, doctorApplicationBody, DoctorFrontBody, doctorFrontBody, Introduction, PersonName, Words } from './market-wire.ts'
import { Code, Phone } from '../access/session-routes.ts'
import { ById, Day, Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

/** Phone: as it is written, with the code that was sent there where it is not the account's own. */
export interface DoctorGiven {
  readonly name: string
  readonly hospitalId: string | null
  readonly employer: string | null
  readonly staffNumber: string | null
  readonly title: string
  readonly licenceNumber: string
  readonly licensedOn: CalendarDate
  readonly specialty: Specialty
  readonly phone: { readonly number: string, readonly code: string | null }
  readonly introduction: string
}

export interface MarketDoctorRoutesDeps<Stores extends ViewStores & MarketReadStores> {
  readonly inReading: InTransaction<Stores>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly front: (stores: Stores, doctors: readonly Doctor[]) => Promise<readonly DoctorFront[]>
  readonly register: (wanted: { readonly accountId: string, readonly given: DoctorGiven }) => Promise<Doctor>
  readonly edit: (wanted: { readonly id: string, readonly accountId: string, readonly edit: Partial<DoctorGiven>, readonly actor: AuditActor }) => Promise<Doctor>
  readonly submit: (wanted: { readonly id: string, readonly actor: AuditActor }) => Promise<AuditCase>
  readonly openSession: (doctor: Doctor) => Promise<{ readonly accessToken: string, readonly expiresInSeconds: number }>
}

const common = { tags: ['marketplace'] }
const Optional = {
  name: Type.Optional(PersonName), hospitalId: Type.Optional(Id), employer: Type.Optional(Words), staffNumber: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: 'the doctor\'s number in the hospital\'s own system' })),
  title: Type.Optional(Words), licenceNumber: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z-]{5,30}$' })), licensedOn: Type.Optional(Day), specialty: Type.Optional(oneOf(specialties)),
  phone: Type.Optional(Phone), code: Type.Optional(Code), introduction: Type.Optional(Introduction)
}
const Edit = Type.Object(Optional, { additionalProperties: false, minProperties: 1 })
const Register = Type.Object({
  ...Optional, name: PersonName, title: Words, licenceNumber: Type.String({ pattern: '^[0-9A-Za-z-]{5,30}$', description: 'of the licence to practise' }), licensedOn: Type.String({ format: 'date', description: 'of the first registration to practise' }),
  specialty: oneOf(specialties), phone: Phone, introduction: Type.String({ maxLength: 2_000, default: '' })
}, { additionalProperties: false })

/** 医师: registration, own profile, and who may see whom. */
export function marketDoctorRoutes<Stores extends ViewStores & MarketReadStores> (deps: MarketDoctorRoutesDeps<Stores>): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(viewRoutes(deps))
    await server.register(registerRoutes(deps))
    await server.register(ownRoutes(deps))
  }
}

function viewRoutes<Stores extends ViewStores & MarketReadStores> ({ inReading, now, front }: MarketDoctorRoutesDeps<Stores>): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/doctors', {
      config: { access: 'doctor.read' },
      schema: {
        ...common,
        'x-requirements': ['M4', 'M5', 'M6'],
        summary: 'Audited doctors whom the caller may see: a patient those of the hospital where the patient is admitted, a hospital its own and with a membership in force all of them, the platform all',
        querystring: Type.Object({ ...PageQuery, limit: Type.Integer({ minimum: 1, maximum: 50, default: 20 }), hospital: Type.Optional(Id), specialty: Type.Optional(oneOf(specialties)) }, { additionalProperties: false }),
        response: { 200: pageOf(DoctorFrontBody) }
      }
    }, async (request) => await inReading(async (stores) => {
      const { viewer, admissions } = await viewerOf(stores, callerOf(request), now())
      const wanted = { hospitalId: request.query.hospital ?? null, specialty: request.query.specialty ?? null }
      const { rows, next } = await pageByOffset(request.query, (page) => visibleDoctors(stores, viewer, wanted, page))
      noteAccess(request, { action: 'search', target: 'doctor', targetId: null, patientId: null, outcome: 'allowed' })
      return { items: (await front(stores, rows)).map((one) => doctorFrontBody(one, admissions)), next }
    }))

    server.get('/v1/doctors/:id', {
      config: { access: 'doctor.read' },
      schema: { ...common, 'x-requirements': ['M4', 'M5', 'M6'], summary: 'One doctor whom the caller may see', params: ById, response: { 200: DoctorFrontBody } }
    }, async (request) => await inReading(async (stores) => {
      const doctor = await visibleDoctor(stores, callerOf(request), request.params.id, now())
      noteAccess(request, { target: 'doctor', targetId: request.params.id, patientId: null, outcome: doctor === null ? 'refused' : 'allowed' })
      const [shown] = doctor === null ? [] : await front(stores, [doctor])
      if (shown === undefined) throw noDoctor()
      const { admissions }: { readonly admissions: readonly Admission[] } = await viewerOf(stores, callerOf(request), now())
      return doctorFrontBody(shown, admissions)
    }))
  }
}

function registerRoutes<Stores extends ViewStores & MarketReadStores> ({ inReading, writeInstant, register, openSession }: MarketDoctorRoutesDeps<Stores>): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/doctors', {
      config: { access: 'doctor.register' },
      schema: { ...common, 'x-requirements': ['M1', 'M2'], summary: 'Registers as a doctor, by an account of a phone or of WeChat; a draft until it is submitted. A phone other than the account\'s needs the code of POST /v1/sms-codes {purpose: doctor}', body: Register, response: { 201: DoctorApplicationBody } }
    }, async (request, reply) => {
      const { phone, code, ...rest } = request.body
      const given: DoctorGiven = { ...rest, hospitalId: rest.hospitalId ?? null, employer: rest.employer ?? null, staffNumber: rest.staffNumber ?? null, licensedOn: rest.licensedOn as CalendarDate, phone: { number: phone, code: code ?? null } }
      const doctor = await register({ accountId: accountIn(request), given })
      const { audit } = await inReading((stores) => admitOwnDoctor(request, stores, doctor.id))
      return await reply.code(201).send(doctorApplicationBody(doctor, audit, writeInstant))
    })

    server.post('/v1/doctor-sessions', {
      config: { access: 'doctor.register', idempotencyKey: 'ignored' },
      schema: { ...common, 'x-requirements': ['M1', 'M2'], summary: 'A token of the role doctor for an account whose doctor is approved; an hour, to be asked for again', response: { 200: Type.Object({ accessToken: Type.String(), expiresIn: Type.Integer({ description: 'seconds' }), doctorId: Id }) } }
    }, async (request, reply) => {
      const { doctor } = await inReading((stores) => admitOwnDoctor(request, stores, null))
      const { accessToken, expiresInSeconds } = await openSession(doctor)
      return await reply.header('cache-control', 'no-store').send({ accessToken, expiresIn: expiresInSeconds, doctorId: doctor.id })
    })
  }
}

function ownRoutes<Stores extends ViewStores & MarketReadStores> ({ inReading, writeInstant, edit, submit }: MarketDoctorRoutesDeps<Stores>): FastifyPluginAsyncTypebox {
  const show = async (request: FastifyRequest, id: string | null) => await inReading(async (stores) => {
    const { doctor, audit } = await admitOwnDoctor(request, stores, id)
    return doctorApplicationBody(doctor, audit, writeInstant)
  })
  return async (server) => {
    server.get('/v1/doctors/me', {
      config: { access: 'doctor.register' },
      schema: { ...common, 'x-requirements': ['M2', 'M3'], summary: 'The caller\'s own application, in whatever state', response: { 200: DoctorApplicationBody } }
    }, async (request) => await show(request, null))

    server.patch('/v1/doctors/:id', {
      config: { access: 'doctor.register' },
      schema: { ...common, 'x-requirements': ['M2', 'M3'], summary: 'Changes the own profile; name, employer, title and licence go back to review, introduction and phone do not', params: ById, body: Edit, response: { 200: DoctorApplicationBody } }
    }, async (request) => {
      const { doctor } = await inReading((stores) => admitOwnDoctor(request, stores, request.params.id))
      await edit({ id: doctor.id, accountId: doctor.accountId, edit: editOf(request.body), actor: actorOf(request) })
      return await show(request, doctor.id)
    })

    server.post('/v1/doctors/:id/submit', {
      config: { access: 'doctor.register' },
      schema: { ...common, 'x-requirements': ['M3'], summary: 'Hands it in for review', params: ById, response: { 200: DoctorApplicationBody } }
    }, async (request) => {
      const { doctor } = await inReading((stores) => admitOwnDoctor(request, stores, request.params.id))
      await submit({ id: doctor.id, actor: actorOf(request) })
      return await show(request, doctor.id)
    })
  }
}

type Given = Partial<Record<Exclude<keyof typeof Optional, 'specialty'>, string>> & { readonly specialty?: Specialty }

/** Naming a hospital by its id or by name replaces both. */
function editOf ({ phone, code, licensedOn, hospitalId, employer, ...rest }: Given): Partial<DoctorGiven> {
  return {
    ...rest,
    ...licensedOn === undefined ? {} : { licensedOn: licensedOn as CalendarDate },
    ...hospitalId === undefined && employer === undefined ? {} : { hospitalId: hospitalId ?? null, employer: employer ?? null },
    ...phone === undefined ? {} : { phone: { number: phone, code: code ?? null } }
  }
}
