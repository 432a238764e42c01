import { createHash, createSign, createVerify } from 'node:crypto'
import t from 'tap'
import type { WireRequest } from '../../../adapters/payments/index.ts'
import { authorization } from '../../../adapters/payments/wechat/signature.ts'
import type { Callback } from '../../../adapters/simulators/payments/delivery.ts'
import { fen } from '../../../core/money.ts'
import { aBank, alipayMerchant, anAlipay, anOrder, aWechat, bankMerchant, keys, nobody, realNow, strangerKeys, wechatMerchant, type ChannelUnderTest } from './a-channel.ts'

const later = (ms: number): Date => new Date(realNow.getTime() + ms)

const without = (fields: Readonly<Record<string, string>>, gone: string): Record<string, string> => Object.fromEntries(Object.entries(fields).filter(([name]) => name !== gone))

/** A call-back that was proven, as it came. */
async function aCallback (channel: ChannelUnderTest): Promise<Callback> {
  await channel.gateway.create(anOrder(), nobody)
  await channel.simulator.act({ act: 'pay', key: anOrder().orderNumber })
  const [callback] = channel.callbacks
  if (callback === undefined) throw new Error('nothing came')
  return callback
}

for (const [name, open, merchantField, otherMerchants] of [
  ['Alipay', anAlipay, 'app_id', { app_id: '2021000000000002', seller_id: '2088000000000010', notify_time: '2026-11-26 15:54:59' }],
  ['the bank', aBank, 'merId', { merId: '777290058110049', notifyTime: '20261126155459' }]
] as const) {
  t.test(`a call-back of ${name}`, async (t) => {
    const channel = await open(t)
    const { headers, body } = await aCallback(channel)
    const read = async (text: string, now = realNow) => await channel.gateway.readCallback(headers, Buffer.from(text), now)
    const fields = Object.fromEntries(new URLSearchParams(body))
    const signatureField = name === 'Alipay' ? 'sign' : 'signature'
    const form = (changed: Readonly<Record<string, string>>): string => new URLSearchParams(changed).toString()
    /** Signed by nothing of the product. */
    const signed = (change: Readonly<Record<string, string>>, key = keys.platform.privateKey): string => {
      const rest = without({ ...fields, ...change }, signatureField)
      const { sign_type: type, ...alipays } = rest
      const text = Object.entries(name === 'Alipay' ? alipays : rest).sort(([one], [other]) => one < other ? -1 : 1).map(([field, value]) => `${field}=${value}`).join('&')
      const content = name === 'Alipay' ? text : createHash('sha256').update(text).digest('hex')
      return form({ ...rest, ...(type === undefined ? {} : { sign_type: type }), [signatureField]: createSign('sha256').update(content).sign(key, 'base64') })
    }

    t.test('is proven five minutes around, and signed as we sign it independently', async (t) => {
      t.match(await read(body), { kind: 'payment', notice: { orderNumber: anOrder().orderNumber, state: 'success', amountFen: 12_345 } })
      t.match(await read(signed({})), { kind: 'payment' })
      t.ok(await read(body, later(300_000)))
      t.strictSame([await read(body, later(301_000)), await read(body, later(-301_000))], [null, null])
    })

    t.test('with any field changed, missing or added, or a stranger\'s signature → proves nothing [I-52]', async (t) => {
      for (const [field, value] of Object.entries(fields)) {
        if (field !== 'sign_type') t.equal(await read(form(without(fields, field))), null, `without ${field}`)
        t.equal(await read(form({ ...fields, [field]: `${value}0` })), null, field)
        t.equal(await read(form({ ...fields, [field]: '' })), null, `empty ${field}`)
      }
      t.equal(await read(form({ ...fields, more: '1' })), null)
      t.equal(await read(`${body}&${signatureField}=x`), null, 'a field twice')
      t.equal(await read(signed({}, strangerKeys.platform.privateKey)), null)
      t.equal(await read(form({ ...fields, [signatureField]: `${fields[signatureField]}=` })), null)
      t.equal(await read(''), null)
    })

    t.test('of another merchant, or sent long ago, though rightly signed → changes nothing [I-52]', async (t) => {
      for (const [field, value] of Object.entries(otherMerchants)) t.equal(await read(signed({ [field]: value })), null, field)
      t.ok(Object.hasOwn(fields, merchantField))
    })

    t.test('is answered as the channel wants, and tried again until it is', async (t) => {
      t.strictSame([channel.gateway.callbackAnswer(true).body, channel.gateway.callbackAnswer(false).status], [name === 'Alipay' ? 'success' : 'ok', 400])
    })
  })
}

