import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { startWechatPlatform, type WechatPlatform } from '../../../adapters/simulators/wechat/wechat-platform.ts'
import { callbackSignature, officialAccount, type OfficialAccountOptions } from '../../../adapters/wechat/index.ts'
import { readMessageXml } from '../../../adapters/wechat/message-xml.ts'
import type { Teardown } from '../../fixtures/store.ts'
import { aHospital } from '../http/a-hospital.ts'
import { aPhone, caller } from '../http/a-phone.ts'
import { aServer, realNow } from '../http/a-server.ts'

const clock = { now: () => realNow }
const known = { appId: 'app-of-nobody', secret: 'a-secret-of-tests', token: 'a-token-of-tests' }

async function aPlatform (t: Teardown, callbackUrl: () => string | null = () => null): Promise<WechatPlatform> {
  const platform = await startWechatPlatform({ host: '127.0.0.1', port: 0, ...known, clock, realClock: clock, ids: { next: randomUUID }, callbackUrl })
  t.teardown(() => platform.close())
  return platform
}

const anAccount = (url: string, change: Partial<OfficialAccountOptions> = {}) => officialAccount({
  ...known, url, authorizeUrl: 'https://open.weixin.qq.com/connect/oauth2/authorize', redirectUrl: 'https://app.example/wechat?page=1', clock, timeoutMs: 2_000, ...change
})

t.test('the official account', async (t) => {
  t.test('sends the browser to the platform with what it wants to read, in its order', async (t) => {
    t.equal(anAccount('http://127.0.0.1:1').authorizeUrl('state-1'), 'https://open.weixin.qq.com/connect/oauth2/authorize?appid=app-of-nobody&redirect_uri=https%3A%2F%2Fapp.example%2Fwechat%3Fpage%3D1&response_type=code&scope=snsapi_base&state=state-1#wechat_redirect')
  })

  t.test('sends a template message to a follower once, also with a token gone stale; who has left is not reached', async (t) => {
    const platform = await aPlatform(t)
    const account = anAccount(platform.url)
    const message = { openid: 'openid-7', templateId: 'bill_due', data: { amount: '148.30' }, messageId: 'm1' }
    t.equal(await account.sendTemplate(message), 'taken')
    platform.setFaults([{ kind: 'stale_token', rate: 1, count: 1, seed: 1 }])
    t.equal(await account.sendTemplate(message), 'taken')
    t.match(platform.items(null), [{ kind: 'template', key: 'm1', body: { openid: 'openid-7', templateId: 'bill_due', data: { amount: { value: '148.30' } } } }])
    t.equal(platform.items(null).length, 1)
    await platform.act({ act: 'unfollow', key: 'openid-7' }).catch(() => undefined)
    t.equal(await account.sendTemplate({ ...message, messageId: 'm2' }), 'refused')
    platform.setFaults([{ kind: 'unavailable', rate: 1, count: 1, seed: 1 }])
    await t.rejects(account.sendTemplate({ ...message, messageId: 'm3' }), { code: 'OUTSIDE_UNAVAILABLE' })
  })

  t.test('learns the openid of a code once', async (t) => {
    const platform = await aPlatform(t)
    const { code } = await platform.act({ act: 'authorize', key: 'openid-7' }) as { readonly code: string }
    const account = anAccount(platform.url)
    t.strictSame([await account.openidOf(code), await account.openidOf(code), await account.openidOf('never-issued')], ['openid-7', null, null])
    const agreed = await fetch(anAccount(platform.url, { authorizeUrl: `${platform.url}/connect/oauth2/authorize` }).authorizeUrl('state-1'), { redirect: 'manual' })
    const back = new URL(agreed.headers.get('location') ?? '')
    t.strictSame([back.origin, back.searchParams.get('page'), back.searchParams.get('state')], ['https://app.example', '1', 'state-1'])
    t.ok(await account.openidOf(back.searchParams.get('code') ?? ''))
    await t.rejects(anAccount(platform.url, { secret: 'wrong' }).openidOf(code), { code: 'OUTSIDE_REFUSED', message: /40125/ })
  })

  t.test('makes QR codes with a scene, and a new access token where the platform has forgotten the old one', async (t) => {
    const platform = await aPlatform(t)
    const account = anAccount(platform.url)
    t.match(await account.createSceneQr({ scene: 'scene-1', expiresInSeconds: 600 }), { ticket: /./, url: /^http/ })
    platform.setFaults([{ kind: 'stale_token', rate: 1, count: 1, seed: 1 }])
    t.ok((await account.createSceneQr({ scene: 'scene-2', expiresInSeconds: 600 })).ticket)
    t.strictSame(platform.items(null).map(({ kind, key }) => [kind, key]), [['qr', 'scene-1'], ['qr', 'scene-2']])
  })

  t.test('of a platform that is busy, down, silent or talks nonsense → says to try again, and nothing of the secret', async (t) => {
    const platform = await aPlatform(t)
    for (const kind of ['busy', 'unavailable', 'dropped'] as const) {
      platform.setFaults([{ kind, rate: 1, count: 1, seed: 1 }])
      const refused = await anAccount(platform.url).openidOf('a-code').then(() => null, (error: unknown) => error as Error)
      t.match(refused, { code: 'OUTSIDE_UNAVAILABLE' }, kind)
      t.notMatch(`${String(refused?.message)} ${String(refused?.cause)}`, /a-secret-of-tests/)
    }
    await t.rejects(anAccount('http://127.0.0.1:1').openidOf('a-code'), { code: 'OUTSIDE_UNAVAILABLE' })
  })
})

