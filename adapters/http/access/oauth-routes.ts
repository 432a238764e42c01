import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { scopesSupported, type ClientCredentials, type Granted } from '../../../core/access/index.ts'
import { noteAccess } from '../access.ts'
import { limitBy } from '../limit-by.ts'

export interface OauthRoutesDeps {
  readonly grantToken: (credentials: ClientCredentials, scope: string | undefined) => Promise<Granted>
  /** Answers false where the credentials are nobody's. */
  readonly revokeToken: (credentials: ClientCredentials, token: string) => Promise<boolean>
}

export interface OauthLimits {
  readonly tokensPerMinuteOfClient: number
  readonly tokensPerMinuteOfAddress: number
}

/** RFC 6749 §5.2, and a refusal for its pace. */
type OauthError = 'invalid_request' | 'invalid_client' | 'invalid_scope' | 'unsupported_grant_type' | 'temporarily_unavailable'

const TokenBody = Type.Object({ access_token: Type.String(), token_type: Type.Literal('Bearer'), expires_in: Type.Integer(), scope: Type.String() })
const ErrorBody = Type.Object({ error: Type.String(), error_description: Type.Optional(Type.String()) })
const Text = Type.Optional(Type.String({ maxLength: 4_000 }))
const credentials = { client_id: Text, client_secret: Text }
const form = { consumes: ['application/x-www-form-urlencoded'], tags: ['access'], security: [], 'x-requirements': ['K-11'] }
const refusals = { 400: ErrorBody, 401: ErrorBody, 429: ErrorBody }
const minuteMs = 60_000

/** OAuth 2.0 client credentials for systems (RFC 6749 §4.4), revocation (RFC 7009), and what SMART clients look up first. */
export function oauthRoutes ({ grantToken, revokeToken }: OauthRoutesDeps, limits: OauthLimits): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => { readForm(String(body), done) })
    server.setErrorHandler((error, request, reply) => refuse(request, reply, errorOf(error)))
    const perAddress = limitBy(server, { most: limits.tokensPerMinuteOfAddress, windowMs: minuteMs, of: ({ ip }) => ip })
    // By address too: whoever knows a client's id, which is no secret, could lock it out.
    const perClient = limitBy(server, { most: limits.tokensPerMinuteOfClient, windowMs: minuteMs, of: (request) => `${request.ip} ${credentialsOf(request)?.clientId ?? ''}` })

    server.post('/oauth/token', {
      config: { access: 'public' },
      schema: { ...form, summary: 'An access token for a registered client', body: Type.Object({ grant_type: Text, scope: Text, ...credentials }), response: { 200: TokenBody, ...refusals } }
    }, async (request, reply) => {
      await perAddress(request, reply)
      const shown = credentialsOf(request)
      if (shown === null) return refuse(request, reply, areTwice(request) ? 'invalid_request' : 'invalid_client')
      await perClient(request, reply)
      const { grant_type: grantType, scope } = request.body
      if (grantType === undefined) return refuse(request, reply, 'invalid_request')
      if (grantType !== 'client_credentials') return refuse(request, reply, 'unsupported_grant_type')
      const granted = await grantToken(shown, scope)
      noteAccess(request, { action: 'operate', target: 'client', targetId: granted.kind === 'granted' ? granted.client.id : null, patientId: null, outcome: granted.kind === 'granted' ? 'allowed' : 'refused' })
      if (granted.kind === 'refused') return refuse(request, reply, granted.error)
      return await unstored(reply).send({ access_token: granted.accessToken, token_type: 'Bearer', expires_in: granted.expiresInSeconds, scope: granted.scopes.join(' ') })
    })

    server.post('/oauth/revoke', {
      config: { access: 'public' },
      schema: { ...form, summary: 'Ends a token of the client', body: Type.Object({ token: Text, token_type_hint: Text, ...credentials }), response: { 200: Type.Object({}), ...refusals } }
    }, async (request, reply) => {
      await perAddress(request, reply)
      const shown = credentialsOf(request)
      const { token } = request.body
      if (shown !== null && token === undefined) return refuse(request, reply, 'invalid_request')
      const isClient = shown !== null && await revokeToken(shown, token ?? '')
      noteAccess(request, { action: 'operate', target: 'token', targetId: null, patientId: null, outcome: isClient ? 'allowed' : 'refused' })
      return isClient ? await unstored(reply).send({}) : refuse(request, reply, 'invalid_client')
    })

    server.get('/.well-known/smart-configuration', {
      config: { access: 'public' },
      schema: { tags: ['access'], security: [], 'x-requirements': [], summary: 'What a SMART client may do here: get tokens for itself; there is no launch', response: { 200: SmartConfiguration } }
    }, async (request) => {
      const base = `${request.protocol}://${request.host}`
      return {
        token_endpoint: `${base}/oauth/token`,
        revocation_endpoint: `${base}/oauth/revoke`,
        grant_types_supported: ['client_credentials'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
        scopes_supported: [...scopesSupported],
        code_challenge_methods_supported: [],
        capabilities: ['client-confidential-symmetric', 'permission-v1']
      }
    })
  }
}

