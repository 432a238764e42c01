import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Permission, Role } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import { fen } from '../../../core/money.ts'
import { noPrescription, prescriptionStates, type DraftPrescription, type Prescription, type PrescriptionFilter, type PrescriptionStore, type ReviewPrescription, type VerifiedSignature } from '../../../core/prescriptions/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, limitsFor, noteAccess, noteSearch } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { admitDocument, doctorIdOf, PdfBytes, refuseUnlessOwner, sendPdf, staffIdOf } from './document-admit.ts'
import { ItemGiven, PrescriptionBody, prescriptionBody, Reason, VerificationBody, verificationBody } from './document-wire.ts'
import { ById, Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

interface OfDoctor { readonly id: string, readonly doctorId: string }

export interface PrescriptionRoutesDeps {
  readonly inReading: InTransaction<{ readonly prescriptions: PrescriptionStore, readonly patients: PatientStore }>
  readonly writeInstant: WriteInstant
  readonly draft: (command: DraftPrescription) => Promise<Prescription>
  readonly sign: (command: OfDoctor) => Promise<Prescription>
  readonly review: (command: ReviewPrescription) => Promise<Prescription>
  readonly void: (command: OfDoctor & { readonly reason: string }) => Promise<Prescription>
  /** Of the doctor, and of the pharmacist where there was a review. */
  readonly verify: (prescription: Prescription) => { readonly doctor: VerifiedSignature | null, readonly pharmacist: VerifiedSignature | null }
  readonly print: (prescription: Prescription) => Promise<Buffer>
}

const common = { tags: ['documents'], 'x-requirements': ['C11'] }
const answers = { 200: PrescriptionBody }

/** 处方: the doctor writes and signs, the pharmacist reviews, the person reads. */
export function prescriptionRoutes (deps: PrescriptionRoutesDeps): FastifyPluginAsyncTypebox {
  const { writeInstant } = deps
  return async (server) => {
    server.post('/v1/prescriptions', {
      config: { access: 'document.write' },
      schema: {
        ...common,
        summary: 'Drafts a prescription on the signed record of the own consultation; narcotic, psychotropic and other controlled drugs are refused',
        body: Type.Object({ consultationId: Id, items: Type.Array(ItemGiven, { minItems: 1, maxItems: 20 }), guardianPresent: Type.Boolean({ default: false, description: 'of a child under 6' }) }, { additionalProperties: false }),
        response: { 201: PrescriptionBody }
      }
    }, async (request, reply) => {
      const { consultationId, items, guardianPresent } = request.body
      const drafted = await deps.draft({ consultationId, doctorId: doctorIdOf(request), isGuardianPresent: guardianPresent, items: items.map((item) => ({ ...item, priceFen: fen(item.priceFen) })) })
      noteAccess(request, { target: 'prescription', targetId: drafted.id, patientId: drafted.patientId, outcome: 'allowed' })
      return await reply.code(201).send(prescriptionBody(drafted, writeInstant))
    })

    server.post('/v1/prescriptions/:id/sign', {
      config: { access: 'document.write' },
      schema: { ...common, summary: 'The doctor signs the own draft; from now on it never changes', params: ById, response: answers }
    }, async (request) => {
      const { id } = await admitted(request, deps, 'document.write', request.params.id)
      return prescriptionBody(await deps.sign({ id, doctorId: doctorIdOf(request) }), writeInstant)
    })

    server.post('/v1/prescriptions/:id/review', {
      config: { access: 'prescription.review' },
      schema: { ...common, summary: 'The pharmacist approves or rejects, with a signature of their own', params: ById, body: Type.Object({ approved: Type.Boolean(), reason: Type.Optional(Reason) }, { additionalProperties: false }), response: answers }
    }, async (request) => {
      const { id } = await admitted(request, deps, 'prescription.review', request.params.id)
      return prescriptionBody(await deps.review({ id, by: staffIdOf(request), isApproved: request.body.approved, reason: request.body.reason ?? null }), writeInstant)
    })

    server.post('/v1/prescriptions/:id/void', {
      config: { access: 'document.write' },
      schema: { ...common, summary: 'The doctor takes the own prescription back, as long as nothing of it is ordered', params: ById, body: Type.Object({ reason: Reason }, { additionalProperties: false }), response: answers }
    }, async (request) => {
      const { id } = await admitted(request, deps, 'document.write', request.params.id)
      return prescriptionBody(await deps.void({ id, doctorId: doctorIdOf(request), reason: request.body.reason }), writeInstant)
    })
    await server.register(readRoutes(deps))
  }
}

function readRoutes (deps: PrescriptionRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  return async (server) => {
    server.get('/v1/prescriptions', {
      config: { access: 'prescription.read' },
      schema: {
        ...common,
        summary: 'Prescriptions, the newest first: of the person and the wards; of a doctor the own ones; of a pharmacist those of the hospital that wait for the review. Nobody has a list over doctors otherwise (防统方)',
        querystring: Type.Object({ ...PageQuery, patient: Type.Optional(Id), consultation: Type.Optional(Id), state: Type.Optional(oneOf(prescriptionStates)) }, { additionalProperties: false }),
        response: { 200: pageOf(PrescriptionBody) }
      }
    }, async (request) => {
      const { rows, next } = await inReading(async ({ prescriptions, patients }) => {
        const filter = await filterOf(request, patients)
        return await pageByOffset(request.query, (page) => prescriptions.list(filter, page))
      })
      noteSearch(request, 'prescription', rows.map(({ patientId }) => patientId))
      return { items: rows.map((one) => prescriptionBody(one, writeInstant)), next }
    })

    server.get('/v1/prescriptions/:id', {
      config: { access: 'prescription.read' },
      schema: { ...common, summary: 'One prescription', params: ById, response: answers }
    }, async (request) => prescriptionBody(await admitted(request, deps, 'prescription.read', request.params.id), writeInstant))

    server.get('/v1/prescriptions/:id/verification', {
      config: { access: 'prescription.read' },
      schema: { ...common, summary: 'Whether the signatures hold', params: ById, response: { 200: Type.Object({ doctor: Type.Union([VerificationBody, Type.Null()]), pharmacist: Type.Union([VerificationBody, Type.Null()]) }) } }
    }, async (request) => {
      const { doctor, pharmacist } = deps.verify(await admitted(request, deps, 'prescription.read', request.params.id))
      return { doctor: doctor && verificationBody(doctor, writeInstant), pharmacist: pharmacist && verificationBody(pharmacist, writeInstant) }
    })

    server.get('/v1/prescriptions/:id(^[\\w-]+).pdf', {
      config: { access: 'prescription.read' },
      schema: { ...common, summary: 'The same on paper, for the person', produces: ['application/pdf'], params: ById, response: { 200: PdfBytes } }
    }, async (request, reply) => {
      const prescription = await admitted(request, deps, 'prescription.read', request.params.id)
      refuseUnlessOwner(request)
      return await sendPdf(reply, { bytes: await deps.print(prescription), name: 'prescription' })
    })
  }
}

type ListRequest = FastifyRequest & { readonly query: { readonly patient?: string, readonly consultation?: string, readonly state?: Prescription['state'] } }

/** 防统方: each role has the one list that its work needs. */
async function filterOf (request: ListRequest, patients: PatientStore): Promise<PrescriptionFilter> {
  const { consultation, state } = request.query
  const { patientIds, hospitalId } = limitsFor(request, 'prescription.read')
  const named = await namedPatient(request, patients)
  const asked = { consultationId: consultation ?? null, states: state === undefined ? null : [state] }
  // A draft is the doctor's own paper.
  if (patientIds !== null) return { ...asked, patientIds: named ?? patientIds, hospitalId: null, doctorId: null, states: (asked.states ?? prescriptionStates).filter((one) => one !== 'draft') }
  const { role, personId } = callerOf(request).principal
  if (role === 'doctor') return { ...asked, patientIds: named, hospitalId, doctorId: personId ?? '' }
  return { ...asked, patientIds: named, hospitalId: pharmacyOf(role, hospitalId), doctorId: null, states: reviewStates(state, named !== null) }
}

async function namedPatient (request: ListRequest, patients: PatientStore): Promise<readonly string[] | null> {
  const { patient } = request.query
  return patient === undefined ? null : (await admitPatient(request, 'patient.read', patients, patient)).tied.map(({ id }) => id)
}

function pharmacyOf (role: Role, hospitalId: string | null): string {
  if (role === 'pharmacist' && hospitalId !== null) return hospitalId
  throw new DomainError('ACCESS_DENIED', 'Nobody lists prescriptions over several doctors but the hospital\'s pharmacists for their review.')
}

/** What waits for the review; of one patient whatever was signed. */
function reviewStates (state: Prescription['state'] | undefined, isOfOne: boolean): readonly Prescription['state'][] {
  if (isOfOne) return (state === undefined ? prescriptionStates : [state]).filter((one) => one !== 'draft')
  if (state === undefined || state === 'signed') return ['signed']
  throw new DomainError('ACCESS_DENIED', 'A pharmacist lists what waits for the review, or the prescriptions of one patient.')
}

async function admitted (request: FastifyRequest, { inReading }: Pick<PrescriptionRoutesDeps, 'inReading'>, permission: Permission, id: string): Promise<Prescription> {
  const prescription = await inReading(({ prescriptions }) => prescriptions.find(id))
  if (prescription === null) throw noPrescription()
  admitDocument(request, permission, { kind: 'prescription', ...prescription }, noPrescription)
  // A draft is the doctor's own paper.
  if (prescription.state === 'draft' && callerOf(request).principal.role !== 'doctor') throw noPrescription()
  return prescription
}
