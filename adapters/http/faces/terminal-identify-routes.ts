import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import type { Confirmed, IdentifyAnswer, IdentifyCommand, Narrowed, Terminal } from '../../../core/faces/index.ts'
import { maskedPerson, type IdentityReading, type PersonRead } from '../../../core/identity/index.ts'
import { callerOf, noteAccess } from '../access.ts'
import { limitBy } from '../limit-by.ts'
import { Code, Phone } from '../access/session-routes.ts'
import { Frames, multipartOnly, picturesOf, takingFrames } from './terminal-frames.ts'
import { AtTerminal, TerminalId, terminalOf } from './terminal-of.ts'
import { faultWords, notLiveWords, stepWords, type Words as SaidWords } from './terminal-words.ts'
import { Id, Instant, nullable, oneOf, type WriteInstant } from '../wire.ts'

interface InIdentification {
  readonly terminal: Terminal
  readonly id: string
}

export interface TerminalIdentifyRoutesDeps {
  readonly writeInstant: WriteInstant
  readonly identify: (command: IdentifyCommand) => Promise<IdentifyAnswer>
  readonly confirm: (wanted: InIdentification & { readonly isMe: boolean }) => Promise<Confirmed>
  /** Null: typed too often. */
  readonly narrow: (wanted: InIdentification & { readonly digits: string }) => Promise<Narrowed | null>
  readonly settle: (wanted: InIdentification & { readonly readingId: string }) => Promise<IdentityReading>
  readonly sendCode: (wanted: { readonly terminal: Terminal, readonly sessionId: string, readonly phone: string }) => Promise<void>
  /** Refuses with CODE_INVALID; null: only a document helps here. */
  readonly readByPhone: (wanted: { readonly terminal: Terminal, readonly sessionId: string, readonly phone: string, readonly code: string }) => Promise<PersonRead | null>
}

const common = { tags: ['terminals'] }
const Words = Type.Object({ zh: Type.String(), en: Type.String() })
const Person = Type.Object({ maskedName: nullable(Type.String()), numberTail: nullable(Type.String({ description: 'last four characters of a number of theirs' })) })
const Told = Type.Object({ code: Type.String(), ...Words.properties })
const results = ['matched', 'ambiguous', 'no_match', 'not_live', 'poor_quality'] as const
const alternatives = ['digits', 'card', 'qr', 'phone'] as const
const IdentifyBody = Type.Object({
  result: oneOf(results),
  sessionId: Id,
  liveness: Type.Object({ challenge: oneOf(['passed', 'failed', 'not_asked'] as const), passiveScore: nullable(Type.Number({ description: 'reported only: not certified, decides nothing' })) }),
  identificationId: Type.Optional(Id),
  person: Type.Optional(Person),
  reasons: Type.Optional(Type.Array(Told, { description: 'what to do about it, to be shown and spoken' })),
  next: Type.Array(oneOf(['confirm', 'look_again', 'consent', ...alternatives] as const), { description: 'what may be offered now' })
})
const ReadBody = { readingId: Id, expiresAt: Instant, isNew: Type.Boolean({ description: 'no file here yet: make one with POST /v1/patients' }), patient: Type.Object({ id: Id, ...Person.properties }) }
const OfIdentification = Type.Object({ id: TerminalId, identification: Id })
const perMinute = 60
const hourMs = 3_600_000
const codesPerHour = 60