t.test('the XML of a call-back', async (t) => {
  t.strictSame([...readMessageXml('\uFEFF<xml>\n<A><![CDATA[x & <y>]]></A><B>1 &lt; 2</B><C><D>deep</D></C><E></E></xml>\n')], [['A', 'x & <y>'], ['B', '1 < 2'], ['C', ''], ['E', '']])
  const refused = {
    'a document type': '<!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>',
    'an entity of its own': '<xml><A>&a;</A></xml>',
    'a bare ampersand': '<xml><A>a & b</A></xml>',
    'an entity with the name of a method': '<xml><A>&valueOf</A></xml>',
    'a declaration': '<?xml version="1.0"?><xml></xml>',
    'a comment': '<xml><!-- --></xml>',
    'an attribute': '<xml a="b"></xml>',
    'an open end': '<xml><A>',
    'a wrong end': '<xml><A></B></xml>',
    'two roots': '<xml></xml><xml></xml>',
    'another root': '<html></html>',
    'text around': 'x<xml></xml>',
    'nothing': '',
    'too deep': `<xml>${'<A>'.repeat(9)}${'</A>'.repeat(9)}</xml>`,
    'too many': `<xml>${'<A></A>'.repeat(999)}</xml>`
  }
  for (const [what, xml] of Object.entries(refused)) t.throws(() => readMessageXml(xml), { code: 'REQUEST_INVALID' }, what)
})

