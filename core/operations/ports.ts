import type { Alert } from './alert.ts'
import type { JobRun } from './job.ts'
import type { ChainName, Seal, Sealable } from './seal.ts'

export interface AlertStore {
  readonly open: () => Promise<readonly Alert[]>
  readonly list: (page: { readonly limit: number, readonly offset: number }) => Promise<readonly Alert[]>
  /** Answers false where an alert with this key is open already. */
  readonly add: (alert: Alert) => Promise<boolean>
  readonly close: (id: string, at: Date) => Promise<void>
}

export interface JobRunStore {
  readonly find: (job: string, dueAt: Date) => Promise<JobRun | null>
  readonly save: (run: JobRun) => Promise<void>
  /** The newest due instant with status done, of each job and timer that has one. */
  readonly lastDone: () => Promise<ReadonlyMap<string, Date>>
  readonly list: (filter: { readonly job: string | null }, page: { readonly limit: number, readonly offset: number }) => Promise<readonly JobRun[]>
}

/** One holder at a time, by real time: the node that applies the inbox, carries out the outbox and runs the jobs. */
export interface LeaseStore {
  /** Takes or renews; answers false while another holder's lease has not run out. */
  readonly acquire: (lease: { readonly name: string, readonly holder: string, readonly now: Date, readonly until: Date }) => Promise<boolean>
  readonly release: (lease: { readonly name: string, readonly holder: string }) => Promise<void>
  /** Frees all: for the start of the one server of an embedded database, where a holder can only be a dead process. */
  readonly releaseAll: () => Promise<void>
}

/** Small values of the installation, e.g. the key of stable ids, the demo's business time. */
export interface SettingStore {
  readonly get: (name: string) => Promise<string | null>
  readonly set: (name: string, value: string) => Promise<void>
  /** Writes only where the name is free; answers the value that stands. */
  readonly setOnce: (name: string, value: string) => Promise<string>
}

/** Answers of requests with an Idempotency-Key. */
export interface IdempotencyStore {
  /** Takes the key, or answers what stands there. */
  readonly begin: (request: { readonly key: string, readonly scope: string, readonly bodyHash: string, readonly at: Date }) => Promise<
    | { readonly kind: 'begun' }
    | { readonly kind: 'running' }
    | { readonly kind: 'other_body' }
    | { readonly kind: 'answered', readonly status: number, readonly body: string }>
  readonly finish: (request: { readonly key: string, readonly scope: string, readonly status: number, readonly body: string }) => Promise<void>
  readonly abandon: (request: { readonly key: string, readonly scope: string }) => Promise<void>
  /** Forgets requests that began before; answers how many. */
  readonly prune: (before: Date, limit: number) => Promise<number>
}

/** Seals over rows that are never changed: entries of the ledger, events of the audit. */
export interface SealStore {
  /** The newest number of a row; 0 where there is none. */
  readonly newest: (chain: ChainName) => Promise<number>
  /** Rows by number, each with a text that says all of it. */
  readonly rows: (chain: ChainName, range: { readonly from: number, readonly to: number, readonly limit: number }) => Promise<readonly Sealable[]>
  readonly last: (chain: ChainName) => Promise<Seal | null>
  readonly find: (chain: ChainName, number: number) => Promise<Seal | null>
  /** Refused with STORE_WRITE_CONFLICT where the number is taken. */
  readonly add: (seal: Seal) => Promise<void>
  readonly list: (chain: ChainName, page: { readonly limit: number, readonly after: number }) => Promise<readonly Seal[]>
}
