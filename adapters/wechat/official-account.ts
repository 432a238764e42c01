import { DomainError } from '../../core/errors.ts'
import type { Clock } from '../../core/clock.ts'
import type { WechatAccount, WechatEvent } from '../../core/access/index.ts'
import { readMessageXml } from './message-xml.ts'
import { isCallbackSigned } from './signature.ts'

export interface OfficialAccountOptions {
  readonly appId: string
  /** Read from files by whoever composes; never configured in the open. */
  readonly secret: string
  /** What call-backs are signed with. */
  readonly token: string
  /** https://api.weixin.qq.com, or a simulator. */
  readonly url: string
  readonly authorizeUrl: string
  /** Page of the hospital's own app that WeChat sends the browser back to. */
  readonly redirectUrl: string
  /** Real time: the platform's tokens expire by it. */
  readonly clock: Clock
  readonly timeoutMs: number
}

type Json = Readonly<Record<string, unknown>>

/** `errcode` of the platform: the code of a log-in is invalid, used, or out of time. */
const unusableCode: readonly unknown[] = [40029, 40163, 42003]
/** … our own access token is not valid (any more): get a new one and ask once more. */
const staleToken: readonly unknown[] = [40001, 40014, 42001]
/** … busy or too many calls: it may pass by itself. */
const passing: readonly unknown[] = [-1, 45009, 45011]
/** … the openid does not follow, has refused the message, or is none. */
const unreachable: readonly unknown[] = [40003, 43004, 43101]
/** A token is renewed so long before it expires. */
const marginMs = 60_000

/** 微信公众号 (service account) by its server API: OAuth with snsapi_base, access tokens, QR codes with a scene, events. */
export function officialAccount (options: OfficialAccountOptions): WechatAccount {
  const accessToken = accessTokens(options)
  /** Once more with a new token where the platform calls ours stale. */
  const withToken = async (path: string, body: unknown): Promise<Json> => {
    const ask = async (isRenewed: boolean): Promise<Json> => call(options, path, { access_token: await accessToken(isRenewed) }, body)
    const first = await ask(false)
    return staleToken.includes(first['errcode']) ? await ask(true) : first
  }
  return {
    authorizeUrl: (state) => {
      const url = new URL(options.authorizeUrl)
      // The platform reads these in this order and wants the fragment.
      for (const [name, value] of [['appid', options.appId], ['redirect_uri', options.redirectUrl], ['response_type', 'code'], ['scope', 'snsapi_base'], ['state', state]] as const) url.searchParams.set(name, value)
      return `${url.href}#wechat_redirect`
    },
    openidOf: async (code) => {
      const answer = await call(options, '/sns/oauth2/access_token', { appid: options.appId, secret: options.secret, code, grant_type: 'authorization_code' })
      if (unusableCode.includes(answer['errcode'])) return null
      return textOf(accepted(answer), 'openid')
    },
    createSceneQr: async ({ scene, expiresInSeconds }) => {
      const wanted = { expire_seconds: expiresInSeconds, action_name: 'QR_STR_SCENE', action_info: { scene: { scene_str: scene } } }
      const answer = accepted(await withToken('/cgi-bin/qrcode/create', wanted))
      return { ticket: textOf(answer, 'ticket'), url: textOf(answer, 'url') }
    },
    sendTemplate: async ({ openid, templateId, data, messageId }) => {
      const answer = await withToken('/cgi-bin/message/template/send', {
        touser: openid, template_id: templateId, client_msg_id: messageId, data: Object.fromEntries(Object.entries(data).map(([name, value]) => [name, { value }]))
      })
      if (unreachable.includes(answer['errcode'])) return 'refused'
      accepted(answer)
      return 'taken'
    },
    isSigned: ({ signature, ...signed }) => isCallbackSigned(signed, signature, options.token),
    readEvent: (xml) => eventOf(readMessageXml(xml))
  }
}

/** One access token is in force at a time, for two hours; a renewal that runs is shared. */
function accessTokens (options: OfficialAccountOptions): (isRenewed: boolean) => Promise<string> {
  let kept: { readonly token: string, readonly untilMs: number } | null = null
  let running: Promise<string> | null = null
  const renew = async (): Promise<string> => {
    const answer = accepted(await call(options, '/cgi-bin/token', { grant_type: 'client_credential', appid: options.appId, secret: options.secret }))
    const token = textOf(answer, 'access_token')
    kept = { token, untilMs: options.clock.now().getTime() + Number(answer['expires_in'] ?? 0) * 1000 - marginMs }
    return token
  }
  return async (isRenewed) => {
    if (!isRenewed && kept !== null && options.clock.now().getTime() < kept.untilMs) return kept.token
    running ??= renew().finally(() => { running = null })
    return await running
  }
}

/** GET, or POST where there is a body. */
async function call ({ url, timeoutMs }: OfficialAccountOptions, path: string, query: Readonly<Record<string, string>>, body?: unknown): Promise<Json> {
  const target = new URL(path, url)
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value)
  try {
    const answer = await fetch(target, {
      method: body === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    const text = await answer.text()
    if (!answer.ok) throw unavailable()
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) throw unavailable()
    return value as Json
  } catch {
    // Neither fetch's message nor its cause is passed on: the address carries the secret.
    throw unavailable()
  }
}

function accepted (answer: Json): Json {
  const { errcode } = answer
  if (errcode === undefined || errcode === 0) return answer
  if (passing.includes(errcode)) throw unavailable()
  throw new DomainError('OUTSIDE_REFUSED', `The WeChat platform refused with errcode ${Number(errcode)}. Look it up in its documentation; check app id, secret and the address list.`)
}

function textOf (answer: Json, name: string): string {
  const text = answer[name]
  if (typeof text !== 'string' || text === '') throw unavailable()
  return text
}

const unavailable = (): DomainError => new DomainError('OUTSIDE_UNAVAILABLE', 'The WeChat platform did not answer as expected. Try again shortly.')

/** Of a subscription the scene has a prefix, of a scan by a follower it has none. */
function eventOf (message: ReadonlyMap<string, string>): WechatEvent | null {
  const [openid, type, event, key = ''] = ['FromUserName', 'MsgType', 'Event', 'EventKey'].map((name) => message.get(name))
  if (type !== 'event' || openid === undefined || openid === '' || openid.length > 100) return null
  if (event === 'subscribe') return { kind: 'subscribe', openid, scene: key.startsWith('qrscene_') ? key.slice('qrscene_'.length) : null }
  if (event === 'SCAN') return { kind: 'scan', openid, scene: key === '' ? null : key }
  return event === 'unsubscribe' ? { kind: 'unsubscribe', openid, scene: null } : null
}
