import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { noSickNote, noteResults, type IssueSickNote, type SickNote, type SickNoteStore, type VerifiedNote, type VerifiedSignature } from '../../../core/prescriptions/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { limitsFor, noteAccess, noteSearch } from '../access.ts'
import { admitDocument, doctorIdOf, PdfBytes, refuseUnlessOwner, sendPdf } from './document-admit.ts'
import { Reason, SickNoteBody, sickNoteBody, VerificationBody, verificationBody } from './document-wire.ts'
import { limitBy } from '../limit-by.ts'
import { ById, Day, Id, Instant, nullable, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface SickNoteRoutesDeps {
  readonly inReading: InTransaction<{ readonly sickNotes: SickNoteStore }>
  readonly writeInstant: WriteInstant
  readonly hospitalName: (hospitalId: string) => string
  readonly codeOf: (noteId: string) => string
  readonly issue: (command: IssueSickNote) => Promise<SickNote>
  readonly void: (command: { readonly id: string, readonly doctorId: string, readonly reason: string }) => Promise<SickNote>
  readonly verifyCode: (code: string) => Promise<VerifiedNote | null>
  readonly verify: (note: SickNote) => VerifiedSignature
  readonly print: (note: SickNote) => Promise<Buffer>
}

const common = { tags: ['documents'], 'x-requirements': ['C11'] }
const answers = { 200: SickNoteBody }
/** Whoever is shown a note types one code; more is somebody who tries. */
const verifiesPerMinute = 20
const Verified = Type.Object({ result: oneOf(noteResults), name: nullable(Type.String({ description: 'masked' })), hospital: Type.String(), firstDay: Day, lastDay: Day, days: Type.Integer(), issuedAt: Instant })

/** 病假单: issued by the doctor of the consultation; proven by its code, which tells nothing of the illness. */
export function sickNoteRoutes (deps: SickNoteRoutesDeps): FastifyPluginAsyncTypebox {
  const { writeInstant, codeOf } = deps
  const bodyOf = (note: SickNote) => sickNoteBody(note, codeOf(note.id), writeInstant)
  return async (server) => {
    server.post('/v1/sick-notes', {
      config: { access: 'document.write' },
      schema: {
        ...common,
        summary: 'Issues and signs a sick note on the signed record of the own consultation',
        body: Type.Object({ consultationId: Id, firstDay: Day, days: Type.Integer({ minimum: 1, maximum: 366 }), advice: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) }, { additionalProperties: false }),
        response: { 201: SickNoteBody }
      }
    }, async (request, reply) => {
      const { consultationId, firstDay, days, advice = null } = request.body
      const note = await deps.issue({ consultationId, doctorId: doctorIdOf(request), firstDay: firstDay as CalendarDate, days, advice })
      noteAccess(request, { target: 'sick-note', targetId: note.id, patientId: note.patientId, outcome: 'allowed' })
      return await reply.code(201).send(bodyOf(note))
    })

    server.get('/v1/sick-notes/verify', {
      config: { access: 'public' },
      preHandler: limitBy(server, { most: verifiesPerMinute, windowMs: 60_000, of: (request) => request.ip }),
      schema: {
        ...common,
        security: [],
        summary: 'Whether a note is genuine and for which days; no illness, no doctor, no full name',
        querystring: Type.Object({ code: Type.String({ minLength: 1, maxLength: 40 }) }, { additionalProperties: false }),
        response: { 200: Verified }
      }
    }, async (request, reply) => {
      const found = await deps.verifyCode(request.query.code.toUpperCase().replaceAll(/[^0-9A-Z]/g, ''))
      noteAccess(request, { target: 'sick-note code', targetId: null, patientId: null, outcome: found === null ? 'refused' : 'allowed' })
      if (found === null) throw noSickNote()
      const { result, maskedName, hospitalId, firstDay, lastDay, days, issuedAt } = found
      void reply.header('cache-control', 'no-store')
      return { result, name: maskedName, hospital: deps.hospitalName(hospitalId), firstDay, lastDay, days, issuedAt: writeInstant(issuedAt) }
    })

    server.post('/v1/sick-notes/:id/void', {
      config: { access: 'document.write' },
      schema: { ...common, summary: 'The doctor takes the own note back', params: ById, body: Type.Object({ reason: Reason }, { additionalProperties: false }), response: answers }
    }, async (request) => {
      const { id } = await admitted(request, deps, 'document.write', request.params.id)
      return bodyOf(await deps.void({ id, doctorId: doctorIdOf(request), reason: request.body.reason }))
    })
    await server.register(readRoutes(deps))
  }
}

function readRoutes (deps: SickNoteRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant, codeOf } = deps
  return async (server) => {
    server.get('/v1/sick-notes', {
      config: { access: 'document.read' },
      schema: { ...common, summary: 'Sick notes, the newest first: of the person and the wards, or the doctor\'s own', querystring: Type.Object({ ...PageQuery, consultation: Type.Optional(Id) }, { additionalProperties: false }), response: { 200: pageOf(SickNoteBody) } }
    }, async (request) => {
      const { patientIds } = limitsFor(request, 'document.read')
      const filter = { patientIds, doctorId: patientIds === null ? doctorIdOf(request) : null, consultationId: request.query.consultation ?? null }
      const { rows, next } = await inReading(({ sickNotes }) => pageByOffset(request.query, (page) => sickNotes.list(filter, page)))
      noteSearch(request, 'sick-note', rows.map(({ patientId }) => patientId))
      return { items: rows.map((note) => sickNoteBody(note, codeOf(note.id), writeInstant)), next }
    })

    server.get('/v1/sick-notes/:id', {
      config: { access: 'document.read' },
      schema: { ...common, summary: 'One sick note', params: ById, response: answers }
    }, async (request) => {
      const note = await admitted(request, deps, 'document.read', request.params.id)
      return sickNoteBody(note, codeOf(note.id), writeInstant)
    })

    server.get('/v1/sick-notes/:id/verification', {
      config: { access: 'document.read' },
      schema: { ...common, summary: 'Whether the doctor\'s signature holds', params: ById, response: { 200: VerificationBody } }
    }, async (request) => verificationBody(deps.verify(await admitted(request, deps, 'document.read', request.params.id)), writeInstant))

    server.get('/v1/sick-notes/:id(^[\\w-]+).pdf', {
      config: { access: 'document.read' },
      schema: { ...common, summary: 'The same on paper with its code, for the person', produces: ['application/pdf'], params: ById, response: { 200: PdfBytes } }
    }, async (request, reply) => {
      const note = await admitted(request, deps, 'document.read', request.params.id)
      refuseUnlessOwner(request)
      return await sendPdf(reply, { bytes: await deps.print(note), name: 'sick-note' })
    })
  }
}

async function admitted (request: FastifyRequest, { inReading }: Pick<SickNoteRoutesDeps, 'inReading'>, permission: Permission, id: string): Promise<SickNote> {
  const note = await inReading(({ sickNotes }) => sickNotes.find(id))
  if (note === null) throw noSickNote()
  admitDocument(request, permission, { kind: 'sick-note', ...note }, noSickNote)
  return note
}

