import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../../core/clock.ts'
import type { Ids } from '../../../core/ids.ts'
import { DomainError } from '../../../core/errors.ts'
import { callbackSignature } from '../../wechat/index.ts'
import { strikingFaults, type Fault, type Striking } from '../fault.ts'
import { openJournal, type Journal, type JournalItem } from '../journal.ts'

/** unavailable answers 503, busy errcode -1, stale_token 40001 once where a token is shown; dropped closes the connection. */
export type WechatFaultKind = 'unavailable' | 'busy' | 'stale_token' | 'dropped'

export interface WechatPlatformOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  readonly appId: string
  readonly secret: string
  /** What call-backs are signed with. */
  readonly token: string
  /** Business time, for the items. */
  readonly clock: Clock
  /** Real time, for signatures and the life of codes and tokens. */
  readonly realClock: Clock
  readonly ids: Ids
  /** Where events are sent; asked each time, since the server may listen later. */
  readonly callbackUrl: () => string | null
}

export interface WechatPlatform {
  readonly url: string
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<WechatFaultKind>>) => void
  /**
   * As a WeChat user: `follow` and `scan` with key `scene` or `scene:openid` send the event, `unfollow` with key openid;
   * `authorize` with key openid answers the code that the browser would come back with.
   */
  readonly act: (act: { readonly act: string, readonly key: string | null }) => Promise<unknown>
  readonly close: () => Promise<void>
}

interface PlatformState {
  readonly options: WechatPlatformOptions
  readonly journal: Journal
  /** Openid by code, newest last; each works once. */
  readonly codes: Map<string, { readonly openid: string, readonly untilMs: number }>
  /** Who has ended following. */
  readonly strangers: Set<string>
  readonly sentKeys: Set<string>
  accessToken: { readonly text: string, readonly untilMs: number } | null
  strikes: Striking<WechatFaultKind>
}

type Answer = Readonly<Record<string, unknown>> | WechatFaultKind

const keptItems = 10_000
const maxBodyBytes = 65_536
const mostCodes = 1_000
const codeMs = 300_000
const tokenSeconds = 7_200
const usualOpenid = 'openid-of-nobody-real-1'
const callbackTimeoutMs = 5_000

/**
 * The WeChat platform as an official account sees it: its server API over real HTTP, the page where users agree, and
 * its signed events. What is paid through it would be another account on the same platform.
 */
export async function startWechatPlatform (options: WechatPlatformOptions): Promise<WechatPlatform> {
  const state: PlatformState = { options, journal: openJournal(keptItems), codes: new Map(), strangers: new Set(), sentKeys: new Set(), accessToken: null, strikes: () => null }
  const server = createServer((request, response) => { void serve(state, request, response) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(options.port, options.host, resolve) })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${options.host}:${port}`,
    items: state.journal.since,
    setFaults: (faults) => { state.strikes = strikingFaults(faults) },
    act: (act) => actAs(state, act),
    close: () => new Promise((resolve) => {
      server.close(() => { resolve() })
      server.closeAllConnections()
    })
  }
}

async function serve (state: PlatformState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request)
    const url = new URL(request.url ?? '/', 'http://platform')
    const answer = state.strikes() ?? answerTo(state, `${request.method ?? ''} ${url.pathname}`, url.searchParams, body)
    if (answer === 'dropped') request.destroy()
    else if (url.pathname === '/connect/oauth2/authorize') response.writeHead(302, { location: redirectTo(state, url.searchParams) }).end()
    else if (answer === 'unavailable') response.writeHead(503).end()
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer === 'busy' ? { errcode: -1, errmsg: 'system error' } : answer === 'stale_token' ? { errcode: 40001, errmsg: 'invalid credential' } : answer))
  } catch {
    // The caller went away in the middle of its request; there is nobody left to answer.
    request.destroy()
  }
}

async function readBody (request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw new Error('too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function answerTo (state: PlatformState, call: string, query: URLSearchParams, body: string): Answer {
  switch (call) {
    case 'GET /sns/oauth2/access_token': return oauthAnswer(state, query)
    case 'GET /cgi-bin/token': return tokenAnswer(state, query)
    case 'POST /cgi-bin/qrcode/create': return qrAnswer(state, query, body)
    case 'POST /cgi-bin/message/template/send': return templateAnswer(state, query, body)
    default: return { errcode: 40066, errmsg: 'invalid url' }
  }
}

function oauthAnswer (state: PlatformState, query: URLSearchParams): Answer {
  if (!isOurApp(state, query)) return { errcode: 40125, errmsg: 'invalid appsecret' }
  const code = query.get('code') ?? ''
  const found = state.codes.get(code)
  if (found === undefined || found.untilMs < state.options.realClock.now().getTime()) return { errcode: 40029, errmsg: 'invalid code' }
  state.codes.delete(code)
  return { access_token: 'of-no-use', expires_in: tokenSeconds, refresh_token: 'of-no-use', openid: found.openid, scope: 'snsapi_base' }
}

function tokenAnswer (state: PlatformState, query: URLSearchParams): Answer {
  if (!isOurApp(state, query)) return { errcode: 40125, errmsg: 'invalid appsecret' }
  const text = state.options.ids.next()
  state.accessToken = { text, untilMs: state.options.realClock.now().getTime() + tokenSeconds * 1000 }
  return { access_token: text, expires_in: tokenSeconds }
}

function qrAnswer (state: PlatformState, query: URLSearchParams, body: string): Answer {
  const { options } = state
  if (!isTokenValid(state, query)) return { errcode: 40001, errmsg: 'invalid credential' }
  const { expire_seconds: seconds, action_name: action, action_info: info } = JSON.parse(body) as { readonly expire_seconds?: number, readonly action_name?: string, readonly action_info?: { readonly scene?: { readonly scene_str?: string } } }
  const scene = info?.scene?.scene_str
  if (action !== 'QR_STR_SCENE' || scene === undefined || scene.length < 1 || scene.length > 64) return { errcode: 40053, errmsg: 'invalid action info' }
  const ticket = options.ids.next()
  state.journal.note({ at: options.clock.now(), kind: 'qr', key: scene, body: { ticket, expiresInSeconds: seconds ?? 60 } })
  return { ticket, expire_seconds: seconds ?? 60, url: `http://weixin.example/q/${ticket}` }
}