t.test('a patient with WeChat [M16]', async (t) => {
  const place: { url: string | null } = { url: null }
  const platform = await aPlatform(t, () => place.url)
  const town = await aServer(t, undefined, { wechat: anAccount(platform.url) })
  await aHospital(town.store)
  const call = caller(town)
  const phone = await aPhone(t, town)
  await town.server.listen({ host: '127.0.0.1', port: 0 })
  place.url = `http://127.0.0.1:${(town.server.server.address() as AddressInfo).port}/v1/wechat/callback`
  const terminal = await town.tokenOf('terminal', { organizationId: 'east' })
  const openid = 'openid-of-anna'
  const logIn = async () => {
    const { state } = (await call('GET', '/v1/wechat/authorize-url')).body
    const { code } = await platform.act({ act: 'authorize', key: openid }) as { readonly code: string }
    return { state, answer: await call('POST', '/v1/wechat/sessions', undefined, { code, state }) }
  }
  const sceneState = async (scene: string) => (await call('GET', `/v1/wechat/scene-qr/${scene}`, terminal)).body

  t.test('scans at a terminal, proves a phone once, and from then on logs in by WeChat alone', async (t) => {
    const qr = (await call('POST', '/v1/wechat/scene-qr', terminal, { purpose: 'register', terminalId: 'kiosk-1' })).body
    t.match(qr, { ticket: /./, url: /^http/, expiresIn: 1800 })
    t.strictSame(await sceneState(qr.scene), { scene: qr.scene, purpose: 'register', state: 'waiting', following: false })
    t.strictSame(await platform.act({ act: 'follow', key: `${String(qr.scene)}:${openid}` }), { status: 200, answer: 'success' })
    t.match(await sceneState(qr.scene), { state: 'scanned', following: true })

    const { answer } = await logIn()
    t.strictSame(Object.keys(answer.body).sort(), ['bindTicket', 'expiresIn'])
    await call('POST', '/v1/sms-codes', undefined, { phone: '000-0000-0001', purpose: 'register' })
    const code = await phone.codeTo('000-0000-0001')
    const wrong = await call('POST', '/v1/sessions', undefined, { phone: '000-0000-0001', code, bindTicket: 'never-issued-ticket' })
    t.equal(wrong.body.code, 'WECHAT_STATE_INVALID')
    t.ok((await call('POST', '/v1/sessions', undefined, { phone: '000-0000-0001', code, bindTicket: answer.body.bindTicket })).body.accessToken)
    t.match(await sceneState(qr.scene), { state: 'registered' })
    const session = (await logIn()).answer.body
    t.match((await call('GET', '/v1/me', session.accessToken)).body, { role: 'patient', personId: null })
    await platform.act({ act: 'unfollow', key: openid })
    t.match(await sceneState(qr.scene), { state: 'registered', following: false })
  })

  t.test('state and code → each work once', async (t) => {
    const { state } = await logIn()
    const { code } = await platform.act({ act: 'authorize', key: openid }) as { readonly code: string }
    t.equal((await call('POST', '/v1/wechat/sessions', undefined, { code, state })).body.code, 'WECHAT_STATE_INVALID')
    const fresh = (await call('GET', '/v1/wechat/authorize-url')).body
    t.equal((await call('POST', '/v1/wechat/sessions', undefined, { code: 'never-issued', state: fresh.state })).body.code, 'WECHAT_STATE_INVALID')
  })

  t.test('a call-back that is forged, old or repeated → has no effect', async (t) => {
    const { scene } = (await call('POST', '/v1/wechat/scene-qr', terminal, { purpose: 'follow' })).body
    const timestamp = String(realNow.getTime() / 1000)
    const post = async (query: Readonly<Record<string, string>>, who = 'openid-of-a-forger') => await town.server.inject({
      method: 'POST', url: '/v1/wechat/callback', query, headers: { 'content-type': 'text/xml' },
      payload: `<xml><FromUserName>${who}</FromUserName><MsgType>event</MsgType><Event>SCAN</Event><EventKey>${String(scene)}</EventKey></xml>`
    })
    const signed = (time: string, nonce: string) => ({ timestamp: time, nonce, signature: callbackSignature({ timestamp: time, nonce }, known.token) })
    t.equal((await post({ ...signed(timestamp, 'n1'), signature: '0'.repeat(40) })).statusCode, 403)
    const old = String(realNow.getTime() / 1000 - 301)
    t.equal((await post(signed(old, 'n1'))).statusCode, 403)
    t.match(await sceneState(scene), { state: 'waiting' })
    const nothing = await town.server.inject({ method: 'POST', url: '/v1/wechat/callback', query: signed(timestamp, 'n2'), headers: { 'content-type': 'text/xml' }, payload: '<xml><MsgType>text</MsgType></xml>' })
    t.strictSame([nothing.statusCode, nothing.body], [200, 'success'], 'a message that means nothing to us')
    t.strictSame([(await post(signed(timestamp, 'n2'))).body, await sceneState(scene)], ['success', { scene, purpose: 'follow', state: 'waiting', following: false }], 'the same nonce with another body')
    t.equal((await post(signed(timestamp, 'n3'), openid)).body, 'success')
    t.match(await sceneState(scene), { state: 'registered' })
    const echo = await town.server.inject({ url: '/v1/wechat/callback', query: { ...signed(timestamp, 'n4'), echostr: '12345' } })
    t.strictSame([echo.statusCode, echo.body], [200, '12345'])
  })
})
