import { createDecipheriv, createHash, createSign, createVerify, privateDecrypt, constants } from 'node:crypto'
import t from 'tap'
import { wechatMixed, wechatPay, type WireRequest } from '../../../adapters/payments/index.ts'
import { openResource, sealResource } from '../../../adapters/payments/wechat/seal.ts'
import { mixedNotice, sumsHold } from '../../../adapters/payments/wechat/notices.ts'
import { wechatPlatformKeys } from '../../../adapters/simulators/payments/wechat-pay.ts'
import type { Callback } from '../../../adapters/simulators/payments/delivery.ts'
import { fen } from '../../../core/money.ts'
import { anOrder, aRefund, aWechat, keys, nobody, notifyUrl, realNow, strangerKeys, wechatMerchant, wechatOptions } from './a-channel.ts'

const timestamp = String(realNow.getTime() / 1000)
const [certificateSerial = '', publicKeyId = ''] = [...wechatPlatformKeys(keys).keys()]

/** Signs as the platform does, by nothing of the product. */
function platformSigned (body: string, { id = certificateSerial, key = keys.platform.privateKey, at = timestamp, nonce = 'nonce-1' } = {}): Callback {
  const signature = createSign('sha256').update(`${at}\n${nonce}\n${body}\n`).sign(key, 'base64')
  return { headers: { 'wechatpay-serial': id, 'wechatpay-timestamp': at, 'wechatpay-nonce': nonce, 'wechatpay-signature': signature }, body }
}

const paid = { appid: wechatMerchant.appId, mchid: wechatMerchant.merchantId, out_trade_no: anOrder().orderNumber, transaction_id: '4200001', trade_state: 'SUCCESS', success_time: '2027-03-01T10:30:00+08:00', amount: { total: 12_345 } }
const event = (resource: object, { type = 'TRANSACTION.SUCCESS', apiV3Key = wechatMerchant.apiV3Key } = {}): string =>
  JSON.stringify({ id: 'event-1', event_type: type, resource_type: 'encrypt-resource', resource: sealResource(JSON.stringify(resource), { apiV3Key, nonce: 'twelve-bytes', associatedData: 'transaction' }) })

t.test('a request to WeChat Pay', async (t) => {
  const sent: WireRequest[] = []
  const gateway = wechatPay(wechatOptions({ url: 'https://api.mch.weixin.qq.com', exchange: async (request) => { sent.push(request); throw new Error('nobody there') } }))
  await gateway.create(anOrder(), nobody).catch(() => null)
  await gateway.query(anOrder()).catch(() => null)

  t.test('is signed over method, target, time, nonce and body, each with a line feed', async (t) => {
    for (const { method, url, headers, body } of sent) {
      const [, nonce, time, signature] = /nonce_str="(\w{32})",timestamp="(\d+)",serial_no="\w+",signature="([^"]+)"$/.exec(headers['authorization'] ?? '') ?? []
      const { pathname, search } = new URL(url)
      const text = `${method}\n${pathname}${search}\n${time}\n${nonce}\n${body ?? ''}\n`
      t.ok(createVerify('sha256').update(text).verify(keys.merchant.publicKey, signature ?? '', 'base64'), url)
      t.match(headers['authorization'], /^WECHATPAY2-SHA256-RSA2048 mchid="1900000001",/)
    }
  })

  t.test('names amounts in fen, the order number as it is, and the end in Beijing time', async (t) => {
    t.strictSame(JSON.parse(sent[0]?.body ?? ''), {
      appid: wechatMerchant.appId, mchid: '1900000001', description: '门诊费用', out_trade_no: anOrder().orderNumber, notify_url: notifyUrl, time_expire: '2027-03-01T12:00:00+08:00', amount: { total: 12_345, currency: 'CNY' }
    })
    t.equal(sent[1]?.url, `https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/${anOrder().orderNumber}?mchid=1900000001`)
  })
})