function isTokenValid ({ accessToken, options }: PlatformState, query: URLSearchParams): boolean {
  return accessToken !== null && query.get('access_token') === accessToken.text && accessToken.untilMs >= options.realClock.now().getTime()
}

/** 模板消息: one client_msg_id is sent once, and to followers only. */
function templateAnswer (state: PlatformState, query: URLSearchParams, body: string): Answer {
  if (!isTokenValid(state, query)) return { errcode: 40001, errmsg: 'invalid credential' }
  const { touser, template_id: template, client_msg_id: key, data } = JSON.parse(body) as { readonly touser?: string, readonly template_id?: string, readonly client_msg_id?: string, readonly data?: unknown }
  if (touser === undefined || template === undefined) return { errcode: 40003, errmsg: 'invalid openid' }
  if (state.strangers.has(touser)) return { errcode: 43004, errmsg: 'require subscribe' }
  const messageKey = key ?? state.options.ids.next()
  if (!state.sentKeys.has(messageKey)) {
    state.sentKeys.add(messageKey)
    for (const old of state.sentKeys) if (state.sentKeys.size > keptItems) state.sentKeys.delete(old); else break
    state.journal.note({ at: state.options.clock.now(), kind: 'template', key: messageKey, body: { openid: touser, templateId: template, data } })
  }
  return { errcode: 0, errmsg: 'ok', msgid: 1 }
}

/** The user agrees at once, and the browser goes back with a code. */
function redirectTo (state: PlatformState, query: URLSearchParams): string {
  const target = new URL(query.get('redirect_uri') ?? 'http://app.example/')
  target.searchParams.set('code', authorize(state, usualOpenid).code)
  target.searchParams.set('state', query.get('state') ?? '')
  return target.href
}

function isOurApp ({ options }: PlatformState, query: URLSearchParams): boolean {
  return query.get('appid') === options.appId && query.get('secret') === options.secret
}

async function actAs (state: PlatformState, { act, key }: { readonly act: string, readonly key: string | null }): Promise<unknown> {
  const [scene = '', openid = usualOpenid] = (key ?? '').split(':')
  if (act === 'follow') return await sendEvent(state, { openid, event: 'subscribe', key: scene === '' ? '' : `qrscene_${scene}` })
  if (act === 'scan') return await sendEvent(state, { openid, event: 'SCAN', key: scene })
  if (act === 'unfollow') return await sendEvent(state, { openid: key ?? usualOpenid, event: 'unsubscribe', key: '' })
  if (act === 'authorize') return authorize(state, key ?? usualOpenid)
  throw new DomainError('REQUEST_INVALID', 'The WeChat platform knows the acts follow, scan, unfollow and authorize.', 'act')
}

function authorize (state: PlatformState, openid: string): { readonly code: string } {
  const code = state.options.ids.next()
  state.codes.set(code, { openid, untilMs: state.options.realClock.now().getTime() + codeMs })
  for (const old of state.codes.keys()) if (state.codes.size > mostCodes) state.codes.delete(old); else break
  return { code }
}

async function sendEvent (state: PlatformState, { openid, event, key }: { readonly openid: string, readonly event: string, readonly key: string }): Promise<{ readonly status: number, readonly answer: string }> {
  const { options } = state
  if (event === 'unsubscribe') state.strangers.add(openid)
  else state.strangers.delete(openid)
  const callback = options.callbackUrl()
  if (callback === null) throw new DomainError('OUTSIDE_UNAVAILABLE', 'The server does not listen yet; try again.')
  const timestamp = String(Math.floor(options.realClock.now().getTime() / 1000))
  const nonce = options.ids.next()
  const url = new URL(callback)
  for (const [name, value] of [['signature', callbackSignature({ timestamp, nonce }, options.token)], ['timestamp', timestamp], ['nonce', nonce], ['openid', openid]] as const) url.searchParams.set(name, value)
  const body = `<xml><ToUserName><![CDATA[account]]></ToUserName><FromUserName><![CDATA[${openid}]]></FromUserName><CreateTime>${timestamp}</CreateTime>` +
    `<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${event}]]></Event><EventKey><![CDATA[${key}]]></EventKey></xml>`
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body, signal: AbortSignal.timeout(callbackTimeoutMs) })
  const text = await answer.text()
  state.journal.note({ at: options.clock.now(), kind: event, key, body: { openid, status: answer.status } })
  return { status: answer.status, answer: text }
}
