import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import type { Enrolled, FaceConsent, Picture, Terminal } from '../../../core/faces/index.ts'
import type { TypedFacts } from '../../../core/identity/index.ts'
import { callerOf, noteAccess } from '../access.ts'
import { limitBy } from '../limit-by.ts'
import { Phone } from '../access/session-routes.ts'
import { Frames, frameLimits, multipartOrJson, picturesOf, takingFrames } from './terminal-frames.ts'
import { AtTerminal, terminalOf } from './terminal-of.ts'
import { faultWords } from './terminal-words.ts'
import { Day, Id, Instant, nullable, oneOf, type WriteInstant } from '../wire.ts'

export interface ConsentAsked {
  readonly terminal: Terminal
  readonly sessionId: string
  readonly textVersion: string
  readonly readingId: string | null
  readonly birthDate: CalendarDate | null
  readonly guardianReadingId: string | null
}

export interface EnrolAsked {
  readonly terminal: Terminal
  readonly sessionId: string
  readonly readingId: string | null
  readonly pictures: readonly Picture[]
  readonly facts: TypedFacts
}

export interface TerminalEnrolRoutesDeps {
  readonly writeInstant: WriteInstant
  readonly consentText: () => { readonly version: string, readonly text: string }
  readonly consent: (wanted: ConsentAsked) => Promise<FaceConsent>
  /** Whose document was read: their faces go, everywhere, and are not read again. */
  readonly withdraw: (wanted: { readonly terminal: Terminal, readonly sessionId: string, readonly readingId: string }) => Promise<{ readonly patientId: string, readonly templates: number }>
  readonly enrol: (wanted: EnrolAsked) => Promise<Enrolled>
}

const common = { tags: ['terminals'] }
const genders = ['male', 'female', 'other', 'unknown'] as const
const mostEnrolled = 5
const perMinute = 60
const EnrolBody = Type.Object({
  result: oneOf(['enrolled', 'matched', 'document_needed', 'in_review', 'poor_quality'] as const),
  readingId: Type.Optional(Id), expiresAt: Type.Optional(Instant), patientId: Type.Optional(Id),
  number: Type.Optional(Type.String({ description: 'the new number, to be printed or photographed' })),
  faces: Type.Optional(Type.Integer({ description: 'templates that were kept' })),
  identificationId: Type.Optional(Id),
  person: Type.Optional(Type.Object({ maskedName: nullable(Type.String()), numberTail: nullable(Type.String()) })),
  reasons: Type.Optional(Type.Array(Type.Object({ code: Type.String(), zh: Type.String(), en: Type.String() })))
})

/** 同意与录入. Nothing of a face is kept before the person has said so to the text in force. */
export function terminalEnrolRoutes (deps: TerminalEnrolRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await takingFrames(server)
    await server.register(consentRoutes(deps))
    server.post('/v1/terminals/:id/enrol', {
      config: { access: 'face.enrol' },
      preHandler: limitBy(server, { most: perMinute, windowMs: 60_000, of: (request) => `enrol ${callerOf(request).principal.tokenId}` }),
      schema: {
        ...common, ...multipartOrJson, 'x-requirements': ['T3'], params: AtTerminal,
        summary: 'A new number for whom nobody knows, with the face after consent or without it; or a face for whoever showed a document. Pictures are those of a look in this session',
        body: Type.Object({
          sessionId: Id, readingId: Type.Optional(Id), frames: Type.Optional(Type.Unsafe<string[]>({ ...Frames, maxItems: frameLimits.most })),
          name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })), birthDate: Type.Optional(Day), gender: Type.Optional(oneOf(genders)), phone: Type.Optional(Phone)
        }, { additionalProperties: false }),
        response: { 200: EnrolBody, 201: EnrolBody }
      }
    }, async (request, reply) => {
      const { sessionId, readingId = null, name = null, birthDate, gender = 'unknown', phone = null, frames } = request.body
      if (phone !== null && !/^\+?[0-9][0-9 -]{4,19}$/.test(phone)) throw new DomainError('REQUEST_INVALID', 'Write the phone number in digits.', 'phone')
      const pictures = frames === undefined ? [] : picturesOf(request).slice(0, mostEnrolled)
      const enrolled = await deps.enrol({ terminal: terminalOf(request, 'face.enrol', request.params.id), sessionId, readingId, pictures, facts: { name, birthDate: (birthDate ?? null) as CalendarDate | null, gender, phone } })
      noteEnrolled(request, enrolled)
      return reply.code(enrolled.kind === 'enrolled' ? 201 : 200).send(enrolBody(enrolled, deps.writeInstant))
    })
  }
}