/** 识别: a look into the camera, the question whether it is them, and every other way. */
export function terminalIdentifyRoutes (deps: TerminalIdentifyRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await takingFrames(server)
    server.post('/v1/terminals/:id/identify', {
      config: { access: 'face.identify' },
      preHandler: limitBy(server, { most: perMinute, windowMs: 60_000, of: (request) => `identify ${callerOf(request).principal.tokenId}` }),
      schema: {
        ...common, ...multipartOnly, 'x-requirements': ['T2'], summary: 'Whose face these pictures show; nobody is named before they have confirmed. The pictures are not kept', params: AtTerminal,
        body: Type.Object({ challengeId: Type.Optional(Id), sessionId: Type.Optional(Id), frames: Frames }, { additionalProperties: false }), response: { 200: IdentifyBody }
      }
    }, async (request) => {
      const { challengeId = null, sessionId = null } = request.body
      const answer = await deps.identify({ terminal: terminalOf(request, 'face.identify', request.params.id), challengeId, sessionId, pictures: picturesOf(request) })
      noteAccess(request, { action: 'search', target: 'face', targetId: 'identificationId' in answer ? answer.identificationId : null, patientId: answer.kind === 'matched' ? answer.patientId : null, outcome: 'allowed' })
      return identifyBody(answer)
    })

    await server.register(afterLook(deps))
    await server.register(byPhone(deps))
  }
}

function afterLook (deps: TerminalIdentifyRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/terminals/:id/identify/:identification/confirm', {
      config: { access: 'face.identify' },
      schema: {
        ...common, 'x-requirements': ['T2'], summary: 'The person says whether it is them; yes makes a reading that the terminal acts with for ten minutes', params: OfIdentification, body: Type.Object({ isMe: Type.Boolean() }, { additionalProperties: false }),
        response: { 200: Type.Object({ result: oneOf(['confirmed', 'second_factor'] as const), ...Type.Partial(Type.Object(ReadBody)).properties, because: Type.Optional(oneOf(['not_me', 'not_here'] as const)), next: Type.Array(oneOf(alternatives)) }) }
      }
    }, async (request) => {
      const { id, identification } = request.params
      const confirmed = await deps.confirm({ terminal: terminalOf(request, 'face.identify', id), id: identification, isMe: request.body.isMe })
      noteAccess(request, { target: 'face', targetId: identification, patientId: confirmed.kind === 'confirmed' ? confirmed.read.patient.id : null, outcome: 'allowed' })
      if (confirmed.kind === 'second_factor') return { result: 'second_factor' as const, because: confirmed.because, next: ['card' as const, 'qr' as const, 'phone' as const] }
      return { result: 'confirmed' as const, ...readBody(confirmed.read, deps.writeInstant), next: [] }
    })

    server.post('/v1/terminals/:id/identify/:identification/digits', {
      config: { access: 'face.identify' },
      schema: {
        ...common, 'x-requirements': ['T2'], summary: 'Last digits of a resident id, phone or hospital number choose among those whose face it may be; alone they find nobody', params: OfIdentification,
        body: Type.Object({ digits: Type.String({ pattern: '^[0-9]{3,17}[0-9Xx]$' }) }, { additionalProperties: false }),
        response: { 200: Type.Object({ result: oneOf(['matched', 'ambiguous'] as const), person: Type.Optional(Person), next: Type.Array(oneOf(['confirm', ...alternatives] as const)) }) }
      }
    }, async (request) => {
      const { id, identification } = request.params
      const narrowed = await deps.narrow({ terminal: terminalOf(request, 'face.identify', id), id: identification, digits: request.body.digits })
      noteAccess(request, { target: 'face', targetId: identification, patientId: null, outcome: narrowed === null ? 'refused' : 'allowed' })
      if (narrowed === null) throw new DomainError('IDENTIFICATION_DECIDED', 'Digits were typed too often. Show a card or a code, or look again.')
      if (narrowed.kind === 'ambiguous') return { result: 'ambiguous' as const, next: [...alternatives] }
      return { result: 'matched' as const, person: { maskedName: narrowed.maskedName, numberTail: narrowed.numberTail }, next: ['confirm' as const] }
    })

    server.post('/v1/terminals/:id/identify/:identification/reading', {
      config: { access: 'face.identify' },
      schema: {
        ...common, 'x-requirements': ['T2'], summary: 'A card, document or code was read instead: it says who stood there', params: OfIdentification, body: Type.Object({ readingId: Id }, { additionalProperties: false }),
        response: { 200: Type.Object({ result: oneOf(['confirmed'] as const), readingId: Id, expiresAt: Instant }) }
      }
    }, async (request) => {
      const { id, identification } = request.params
      const reading = await deps.settle({ terminal: terminalOf(request, 'face.identify', id), id: identification, readingId: request.body.readingId })
      noteAccess(request, { target: 'face', targetId: identification, patientId: reading.patientId, outcome: 'allowed' })
      return { result: 'confirmed' as const, readingId: reading.id, expiresAt: deps.writeInstant(reading.expiresAt) }
    })
  }
}