t.test('inside the official account and an app the wallet gets what it can check', async (t) => {
  const { gateway } = await aWechat(t)
  const inAccount = await gateway.create(anOrder({ mode: 'app' }), { ...nobody, openid: 'openid-7' })
  const signedText = `${wechatMerchant.appId}\n${inAccount['timeStamp']}\n${inAccount['nonceStr']}\n${inAccount['package']}\n`
  t.ok(createVerify('sha256').update(signedText).verify(keys.merchant.publicKey, inAccount['paySign'] ?? '', 'base64'))
  t.match(inAccount['package'], /^prepay_id=wx/)
  const inApp = await gateway.create(anOrder({ mode: 'app', orderNumber: 'order000000000000000000000000002' }), nobody)
  t.ok(createVerify('sha256').update(`${wechatMerchant.appId}\n${inApp['timestamp']}\n${inApp['noncestr']}\n${inApp['prepayid']}\n`).verify(keys.merchant.publicKey, inApp['sign'] ?? '', 'base64'))
})

t.test('a call-back of WeChat Pay', async (t) => {
  const { gateway } = await aWechat(t)
  const read = async ({ headers, body }: Callback, now = realNow) => await gateway.readCallback(headers, Buffer.from(body), now)
  const right = platformSigned(event(paid))
  const payment = { kind: 'payment', key: 'event-1', notice: { orderNumber: anOrder().orderNumber, state: 'success', amountFen: 12_345, channelNumber: '4200001', at: new Date('2027-03-01T10:30:00+08:00') } }

  t.test('is proven by a platform certificate and by the public key alike, five minutes around', async (t) => {
    t.strictSame(await read(right), payment)
    t.strictSame(await read(platformSigned(event(paid), { id: publicKeyId, key: keys.nextPlatform.privateKey })), payment)
    t.strictSame(await read({ ...right, headers: Object.fromEntries(Object.entries(right.headers).map(([name, value]) => [name.replace('wechatpay', 'Wechatpay').replace(/-(\w)/, (_, letter: string) => `-${letter.toUpperCase()}`), value])) }), payment)
    t.ok(await read(right, new Date(realNow.getTime() + 300_000)))
    t.ok(await read(right, new Date(realNow.getTime() - 300_000)))
  })

  t.test('that is old, early, a probe, of a key unknown or not that one → proves nothing [I-52]', async (t) => {
    t.equal(await read(right, new Date(realNow.getTime() + 301_000)), null)
    t.equal(await read(right, new Date(realNow.getTime() - 301_000)), null)
    t.equal(await read({ ...right, headers: { ...right.headers, 'wechatpay-signature': `WECHATPAY/SIGNTEST/${right.headers['wechatpay-signature']}` } }), null)
    t.equal(await read(platformSigned(event(paid), { id: 'PUB_KEY_ID_0000000000000000000000000000' })), null)
    t.equal(await read(platformSigned(event(paid), { id: publicKeyId })), null, 'signed with the other key than it names')
    t.equal(await read(platformSigned(event(paid), { key: strangerKeys.platform.privateKey })), null)
    for (const at of ['', 'now', '1e9', '-1', `${timestamp}.5`]) t.equal(await read(platformSigned(event(paid), { at })), null, at)
  })

  t.test('with any header changed or missing → proves nothing [I-52]', async (t) => {
    for (const [name, value] of Object.entries(right.headers)) {
      const changed = [undefined, '', `${value}=`, `${value} `, ` ${value}`, value.toLowerCase() === value ? value.toUpperCase() : value.toLowerCase(), value.slice(1), `${value.slice(0, -1)}${value.endsWith('1') ? '2' : '1'}`]
      for (const other of changed.filter((one) => one !== value)) {
        const rest = Object.fromEntries(Object.entries(right.headers).filter(([one]) => one !== name))
        t.equal(await read({ headers: other === undefined ? rest : { ...rest, [name]: other }, body: right.body }), null, `${name}: ${String(other)}`)
      }
    }
  })

  t.test('with any byte of its body changed, added or taken → proves nothing [I-52]', async (t) => {
    const bytes = Buffer.from(right.body)
    for (let place = 0; place < bytes.length; place += 7) {
      const changed = Buffer.from(bytes)
      changed[place] = (changed[place] ?? 0) ^ 1
      if (await gateway.readCallback(right.headers, changed, realNow) !== null) t.fail(`byte ${place}`)
    }
    for (const other of [`${right.body} `, `\uFEFF${right.body}`, right.body.slice(0, -1), '', right.body.replace('TRANSACTION.SUCCESS', 'REFUND.SUCCESS'), JSON.stringify(JSON.parse(right.body), null, 1)]) t.equal(await read({ ...right, body: other }), null)
  })

  t.test('of another merchant or app, sealed with another key, incomplete or of a kind unknown → changes nothing [I-52]', async (t) => {
    const others = [{ ...paid, mchid: '1900000002' }, { ...paid, appid: 'wx-of-others' }, { ...paid, amount: {} }, { ...paid, amount: { total: 123.45 } }, { ...paid, success_time: 'soon' }, { ...paid, transaction_id: undefined }, { ...paid, trade_state: 'MAYBE' }]
    for (const other of others) t.equal(await read(platformSigned(event(other))), null)
    t.equal(await read(platformSigned(event(paid, { apiV3Key: 'another-api-v3-key-of-nobody-002' }))), null)
    t.equal(await read(platformSigned(event(paid, { type: 'COUPON.USE' }))), null)
    t.equal(await read(platformSigned('{"id":"event-1"}')), null)
    t.equal(await read(platformSigned('no json')), null)
    t.equal(await read(platformSigned(event(paid).replace('AEAD_AES_256_GCM', 'AEAD_SM4_GCM'))), null)
  })

  t.test('tells of refunds, and is answered as the platform wants', async (t) => {
    const refund = { mchid: wechatMerchant.merchantId, out_refund_no: aRefund().refundNumber, refund_id: '5000001', refund_status: 'SUCCESS', success_time: '2027-03-01T11:00:00+08:00', amount: { total: 12_345, refund: 2_345 } }
    t.strictSame(await read(platformSigned(event(refund, { type: 'REFUND.SUCCESS' }))), { kind: 'refund', key: 'event-1', notice: { refundNumber: aRefund().refundNumber, state: 'success', amountFen: 2_345, channelNumber: '5000001', at: new Date('2027-03-01T11:00:00+08:00') } })
    t.match(await read(platformSigned(event({ ...refund, refund_status: 'CLOSED' }, { type: 'REFUND.CLOSED' }))), { notice: { state: 'failed' } })
    t.strictSame([gateway.callbackAnswer(true).status, gateway.callbackAnswer(false).status], [204, 401])
  })

  t.test('is sealed as node:crypto opens it by itself', async (t) => {
    const { resource } = JSON.parse(right.body)
    const sealed = Buffer.from(resource.ciphertext, 'base64')
    const open = createDecipheriv('aes-256-gcm', wechatMerchant.apiV3Key, resource.nonce).setAuthTag(sealed.subarray(-16)).setAAD(Buffer.from(resource.associated_data))
    t.strictSame(JSON.parse(Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()]).toString()), JSON.parse(JSON.stringify(paid)))
    t.strictSame(openResource({ ...resource, associated_data: 'other' }, wechatMerchant.apiV3Key), null)
  })
})

