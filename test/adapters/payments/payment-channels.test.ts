import iconv from 'iconv-lite'
import { AlipaySdk } from 'alipay-sdk'
import fc from 'fast-check'
import t from 'tap'
import { readStatement } from '../../../adapters/statements/index.ts'
import { beijingDigits, beijingInstant, beijingTime, instantOf } from '../../../adapters/payments/beijing-time.ts'
import { bank, httpExchange } from '../../../adapters/payments/index.ts'
import { fenOf, yuanOf } from '../../../adapters/payments/yuan.ts'
import { bankPublicKeys } from '../../../adapters/simulators/payments/bank.ts'
import { startWireServer } from '../../../adapters/simulators/payments/wire.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import { paymentGatewayContract } from '../../contracts/payment-gateway.ts'
import { aBank, alipayMerchant, anAlipay, anOrder, aRefund, aWechat, bankMerchant, keys, nobody, realNow, type ChannelUnderTest } from './a-channel.ts'

const day = '2027-03-01' as CalendarDate

t.test('WeChat Pay', async (t) => { paymentGatewayContract(t, (t) => aWechat(t)) })
t.test('Alipay', async (t) => { paymentGatewayContract(t, (t) => anAlipay(t)) })
t.test('the bank', async (t) => { paymentGatewayContract(t, (t) => aBank(t)) })

t.test('yuan on the wire', async (t) => {
  t.test('every amount goes there and back exactly', async () => {
    fc.assert(fc.property(fc.integer({ min: -9e14, max: 9e14 }), (amount) => fenOf(yuanOf(fen(amount))) === amount))
  })

  t.test('a text stands for the fen that its digits say, or for none', async (t) => {
    fc.assert(fc.property(fc.nat({ max: 999_999_999 }), fc.nat({ max: 99 }), (whole, part) => {
      t.equal(fenOf(`${whole}.${String(part).padStart(2, '0')}`), whole * 100 + part)
    }), { numRuns: 100 })
    t.strictSame(['0.1', '12', '-0.05', '-0', '0.105', '1e3', '', '.5', ' 1', '１'].map(fenOf), [10, 1200, -5, 0, null, null, null, null, null, null])
    t.strictSame([0, 5, -5, 100, -12_345].map((amount) => yuanOf(fen(amount))), ['0.00', '0.05', '-0.05', '1.00', '-123.45'])
  })
})

t.test('Beijing time', async (t) => {
  const lastSecond = new Date('2027-03-08T15:59:59.999Z')
  t.strictSame([beijingInstant, beijingTime, beijingDigits].map((write) => write(lastSecond)), ['2027-03-08T23:59:59+08:00', '2027-03-08 23:59:59', '20270308235959'])
  for (const write of [beijingInstant, beijingTime, beijingDigits]) t.strictSame(instantOf(write(lastSecond)), new Date('2027-03-08T15:59:59Z'))
  t.strictSame(['', 'yesterday', '2027-13-01 00:00:00', undefined].map((text) => instantOf(text)), [null, null, null, null])
})

t.test('in process, without a socket, the same happens', async (t) => {
  for (const open of [aWechat, anAlipay, aBank]) {
    const { gateway, simulator, fail } = await open(t, 'process')
    await gateway.create(anOrder(), nobody)
    await simulator.act({ act: 'pay', key: anOrder().orderNumber })
    t.match(await gateway.query(anOrder()), { state: 'success', amountFen: 12_345 })
    fail('lost')
    await t.rejects(gateway.query(anOrder()), { code: 'OUTSIDE_UNAVAILABLE' })
  }
})

t.test('a channel that nobody reaches was sent nothing', async (t) => {
  const gone = await startWireServer(async () => null, { host: '127.0.0.1', port: 0 })
  await gone.close()
  const gateway = bank({ ...bankMerchant, key: keys.merchant.privateKey, bankKeys: bankPublicKeys(keys), url: gone.url, notifyUrl: 'https://yiqiao.example/x', clock: { now: () => realNow }, exchange: httpExchange({ timeoutMs: 400, maxBytes: 1_000 }) })
  await t.rejects(gateway.query(anOrder()), { code: 'OUTSIDE_DOWN' })
})