const SmartConfiguration = Type.Object({
  token_endpoint: Type.String(),
  revocation_endpoint: Type.String(),
  grant_types_supported: Type.Array(Type.String()),
  token_endpoint_auth_methods_supported: Type.Array(Type.String()),
  scopes_supported: Type.Array(Type.String()),
  code_challenge_methods_supported: Type.Array(Type.String()),
  capabilities: Type.Array(Type.String())
})

/** RFC 6749 §3.2: a parameter that comes twice spoils the request; one without a value is not there. */
function readForm (body: string, done: (error: Error | null, form?: Readonly<Record<string, string>>) => void): void {
  const pairs = [...new URLSearchParams(body)]
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) done(Object.assign(new Error('a parameter came twice'), { statusCode: 400 }))
  else done(null, Object.fromEntries(pairs.filter(([, value]) => value !== '')))
}

/** By HTTP Basic or in the body, not both (RFC 6749 §2.3.1); there the parts are form-encoded inside the Base64. */
function credentialsOf ({ headers, body }: FastifyRequest): ClientCredentials | null {
  const { client_id: clientId, client_secret: clientSecret } = body as { readonly client_id?: string, readonly client_secret?: string }
  const basic = /^Basic ([A-Za-z0-9+/=]{1,2000})$/i.exec(headers.authorization ?? '')?.[1]
  if (basic === undefined) return clientId === undefined || clientSecret === undefined ? null : { clientId, clientSecret }
  const [, id, secret] = /^([^:]*):([^]*)$/.exec(Buffer.from(basic, 'base64').toString('utf8')) ?? []
  if (id === undefined || secret === undefined || clientSecret !== undefined) return null
  return { clientId: formDecoded(id), clientSecret: formDecoded(secret) }
}

function areTwice ({ headers, body }: FastifyRequest): boolean {
  return headers.authorization !== undefined && (body as { readonly client_secret?: string }).client_secret !== undefined
}

function formDecoded (text: string): string {
  return new URLSearchParams(`value=${text}`).get('value') ?? ''
}

function errorOf (error: unknown): OauthError | null {
  const { statusCode } = error as { readonly statusCode?: number }
  if (statusCode === 429) return 'temporarily_unavailable'
  return statusCode !== undefined && statusCode < 500 ? 'invalid_request' : null
}

const statusOf = { invalid_request: 400, invalid_client: 401, invalid_scope: 400, unsupported_grant_type: 400, temporarily_unavailable: 429 } as const satisfies Record<OauthError, number>
const wordsOf: Readonly<Record<OauthError, string>> = {
  invalid_request: 'Send each parameter once, as application/x-www-form-urlencoded.',
  invalid_client: 'Show the id and secret of a registered client, by HTTP Basic or in the body.',
  invalid_scope: 'Ask for no more than the client was registered with.',
  unsupported_grant_type: 'Only client_credentials is served.',
  temporarily_unavailable: 'Too many requests. Keep a token for as long as it lives; wait as long as Retry-After says.'
}

/** Null: something unforeseen, which the handler of all routes tells of. */
function refuse (request: FastifyRequest, reply: FastifyReply, error: OauthError | null): FastifyReply {
  if (error === null) {
    request.log.error({ requestId: request.id, code: 'INTERNAL_ERROR' }, 'request failed')
    return reply.code(500).send({ error: 'server_error' })
  }
  if (error === 'invalid_client') void reply.header('www-authenticate', 'Basic realm="yiqiao"')
  return unstored(reply).code(statusOf[error]).type('application/json; charset=utf-8').send(JSON.stringify({ error, error_description: wordsOf[error] }))
}

/** RFC 6749 §5.1: no cache may keep what carries a token. */
function unstored (reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
}