t.test('an answer that is not proven to be of WeChat Pay leaves the outcome open', async (t) => {
  const body = JSON.stringify({ ...paid, trade_state: 'SUCCESS' })
  const answered = async (status: number, headers: Readonly<Record<string, string>>, text = body) => await wechatPay(wechatOptions({ url: 'https://x.example', exchange: async () => ({ status, headers, body: Buffer.from(text) }) })).query(anOrder())
  const { headers } = platformSigned(body)
  t.match(await answered(200, headers), { state: 'success' })
  await t.rejects(answered(200, {}), { code: 'OUTSIDE_UNAVAILABLE' })
  await t.rejects(answered(200, headers, body.replace('12345', '12346')), { code: 'OUTSIDE_UNAVAILABLE' })
  await t.rejects(answered(404, headers, '{"code":"ORDER_NOT_EXIST"}'), { code: 'OUTSIDE_UNAVAILABLE' }, 'a refusal with a wrong signature')
  t.equal(await answered(404, {}, '{"code":"ORDER_NOT_EXIST"}'), null, 'one without any')
  await t.rejects(answered(400, {}, '{"code":"PARAM_ERROR"}'), { code: 'OUTSIDE_REFUSED', message: /PARAM_ERROR/ })
  await t.rejects(answered(429, {}, '{}'), { code: 'OUTSIDE_UNAVAILABLE' })
  const other = JSON.stringify({ ...paid, out_trade_no: 'other' })
  await t.rejects(answered(200, platformSigned(other).headers, other), { code: 'OUTSIDE_UNAVAILABLE' }, 'of another order')
})