t.test('the statement of a day', async (t) => {
  const withMoney = async (channel: ChannelUnderTest): Promise<ChannelUnderTest> => {
    const { gateway, simulator, clock } = channel
    const order = anOrder({ channel: gateway.channel })
    await gateway.create(order, nobody)
    await simulator.act({ act: 'pay', key: order.orderNumber })
    const channelNumber = (await gateway.query(order))?.channelNumber ?? null
    clock.at = new Date('2027-03-01T23:59:59+08:00')
    await gateway.refund(aRefund(), { ...order, channelNumber })
    clock.at = new Date('2027-03-02T12:00:00+08:00')
    return channel
  }
  const expected = [{ kind: 'payment', key: anOrder().orderNumber, amountFen: 12_345 }, { kind: 'refund', key: aRefund().refundNumber, amountFen: -2_345 }]

  t.test('reads as what happened, also with one more column at another place [acc:C-16]', async (t) => {
    for (const [open, read] of [[aWechat, readStatement.wechat], [anAlipay, readStatement.alipay], [aBank, readStatement.bank]] as const) {
      const { gateway, fail } = await withMoney(await open(t))
      const usual = await gateway.statement(day)
      fail('statement_extra_column')
      const wider = await gateway.statement(day)
      for (const bytes of [usual, wider]) t.match([...read(bytes ?? new Uint8Array())], expected, gateway.channel)
      t.notSame(usual, wider)
      t.strictSame([...read(await gateway.statement('2027-02-28' as CalendarDate) ?? new Uint8Array())], [], 'a day without any')
    }
  })

  t.test('of WeChat Pay is in yuan with a backtick before each field; of Alipay in GBK with lines around it', async (t) => {
    const wechat = Buffer.from(await (await withMoney(await aWechat(t))).gateway.statement(day) ?? []).toString('utf8')
    t.match(wechat, /`SUCCESS.*`123\.45/)
    t.match(wechat, /总交易单数.*\r\n`2,`123\.45,`23\.45,/)
    const alipay = iconv.decode(Buffer.from(await (await withMoney(await anAlipay(t))).gateway.statement(day) ?? []), 'gbk')
    t.match(alipay, /^#支付宝业务明细查询\r\n#账号：\[2088000000000009\]/)
    t.match(alipay, /退款,门诊费用,.*,-23\.45,/)
    t.match(alipay, /#退款合计：1笔，商家实收退款共-23\.45元/)
  })
})

t.test('Alipay', async (t) => {
  t.test('in the app gives an order string that only the wallet takes to Alipay', async (t) => {
    const { gateway, simulator, openWallet } = await anAlipay(t)
    const order = anOrder({ mode: 'app', channel: 'alipay' })
    const { orderString = '' } = await gateway.create(order, nobody)
    t.equal(await gateway.query(order), null)
    t.throws(() => { openWallet(orderString.replace('123.45', '0.01')) }, 'a changed one is not taken')
    openWallet(orderString)
    t.match(await gateway.query(order), { state: 'pending', amountFen: 12_345 })
    await simulator.act({ act: 'pay', key: order.orderNumber })
    t.match(await gateway.query(order), { state: 'success' })
  })

  t.test('simulated, is understood by the call of the official SDK itself', async (t) => {
    const { gateway, url } = await anAlipay(t)
    await gateway.create(anOrder(), nobody)
    const pem = (key: typeof keys.merchant.privateKey, type: 'pkcs8' | 'spki'): string => key.export({ type, format: 'pem' } as never).toString().trim()
    const sdk = new AlipaySdk({ appId: alipayMerchant.appId, privateKey: pem(keys.merchant.privateKey, 'pkcs8'), keyType: 'PKCS8', alipayPublicKey: pem(keys.platform.publicKey, 'spki'), gateway: `${url}/gateway.do` })
    t.match(await sdk.exec('alipay.trade.query', { timestamp: '2026-11-26 16:00:00', bizContent: { out_trade_no: anOrder().orderNumber } }, { validateSign: true }), { code: '10000', tradeStatus: 'WAIT_BUYER_PAY', totalAmount: '123.45' })
  })
})

t.test('cards and other ways', async (t) => {
  const { gateway } = await aBank(t)
  t.match(await gateway.create(anOrder({ mode: 'card', orderNumber: 'card0000000000000000000000000001' }), nobody), { tn: /^6200/, payUrl: /\/cashier\?tn=/ })
  t.match(await gateway.create(anOrder({ mode: 'app', orderNumber: 'card0000000000000000000000000002' }), nobody), { tn: /^6200/ })
  await t.rejects((await aWechat(t)).gateway.create(anOrder({ mode: 'card' }), nobody), { code: 'PAYMENT_NOT_PAYABLE' })
  await t.rejects((await anAlipay(t)).gateway.create(anOrder({ mode: 'card' }), nobody), { code: 'PAYMENT_NOT_PAYABLE' })
})
