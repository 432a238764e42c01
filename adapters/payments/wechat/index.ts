export { wechatPay } from './gateway.ts'
export { wechatMixed } from './mixed.ts'
export { wechatSplits } from './splits.ts'
export type { InsuranceOrder, InsuranceSide, WechatPayOptions } from './options.ts'
