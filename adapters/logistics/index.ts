export { carrierCallbackPath, httpCarrier, type HttpCarrierOptions } from './http-carrier.ts'
