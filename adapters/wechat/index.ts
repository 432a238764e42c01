export { officialAccount, type OfficialAccountOptions } from './official-account.ts'
export { callbackSignature } from './signature.ts'