function byPhone (deps: TerminalIdentifyRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    const codesPerTerminal = limitBy(server, { most: codesPerHour, windowMs: hourMs, of: (request) => `terminal codes ${callerOf(request).principal.tokenId}` })

    server.post('/v1/terminals/:id/codes', {
      config: { access: 'face.identify' },
      preHandler: codesPerTerminal,
      schema: { ...common, 'x-requirements': ['T2'], summary: 'Sends a code where the hospital knows somebody by this phone; the answer is the same where it does not', params: AtTerminal, body: Type.Object({ sessionId: Id, phone: Phone }, { additionalProperties: false }), response: { 202: Type.Object({}) } }
    }, async (request, reply) => {
      const { sessionId, phone } = request.body
      await deps.sendCode({ terminal: terminalOf(request, 'face.identify', request.params.id), sessionId, phone })
      return await reply.code(202).send({})
    })

    server.post('/v1/terminals/:id/codes/verify', {
      config: { access: 'face.identify' },
      preHandler: codesPerTerminal,
      schema: {
        ...common, 'x-requirements': ['T2'], summary: 'The code that came to the phone makes a reading, with or without a look into the camera', params: AtTerminal, body: Type.Object({ sessionId: Id, phone: Phone, code: Code }, { additionalProperties: false }),
        response: { 200: Type.Object({ result: oneOf(['confirmed', 'second_factor'] as const), ...Type.Partial(Type.Object(ReadBody)).properties, next: Type.Array(oneOf(alternatives)) }) }
      }
    }, async (request) => {
      const { sessionId, phone, code } = request.body
      const read = await deps.readByPhone({ terminal: terminalOf(request, 'face.identify', request.params.id), sessionId, phone, code })
      noteAccess(request, { target: 'reading', targetId: read?.reading.id ?? null, patientId: read?.patient.id ?? null, outcome: 'allowed' })
      if (read === null) return { result: 'second_factor' as const, next: ['card' as const] }
      return { result: 'confirmed' as const, ...readBody(read, deps.writeInstant), next: [] }
    })
  }
}

function readBody ({ reading, patient, isNew }: PersonRead, writeInstant: WriteInstant) {
  return { readingId: reading.id, expiresAt: writeInstant(reading.expiresAt), isNew, patient: { id: reading.patientId, ...maskedPerson(patient) } }
}

const said = (code: string, words: SaidWords) => ({ code, ...words })

function identifyBody (answer: IdentifyAnswer) {
  const { sessionId, liveness } = answer
  const common = { result: answer.kind, sessionId, liveness }
  switch (answer.kind) {
    case 'poor_quality': return { ...common, reasons: answer.faults.map((fault) => said(fault, faultWords[fault])), next: ['look_again' as const, 'card' as const, 'qr' as const, 'phone' as const] }
    case 'not_live': return { ...common, reasons: [said(answer.because, notLiveWords[answer.because]), ...answer.missing.map((step) => said(step, stepWords[step]))], next: ['look_again' as const, 'card' as const, 'qr' as const, 'phone' as const] }
    case 'matched': return { ...common, identificationId: answer.identificationId, person: { maskedName: answer.maskedName, numberTail: answer.numberTail }, next: ['confirm' as const] }
    case 'ambiguous': return { ...common, identificationId: answer.identificationId, next: [...alternatives] }
    case 'no_match': return { ...common, identificationId: answer.identificationId, next: ['consent' as const, 'card' as const, 'qr' as const, 'phone' as const] }
  }
}
