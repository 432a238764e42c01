export { alipay } from './gateway.ts'
export type { AlipayOptions } from './client.ts'
