import { DomainError } from '../errors.ts'
import type { AccountStore, Fingerprint, FollowerStore, SceneStore, TicketStore } from './ports.ts'
import { openSession, type OpenedSession, type SessionDeps, type Times } from './session.ts'
import { wechatLimits, type Scene, type ScenePurpose, type SceneState, type WechatEvent } from './wechat.ts'

interface TicketTools {
  readonly tickets: TicketStore
  readonly randomSecret: () => string
  readonly hash: (secret: string) => string
}

/** The state of one OAuth round, which only the browser that began it knows. */
export async function beginRound ({ tickets, randomSecret, hash }: TicketTools, now: Date): Promise<string> {
  const state = randomSecret()
  await tickets.dropExpired('state', now)
  await tickets.add({ key: hash(state), use: 'state', openidKey: null, expiresAt: new Date(now.getTime() + wechatLimits.stateMs) })
  return state
}

/** Ends the round before the platform is asked, so that a code is tried once. */
export async function endRound ({ tickets, hash }: Omit<TicketTools, 'randomSecret'>, state: string, now: Date): Promise<void> {
  if (!await tickets.take(hash(state), 'state', now)) throw lostRound()
}

export const lostRound = (): DomainError => new DomainError('WECHAT_STATE_INVALID', 'This log-in is used or out of time. Start again with GET /v1/wechat/authorize-url.')

export type WechatLogIn =
  | { readonly kind: 'session', readonly session: OpenedSession }
  | { readonly kind: 'unknown', readonly bindTicket: string, readonly expiresInSeconds: number }

type LogInDeps = SessionDeps & TicketTools & { readonly accounts: Pick<AccountStore, 'byOpenid'>, readonly fingerprint: Fingerprint }

/** A session for whom the openid is known to be; anybody else proves a phone first and shows the ticket with it. */
export async function logInByOpenid (deps: LogInDeps, openid: string, { now, realNow }: Times): Promise<WechatLogIn> {
  const openidKey = deps.fingerprint('openid', openid)
  const account = await deps.accounts.byOpenid(openidKey)
  if (account !== null) return { kind: 'session', session: await openSession(deps, account, realNow) }
  const bindTicket = deps.randomSecret()
  await deps.tickets.dropExpired('openid', now)
  await deps.tickets.add({ key: deps.hash(bindTicket), use: 'openid', openidKey, expiresAt: new Date(now.getTime() + wechatLimits.ticketMs) })
  return { kind: 'unknown', bindTicket, expiresInSeconds: wechatLimits.ticketMs / 1000 }
}

export async function keepScene ({ scenes, randomSecret }: { readonly scenes: SceneStore, readonly randomSecret: () => string }, wanted: { readonly purpose: ScenePurpose, readonly terminalId: string | null }, now: Date): Promise<Scene> {
  await scenes.dropExpired(now)
  const scene: Scene = { id: randomSecret().slice(0, 32), ...wanted, createdAt: now, expiresAt: new Date(now.getTime() + wechatLimits.sceneMs), openidKey: null }
  await scenes.add(scene)
  return scene
}

interface SceneDeps {
  readonly scenes: Pick<SceneStore, 'find'>
  readonly accounts: Pick<AccountStore, 'byOpenid'>
  readonly followers: Pick<FollowerStore, 'isFollowing'>
}

export async function stateOfScene ({ scenes, accounts, followers }: SceneDeps, id: string, now: Date): Promise<{ readonly purpose: ScenePurpose, readonly state: SceneState, readonly isFollowing: boolean }> {
  const scene = await scenes.find(id)
  if (scene === null || scene.expiresAt <= now) throw new DomainError('SCENE_NOT_FOUND', 'No QR code of this scene is in force. Create a new one.')
  const { purpose, openidKey } = scene
  if (openidKey === null) return { purpose, state: 'waiting', isFollowing: false }
  const hasAccount = await accounts.byOpenid(openidKey) !== null
  return { purpose, state: hasAccount ? 'registered' : 'scanned', isFollowing: await followers.isFollowing(openidKey) }
}

interface CallbackDeps {
  readonly tickets: TicketStore
  readonly scenes: SceneStore
  readonly followers: FollowerStore
  readonly fingerprint: Fingerprint
  readonly sealed: (text: string) => string
  readonly hash: (text: string) => string
}

/**
 * Takes a signed call-back once. The signature covers time and nonce but not the body, so a second call with the same
 * two has no effect, whatever it says; nor has one that is too old to be remembered.
 */
export async function hearEvent (deps: CallbackDeps, call: { readonly timestamp: string, readonly nonce: string, readonly event: WechatEvent | null }, { now, realNow }: Times): Promise<void> {
  const expiresAt = new Date(Number(call.timestamp) * 1000 + 2 * wechatLimits.callbackFreshMs)
  await deps.tickets.dropExpired('nonce', realNow)
  const isNew = await deps.tickets.add({ key: deps.hash(`${call.timestamp} ${call.nonce}`), use: 'nonce', openidKey: null, expiresAt })
  if (!isNew || call.event === null) return
  const { kind, openid, scene } = call.event
  const openidKey = deps.fingerprint('openid', openid)
  const isFollowing = kind !== 'unsubscribe'
  await deps.followers.save({ openidKey, openid: isFollowing ? deps.sealed(openid) : null, isFollowing, at: now })
  if (scene === null || kind === 'unsubscribe') return
  const found = await deps.scenes.find(scene)
  if (found !== null && found.expiresAt > now) await deps.scenes.link(scene, openidKey)
}

/** Whether a call-back is of now, by real time. */
export function isFresh (timestamp: string, realNow: Date): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(Number(timestamp) * 1000 - realNow.getTime()) <= wechatLimits.callbackFreshMs
}