function consentRoutes (deps: TerminalEnrolRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/terminals/:id/consents', {
      config: { access: 'face.enrol' },
      schema: { ...common, 'x-requirements': ['T3'], summary: 'The text that a person agrees to before anything of a face is kept', params: AtTerminal, response: { 200: Type.Object({ textVersion: Type.String(), text: Type.String() }) } }
    }, async () => {
      const { version, text } = deps.consentText()
      return { textVersion: version, text }
    })

    server.post('/v1/terminals/:id/consents', {
      config: { access: 'face.enrol' },
      schema: {
        ...common, 'x-requirements': ['T3'], summary: 'Records that the person at the terminal agreed to the text in force; for a child under 14 their guardian, whose document was read', params: AtTerminal,
        body: Type.Object({
          sessionId: Id, textVersion: Type.String({ minLength: 1, maxLength: 40 }), readingId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'of the person\'s document; absent: for the number that this session leads to' })),
          birthDate: Type.Optional(Day), guardianReadingId: Type.Optional(Id)
        }, { additionalProperties: false }),
        response: { 201: Type.Object({ id: Id, patientId: Id, state: Type.String(), textVersion: nullable(Type.String()), at: Instant }) }
      }
    }, async (request, reply) => {
      const { sessionId, textVersion, readingId = null, birthDate, guardianReadingId = null } = request.body
      const { id, patientId, state, textVersion: agreed, at } = await deps.consent({ terminal: terminalOf(request, 'face.enrol', request.params.id), sessionId, textVersion, readingId, birthDate: (birthDate ?? null) as CalendarDate | null, guardianReadingId })
      noteAccess(request, { target: 'face consent', targetId: id, patientId, outcome: 'allowed' })
      return reply.code(201).send({ id, patientId, state, textVersion: agreed, at: deps.writeInstant(at) })
    })

    server.post('/v1/terminals/:id/consents/withdraw', {
      config: { access: 'face.enrol' },
      schema: {
        ...common, 'x-requirements': ['T3'], summary: 'Whoever is read withdraws: their faces are gone at once and not read again', params: AtTerminal, body: Type.Object({ sessionId: Id, readingId: Id }, { additionalProperties: false }),
        response: { 200: Type.Object({ patientId: Id, templates: Type.Integer({ description: 'how many were deleted' }) }) }
      }
    }, async (request) => {
      const withdrawn = await deps.withdraw({ terminal: terminalOf(request, 'face.enrol', request.params.id), ...request.body })
      noteAccess(request, { target: 'face consent', targetId: null, patientId: withdrawn.patientId, outcome: 'allowed' })
      return withdrawn
    })
  }
}

function noteEnrolled (request: FastifyRequest, enrolled: Enrolled): void {
  const patientId = enrolled.kind === 'enrolled' ? enrolled.reading.patientId : null
  noteAccess(request, { target: 'face', targetId: null, patientId, outcome: enrolled.kind === 'enrolled' ? 'allowed' : 'refused' })
}

function enrolBody (enrolled: Enrolled, writeInstant: WriteInstant) {
  switch (enrolled.kind) {
    case 'enrolled': {
      const { reading, number, kept } = enrolled
      return { result: enrolled.kind, readingId: reading.id, expiresAt: writeInstant(reading.expiresAt), patientId: reading.patientId, ...number === null ? {} : { number }, faces: kept.faces.length }
    }
    case 'matched': return { result: enrolled.kind, identificationId: enrolled.identificationId, person: { maskedName: enrolled.maskedName, numberTail: enrolled.numberTail } }
    case 'poor_quality': return { result: enrolled.kind, reasons: enrolled.faults.map((fault) => ({ code: fault, ...faultWords[fault] })) }
    case 'document_needed':
    case 'in_review': return { result: enrolled.kind }
  }
}
