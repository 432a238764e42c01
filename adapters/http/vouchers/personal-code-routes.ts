import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import { personalCode, type CodeMac } from '../../../core/identity/index.ts'
import { callerOf, noteAccess } from '../access.ts'
import { PictureBytes, PngQuery, sendPng, sendSvg, SvgQuery, SvgText, type CodePictures } from './voucher-code-picture.ts'
import { Id, Instant, type WriteInstant } from '../wire.ts'

export interface PersonalCodeRoutesDeps {
  readonly realNow: () => Date
  readonly writeInstant: WriteInstant
  readonly codeMac: CodeMac
  readonly pictures: CodePictures
}

const common = { tags: ['identity'], 'x-requirements': ['A-01', 'V-09', 'V-15', 'V-22'] }
const Code = Type.Object({ code: Type.String(), changesAt: Instant })
const Whose = { patientId: Type.Optional(Id) }

/** 个人码: what the app shows at a window, a terminal or in the community; of the person, or of a ward whose guardian asks. */
export function personalCodeRoutes ({ realNow, writeInstant, codeMac, pictures }: PersonalCodeRoutesDeps): FastifyPluginAsyncTypebox {
  const codeOf = (request: FastifyRequest, patientId: string | undefined): { readonly code: string, readonly changesAt: Date } => personalCode(whose(request, patientId), realNow(), codeMac)
  return async (server) => {
    for (const url of ['/v1/me/personal-code', '/v1/personal-codes'] as const) {
      server.get(url, {
        config: { access: 'profile.read' },
        schema: { ...common, summary: 'The code to be shown at a window or terminal; a new one every 30 seconds', querystring: Type.Object(Whose, { additionalProperties: false }), response: { 200: Code } }
      }, async (request, reply) => {
        const { code, changesAt } = codeOf(request, request.query.patientId)
        void reply.header('cache-control', 'no-store')
        return { code, changesAt: writeInstant(changesAt) }
      })
    }

    server.get('/v1/personal-codes/code.png', {
      config: { access: 'profile.read' },
      schema: { ...common, summary: 'The same as a picture', produces: ['image/png'], querystring: Type.Object({ ...PngQuery.properties, ...Whose }, { additionalProperties: false }), response: { 200: PictureBytes } }
    }, async (request, reply) => await sendPng(reply, pictures, { text: codeOf(request, request.query.patientId).code, size: request.query }))

    server.get('/v1/personal-codes/code.svg', {
      config: { access: 'profile.read' },
      schema: { ...common, summary: 'The same as a drawing', produces: ['image/svg+xml'], querystring: Type.Object({ ...SvgQuery.properties, ...Whose }, { additionalProperties: false }), response: { 200: SvgText } }
    }, async (request, reply) => await sendSvg(reply, pictures, { text: codeOf(request, request.query.patientId).code, size: request.query }))
  }
}

function whose (request: FastifyRequest, named: string | undefined): string {
  const { principal: { personId }, patientIds } = callerOf(request)
  const patientId = named ?? personId
  if (patientId === null) throw new DomainError('PATIENT_NOT_FOUND', 'This account is tied to no patient yet (POST /v1/me/bindings).')
  if (named !== undefined && !patientIds.includes(named)) {
    noteAccess(request, { target: 'personal-code', targetId: null, patientId: named, outcome: 'refused' })
    throw new DomainError('PATIENT_NOT_FOUND', 'No patient of yours has this id. Leave it out for yourself, or name a ward.')
  }
  return patientId
}
