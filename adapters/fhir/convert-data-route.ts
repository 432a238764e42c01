import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { decide } from '../../core/access/index.ts'
import { DomainError } from '../../core/errors.ts'
import type { FhirServerDeps } from './deps.ts'
import { messageBundle } from './message-bundle.ts'
import { outcome } from './outcome.ts'
import { sendResource } from './reply.ts'

/** A message with a photo of 16 MB in Base64, inside JSON. */
const largestBody = 32 * 1024 * 1024

const Parameters = Type.Object({
  resourceType: Type.Literal('Parameters'),
  parameter: Type.Array(Type.Object({ name: Type.String(), valueString: Type.Optional(Type.String()), valueCode: Type.Optional(Type.String()) }))
}, { description: 'inputData (the message), inputDataType = Hl7v2, optional site' })

/** HL7 v2 text → message Bundle. Stores nothing. */
export function convertDataRoute (deps: FhirServerDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/$convert-data', {
      bodyLimit: largestBody,
      // Refused before a large body is read.
      config: { access: 'message.convert' },
      schema: {
        tags: ['fhir'], 'x-requirements': ['K-01', 'K-12'], summary: 'Converts an HL7 v2 message to a FHIR Bundle; stores nothing', description: 'For the roles operator and integrator.',
        consumes: ['application/fhir+json', 'application/json'], body: Parameters,
        response: { 200: { description: 'A Bundle of type message, MessageHeader first', content: { 'application/fhir+json': { schema: Type.Object({}) } } } }
      }
    }, async (request, reply) => {
      const isAllowed = decide(deps.callerOf(request), 'message.convert', { patientId: null, hospitalId: null }) === 'allowed'
      deps.note(request, { action: 'operate', target: 'convert-data', targetId: null, patientId: null, outcome: isAllowed ? 'allowed' : 'refused' })
      if (!isAllowed) throw new DomainError('ACCESS_DENIED', 'This role may not convert messages. Use a token of an operator or integrator.')
      const { text, site } = inputOf(request.body.parameter)
      const bundle = messageBundle(deps.convert(text, site), deps.realNow())
      const faults = deps.validate(bundle)
      if (faults.length === 0) return sendResource(reply, bundle)
      return sendResource(reply, outcome(faults.map(({ code, text, path }) => ({ code, text, place: path, errorCode: 'MAPPING_OUTPUT_INVALID' }))), 422)
    })
  }
}

interface Parameter { readonly name: string, readonly valueString?: string, readonly valueCode?: string }

function inputOf (parameters: readonly Parameter[]): { readonly text: string, readonly site: string | undefined } {
  const valueOf = (name: string): string | undefined => {
    const found = parameters.find((parameter) => parameter.name === name)
    return found?.valueString ?? found?.valueCode
  }
  const text = valueOf('inputData')
  if (text === undefined) throw new DomainError('REQUEST_INVALID', 'Give the message as the parameter inputData with a valueString.', 'inputData')
  if (valueOf('inputDataType') !== 'Hl7v2') throw new DomainError('REQUEST_INVALID', 'Give the parameter inputDataType with the valueString Hl7v2: nothing else is converted.', 'inputDataType')
  return { text, site: valueOf('site') }
}