t.test('a probe, and a call-back in either key style, from the simulator', async (t) => {
  const { gateway, simulator, callbacks, read, fail } = await aWechat(t)
  await gateway.create(anOrder(), nobody)
  fail('signature_test')
  await simulator.act({ act: 'pay', key: anOrder().orderNumber })
  t.match(callbacks[0]?.headers['wechatpay-signature'], /^WECHATPAY\/SIGNTEST\//)
  t.strictSame([await read(callbacks[0]), (await read(callbacks[1]))?.kind], [null, 'payment'])
})

t.test('a mixed order of cash and insurance', async (t) => {
  const mixedOrder = anOrder({ channel: 'mixed', mode: 'app', amountFen: fen(30_000), cashFen: fen(10_000), insuranceFen: fen(20_000), cashState: 'created', insuranceState: 'created' })
  const who = { description: '门诊费用', openid: 'openid-7', person: { residentId: 'id-of-nobody-00x', name: '某某' } }
  const unsure = { orderNumber: mixedOrder.orderNumber, amountFen: 30_000 }

  t.test('is success when both parts are, and only the mixed gateway takes its call-backs [I-51]', async (t) => {
    const { mixed, gateway, simulator, callbacks } = await aWechat(t)
    t.match(await mixed.create(mixedOrder, who), { mixTradeNo: /^M/, prepayId: /^wx/ })
    t.match(await mixed.create(mixedOrder, who), { mixTradeNo: /^M/ }, 'again')
    t.strictSame(await mixed.query(mixedOrder), { ...unsure, state: 'pending', channelNumber: (await mixed.query(mixedOrder))?.channelNumber, at: null, cashState: 'pending', insuranceState: 'pending' })
    await simulator.act({ act: 'pay', key: mixedOrder.orderNumber })
    const bodies = callbacks.filter((callback, place) => callbacks.findIndex(({ body }) => JSON.parse(body).id === JSON.parse(callback.body).id) === place)
    const said = await Promise.all(bodies.map(async ({ headers, body }) => (await mixed.readCallback(headers, Buffer.from(body), realNow))?.notice))
    t.match(said, [{ ...unsure, state: 'pending', cashState: 'success' }, { ...unsure, state: 'success', cashState: 'success', insuranceState: 'success' }])
    t.strictSame(await Promise.all(bodies.map(({ headers, body }) => gateway.readCallback(headers, Buffer.from(body), realNow))), [null, null])
    t.match(await mixed.query(mixedOrder), { ...unsure, state: 'success', cashState: 'success', insuranceState: 'success' })
  })

  t.test('of which the insurance part fails → says so of each part, and the cash goes back [I-51]', async (t) => {
    const { mixed, simulator, fail } = await aWechat(t)
    await mixed.create(mixedOrder, who)
    fail('half_success')
    await simulator.act({ act: 'pay', key: mixedOrder.orderNumber })
    t.match(await mixed.query(mixedOrder), { ...unsure, state: 'failed', at: null, cashState: 'success', insuranceState: 'failed' })
    const refund = aRefund({ half: 'cash', amountFen: fen(10_000) })
    t.match(await mixed.refund(refund, mixedOrder), { state: 'success', amountFen: 10_000 })
    t.match(await mixed.queryRefund(refund, mixedOrder), { state: 'success', amountFen: 10_000 })
  })

  t.test('goes back in both parts: the cash, and at the bureau, of which the platform is told', async (t) => {
    const { mixed, simulator } = await aWechat(t)
    await mixed.create(mixedOrder, who)
    await simulator.act({ act: 'pay', key: mixedOrder.orderNumber })
    const refund = aRefund({ amountFen: fen(30_000) })
    for (const answer of [await mixed.refund(refund, mixedOrder), await mixed.refund(refund, mixedOrder), await mixed.queryRefund(refund, mixedOrder)]) t.match(answer, { state: 'success', amountFen: 30_000 })
    t.equal(simulator.items(null).filter(({ kind }) => kind === 'bureau_refund').length, 1)
  })

  t.test('sends name and id digest sealed to the platform, and sums that hold (domain document §4.1)', async (t) => {
    const sent: WireRequest[] = []
    const { exchange, bureau } = await aWechat(t, 'process').then(({ simulator, bureau }) => ({ bureau, exchange: async (request: WireRequest) => { sent.push(request); const answer = await simulator.handle(request); if (answer === null) throw new Error('lost'); return answer } }))
    const mixed = wechatMixed(wechatOptions({ url: 'https://x.example', exchange }), bureau)
    await mixed.create(mixedOrder, who)
    const body = JSON.parse(sent.at(-1)?.body ?? '')
    const open = (sealed: string) => privateDecrypt({ key: keys.nextPlatform.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, Buffer.from(sealed, 'base64')).toString()
    t.strictSame([sent.at(-1)?.headers['wechatpay-serial'], open(body.payer.name), open(body.payer.id_digest)], [publicKeyId, '某某', createHash('md5').update('ID-OF-NOBODY-00X').digest('hex')])
    t.notMatch(sent.at(-1)?.body, /id-of-nobody|某某/i)
    t.ok(sumsHold(body))
    t.notOk(sumsHold({ ...body, total_fee: 30_001 }))
    t.ok(sumsHold({ ...body, total_fee: 30_500, med_ins_cash_fee: 10_500, cash_reduce_detail: [{ cash_reduce_fee: 500 }] }))
    await t.rejects(mixed.create({ ...mixedOrder, insuranceFen: fen(19_999) }, who), { code: 'PAYMENT_AMOUNT_INVALID' })
    await t.rejects(mixed.create(mixedOrder, nobody), { code: 'PAYMENT_NOT_PAYABLE' })
  })

  t.test('is never success by the word for the whole alone', async (t) => {
    const whole = { out_trade_no: 'order', mix_trade_no: 'M1', total_fee: 300, med_ins_gov_fee: 0, med_ins_self_fee: 200, med_ins_other_fee: 0, med_ins_cash_fee: 100, wechat_pay_cash_fee: 100, paid_time: '2027-03-01T10:00:00+08:00', mix_pay_status: 'MIX_PAY_SUCCESS', self_pay_status: 'SELF_PAY_SUCCESS', med_ins_pay_status: 'MED_INS_PAY_SUCCESS' }
    t.match(mixedNotice(whole), { state: 'success' })
    for (const change of [{ med_ins_pay_status: 'MED_INS_PAY_CREATED' }, { self_pay_status: 'SELF_PAY_FAIL' }, { self_pay_status: 'MED_INS_PAY_SUCCESS' }, { total_fee: 301 }, { paid_time: undefined }, { mix_pay_status: 'NEW' }]) t.equal(mixedNotice({ ...whole, ...change }), null, JSON.stringify(change))
    t.match(mixedNotice({ ...whole, med_ins_self_fee: 300, med_ins_cash_fee: 0, wechat_pay_cash_fee: 0, self_pay_status: 'NO_SELF_PAY' }), { state: 'success', insuranceState: 'success' })
  })
})
