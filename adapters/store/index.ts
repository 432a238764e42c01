export { openStore, type Store, type StoreOptions } from './open-store.ts'
export type { Stores } from './stores.ts'
