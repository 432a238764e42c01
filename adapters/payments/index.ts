export { alipay } from './alipay/index.ts'
export { bank } from './bank/gateway.ts'
export { httpExchange, type Exchange, type WireAnswer, type WireRequest } from './exchange.ts'
export { wechatMixed, wechatPay, type InsuranceSide, type WechatPayOptions } from './wechat/index.ts'
