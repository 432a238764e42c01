export { httpPush, type HttpPushOptions } from './http-push.ts'
export { isPushSigned, pushHeaders } from './signature.ts'
