import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { bindingRoutes, type BindingRoutesDeps } from './binding-routes.ts'
import { clientRoutes, type ClientRoutesDeps } from './client-routes.ts'
import { guardianRoutes, type GuardianRoutesDeps } from './guardian-routes.ts'
import { oauthRoutes, type OauthLimits, type OauthRoutesDeps } from './oauth-routes.ts'
import { profileRoutes, type ProfileRoutesDeps } from './profile-routes.ts'
import { sessionRoutes, type SessionLimits, type SessionRoutesDeps } from './session-routes.ts'
import { wardRoutes, type WardRoutesDeps } from './ward-routes.ts'
import { wechatCallbackRoutes } from './wechat-callback-routes.ts'
import { wechatRoutes, type WechatRoutesDeps } from './wechat-routes.ts'
import type { WriteInstant } from '../wire.ts'

export type AccessRoutesDeps = OauthRoutesDeps & ClientRoutesDeps & SessionRoutesDeps & BindingRoutesDeps & ProfileRoutesDeps & WardRoutesDeps & GuardianRoutesDeps & WechatRoutesDeps

/** Patients behind one hospital's address are many, so what counts addresses is wide; phones and accounts are counted by the core. */
export const usualAccessLimits: OauthLimits & SessionLimits = {
  tokensPerMinuteOfClient: 60,
  tokensPerMinuteOfAddress: 600,
  codesPerHourOfAddress: 300,
  logInsPerMinuteOfAddress: 300
}

/** How systems and patients get in, and what patients do with their own account. */
export function accessRoutes (deps: AccessRoutesDeps, writeInstant: WriteInstant, limits = usualAccessLimits): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(oauthRoutes(deps, limits))
    await server.register(clientRoutes(deps, writeInstant))
    await server.register(sessionRoutes(deps, limits))
    await server.register(bindingRoutes(deps, limits))
    await server.register(profileRoutes(deps))
    await server.register(wardRoutes(deps, writeInstant))
    await server.register(guardianRoutes(deps, writeInstant))
    await server.register(wechatRoutes(deps, limits))
    await server.register(wechatCallbackRoutes(deps))
  }
}
