export { alipay } from './gateway.ts'
export { alipaySplits } from './splits.ts'
export type { AlipayOptions } from './client.ts'
