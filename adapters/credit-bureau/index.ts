export { feedKeysFrom, type FeedKeys, type PublicJwk } from './feed-keys.ts'
export { httpBureau, pushHeaders, type PushedFile, type PushFile } from './http-bureau.ts'
export { sealForBureau, type SealText } from './seal-for-bureau.ts'
