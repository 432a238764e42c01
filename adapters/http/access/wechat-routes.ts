import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { lostRound, scenePurposes, wechatLimits, type Scene, type ScenePurpose, type SceneState, type WechatAccount, type WechatEvent, type WechatLogIn } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { noteAccess } from '../access.ts'
import { limitBy } from '../limit-by.ts'
import { sessionBodyOf, SessionBody, type SessionLimits } from './session-routes.ts'
import { Id, oneOf } from '../wire.ts'

export interface WechatRoutesDeps {
  /** Null where no official account is configured. */
  readonly wechat: WechatUse | null
  readonly realNow: () => Date
}

export interface WechatUse {
  readonly account: WechatAccount
  readonly beginRound: () => Promise<string>
  /** Refuses with WECHAT_STATE_INVALID. */
  readonly endRound: (state: string) => Promise<void>
  readonly logInByOpenid: (openid: string) => Promise<WechatLogIn>
  readonly keepScene: (wanted: { readonly purpose: ScenePurpose, readonly terminalId: string | null }) => Promise<Scene>
  readonly stateOfScene: (id: string) => Promise<{ readonly purpose: ScenePurpose, readonly state: SceneState, readonly isFollowing: boolean }>
  readonly hearEvent: (call: { readonly timestamp: string, readonly nonce: string, readonly event: WechatEvent | null }) => Promise<void>
}

const Unknown = Type.Object({ bindTicket: Type.String({ description: 'for POST /v1/sessions with phone and code' }), expiresIn: Type.Integer() })
const SceneQr = Type.Object({ ticket: Type.String(), url: Type.String({ description: 'content of the QR code' }), scene: Type.String(), expiresIn: Type.Integer() })
const common = { tags: ['access'], 'x-requirements': ['K-11'] }
const open = { ...common, security: [] }
const minuteMs = 60_000

export function configuredUse (wechat: WechatUse | null): WechatUse {
  if (wechat === null) throw new DomainError('WECHAT_NOT_CONFIGURED', 'No WeChat official account is configured. Log in by phone, or name one in SITE_CONFIG.')
  return wechat
}

/** 公众号: log in and register through WeChat. */
export function wechatRoutes ({ wechat }: WechatRoutesDeps, limits: SessionLimits): FastifyPluginAsyncTypebox {
  const configured = (): WechatUse => configuredUse(wechat)
  return async (server) => {
    const perAddress = limitBy(server, { most: limits.logInsPerMinuteOfAddress, windowMs: minuteMs, of: ({ ip }) => ip })

    server.get('/v1/wechat/authorize-url', {
      config: { access: 'public' },
      schema: { ...open, summary: 'Where the browser inside WeChat goes to log in', response: { 200: Type.Object({ url: Type.String(), state: Type.String(), expiresIn: Type.Integer() }) } }
    }, async (request, reply) => {
      const use = configured()
      await perAddress(request, reply)
      const state = await use.beginRound()
      void reply.header('cache-control', 'no-store')
      return { url: use.account.authorizeUrl(state), state, expiresIn: wechatLimits.stateMs / 1000 }
    })

    server.post('/v1/wechat/sessions', {
      config: { access: 'public' },
      schema: { ...open, summary: 'Logs in by the code that WeChat gave; who is not known yet gets a ticket to prove a phone with', body: Type.Object({ code: Type.String({ minLength: 1, maxLength: 200 }), state: Type.String({ minLength: 20, maxLength: 100 }) }, { additionalProperties: false }), response: { 200: Type.Union([SessionBody, Unknown]) } }
    }, async (request, reply) => {
      const use = configured()
      await perAddress(request, reply)
      await use.endRound(request.body.state)
      const openid = await use.account.openidOf(request.body.code)
      if (openid === null) throw lostRound()
      const found = await use.logInByOpenid(openid)
      void reply.header('cache-control', 'no-store')
      if (found.kind === 'unknown') return { bindTicket: found.bindTicket, expiresIn: found.expiresInSeconds }
      const { account } = found.session
      noteAccess(request, { target: 'account', targetId: account.id, patientId: account.personId, outcome: 'allowed' })
      return sessionBodyOf(found.session)
    })

    server.post('/v1/wechat/scene-qr', {
      config: { access: 'scene.create' },
      schema: { ...common, summary: 'A QR code to follow the account and register, for a desk or terminal', body: Type.Object({ purpose: oneOf(scenePurposes), terminalId: Type.Optional(Id) }, { additionalProperties: false }), response: { 201: SceneQr } }
    }, async (request, reply) => {
      const use = configured()
      const { purpose, terminalId = null } = request.body
      const scene = await use.keepScene({ purpose, terminalId })
      const expiresIn = wechatLimits.sceneMs / 1000
      const qr = await use.account.createSceneQr({ scene: scene.id, expiresInSeconds: expiresIn })
      return await reply.code(201).send({ ...qr, scene: scene.id, expiresIn })
    })

    server.get('/v1/wechat/scene-qr/:scene', {
      config: { access: 'scene.create' },
      schema: { ...common, summary: 'How far the patient got who scanned the QR code', params: Type.Object({ scene: Id }), response: { 200: Type.Object({ scene: Id, purpose: oneOf(scenePurposes), state: oneOf(['waiting', 'scanned', 'registered'] as const), following: Type.Boolean() }) } }
    }, async (request) => {
      const { scene } = request.params
      const { purpose, state, isFollowing } = await configured().stateOfScene(scene)
      return { scene, purpose, state, following: isFollowing }
    })
  }
}
