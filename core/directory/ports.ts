import type { Practitioner } from './directory.ts'

export interface PractitionerStore {
  readonly find: (id: string) => Promise<Practitioner | null>
  readonly save: (practitioner: Practitioner) => Promise<void>
  readonly list: (filter: { readonly hospitalId: string | null }, page: { readonly limit: number, readonly offset: number }) => Promise<readonly Practitioner[]>
}