t.test('a bank\'s call-back with an unknown certificate or method of signing → proves nothing [I-52]', async (t) => {
  const channel = await aBank(t)
  const fields = Object.fromEntries(new URLSearchParams((await aCallback(channel)).body))
  for (const change of [{ certId: '69026276696' }, { certId: 'unknown' }, { signMethod: '02' }]) t.equal(await channel.gateway.readCallback({}, Buffer.from(new URLSearchParams({ ...fields, ...change }).toString()), realNow), null)
})

t.test('paying out and sharing, as a later use needs them', async (t) => {
  t.test('WeChat: money kept back is split and freed once; a transfer goes once under its number', async (t) => {
    const { simulator, url } = await aWechat(t)
    const call = async (method: 'GET' | 'POST', target: string, body?: object, key = keys.merchant.privateKey) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const signed = { method, target, timestamp: String(realNow.getTime() / 1000), nonce: Math.random().toString(36).slice(2), body: text }
      const answer = await simulator.handle({ method, url: `${url}${target}`, headers: { authorization: authorization(signed, { ...wechatMerchant, merchantKey: key }) }, body: text === '' ? null : text })
      return { status: answer?.status, body: JSON.parse(Buffer.from(answer?.body ?? []).toString() || 'null') }
    }
    const order = { appid: wechatMerchant.appId, mchid: wechatMerchant.merchantId, description: 'x', out_trade_no: 'order-1', notify_url: 'https://yiqiao.example', amount: { total: 1_000 }, settle_info: { profit_sharing: true } }
    await call('POST', '/v3/pay/transactions/native', order)
    await simulator.act({ act: 'pay', key: 'order-1' })
    const { transaction_id: transaction } = (await call('GET', '/v3/pay/transactions/out-trade-no/order-1?mchid=1900000001')).body
    const split = { appid: wechatMerchant.appId, transaction_id: transaction, out_order_no: 'split-1', receivers: [{ type: 'PERSONAL_OPENID', account: 'openid-doctor', amount: 300, description: 'x' }], unfreeze_unsplit: false }
    const first = await call('POST', '/v3/profitsharing/orders', split)
    t.match(first, { status: 200, body: { state: 'FINISHED', receivers: [{ account: 'openid-doctor', amount: 300, result: 'SUCCESS' }] } })
    t.strictSame(await call('POST', '/v3/profitsharing/orders', split), first)
    t.match(await call('POST', '/v3/profitsharing/orders', { ...split, out_order_no: 'split-2', receivers: [{ account: 'a', amount: 701 }] }), { status: 400, body: { code: 'NOT_ENOUGH' } })
    t.match(await call('POST', '/v3/profitsharing/orders/unfreeze', { transaction_id: transaction, out_order_no: 'split-3', description: 'x' }), { status: 200 })
    t.match(await call('POST', '/v3/profitsharing/orders', { ...split, out_order_no: 'split-4' }), { status: 403 })
    t.match(await call('GET', `/v3/profitsharing/orders/split-1?transaction_id=${String(transaction)}`), { status: 200, body: { out_order_no: 'split-1' } })
    const transfer = { appid: wechatMerchant.appId, out_bill_no: 'bill-1', transfer_scene_id: '1005', openid: 'openid-doctor', transfer_amount: 500, transfer_remark: 'x' }
    const paid = await call('POST', '/v3/fund-app/mch-transfer/transfer-bills', transfer)
    t.match(paid, { status: 200, body: { state: 'SUCCESS' } })
    t.strictSame(await call('POST', '/v3/fund-app/mch-transfer/transfer-bills', transfer), paid)
    t.match(await call('POST', '/v3/fund-app/mch-transfer/transfer-bills', { ...transfer, transfer_amount: 501 }), { status: 400, body: { code: 'ALREADY_EXISTS' } })
    t.match(await call('GET', '/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/bill-1'), { body: { transfer_amount: 500 } })
    t.match(await call('POST', '/v3/fund-app/mch-transfer/transfer-bills', { ...transfer, out_bill_no: 'bill-2' }, strangerKeys.merchant.privateKey), { status: 401 })
    t.strictSame(simulator.items(null).filter(({ kind }) => kind === 'payout' || kind === 'split').map(({ key }) => key), ['split-1', 'split-3', 'bill-1'])
  })

  t.test('Alipay and the bank likewise', async (t) => {
    const { AlipaySdk } = await import('alipay-sdk')
    const wallet = await anAlipay(t)
    const pem = keys.merchant.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim()
    const sdk = new AlipaySdk({ appId: alipayMerchant.appId, privateKey: pem, keyType: 'PKCS8', alipayPublicKey: keys.platform.publicKey.export({ type: 'spki', format: 'pem' }).toString().trim(), gateway: `${wallet.url}/gateway.do` })
    const ask = async (method: string, content: object) => await sdk.exec(method, { timestamp: '2026-11-26 16:00:00', bizContent: content }, { validateSign: true })
    await ask('alipay.trade.precreate', { out_trade_no: 'order-1', total_amount: '10.00', subject: 'x', extend_params: { royalty_freeze: 'true' } })
    await wallet.simulator.act({ act: 'pay', key: 'order-1' })
    const { tradeNo } = await ask('alipay.trade.query', { out_trade_no: 'order-1' })
    t.match(await ask('alipay.trade.order.settle', { out_request_no: 'split-1', trade_no: tradeNo, royalty_parameters: [{ trans_in: '2088x', amount: '3.00' }] }), { code: '10000' })
    t.match(await ask('alipay.trade.order.settle', { out_request_no: 'split-2', trade_no: tradeNo, royalty_parameters: [], extend_params: { royalty_finish: 'true' } }), { code: '10000' })
    t.match(await ask('alipay.trade.order.settle', { out_request_no: 'split-3', trade_no: tradeNo, royalty_parameters: [{ trans_in: '2088x', amount: '1.00' }] }), { subCode: 'ACQ.TRADE_SETTLE_ERROR' })
    t.match(await ask('alipay.fund.trans.uni.transfer', { out_biz_no: 'pay-1', trans_amount: '5.00', payee_info: { identity: '2088x', identity_type: 'ALIPAY_USER_ID' } }), { code: '10000', status: 'SUCCESS' })
    t.match(await ask('alipay.fund.trans.common.query', { out_biz_no: 'pay-1' }), { transAmount: '5.00' })

    const { signFields, formText, readForm } = await import('../../../adapters/payments/bank/wire.ts')
    const cards = await aBank(t)
    const send = async (path: string, fields: Readonly<Record<string, string>>) => {
      const request: WireRequest = { method: 'POST', url: `${cards.url}${path}`, headers: {}, body: formText(signFields({ merId: bankMerchant.merchantId, ...fields }, { certificateId: bankMerchant.certificateId, key: keys.merchant.privateKey })) }
      return readForm((await cards.simulator.handle(request))?.body ?? '')
    }
    await send('/gateway/api/appTransReq.do', { orderId: 'order001', txnTime: '20270301100000', txnAmt: '1000', currencyCode: '156', backUrl: 'https://yiqiao.example', accSplitFlag: '1' })
    await cards.simulator.act({ act: 'pay', key: 'order001' })
    const queryId = (await send('/gateway/api/queryTrans.do', { orderId: 'order001', txnTime: '20270301100000' }))?.['queryId'] ?? ''
    t.match(await send('/gateway/api/splitTrans.do', { orderId: 'split001', origQryId: queryId, receivers: 'doctor:300', finish: '1' }), { respCode: '00' })
    t.match(await send('/gateway/api/splitTrans.do', { orderId: 'split002', origQryId: queryId, receivers: 'doctor:300' }), { respCode: '38' })
    t.match(await send('/gateway/api/backTransReq.do', { txnType: '12', orderId: 'pay00001', accNo: '6200000000000000', txnAmt: '500' }), { respCode: '00' })
    t.match(await send('/gateway/api/queryTrans.do', { orderId: 'pay00001' }), { respCode: '00', origRespCode: '00', txnAmt: '500' })
  })
})

t.test('what the bank is asked is signed over the hash of its sorted fields', async (t) => {
  const { gateway, url } = await aBank(t)
  await gateway.create(anOrder({ amountFen: fen(1) }), nobody)
  const { signFields } = await import('../../../adapters/payments/bank/wire.ts')
  const signed = signFields({ b: '2', a: '1' }, { certificateId: '9', key: keys.merchant.privateKey })
  const digest = createHash('sha256').update('a=1&b=2&certId=9&signMethod=01').digest('hex')
  t.ok(createVerify('sha256').update(digest).verify(keys.merchant.publicKey, signed['signature'] ?? '', 'base64'))
  t.match(url, /^http/)
})
