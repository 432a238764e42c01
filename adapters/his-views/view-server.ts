import type { ServerColumn } from './column-kinds.ts'

export interface ServerOptions {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** Read at each connection, so that a new password needs no restart. */
  readonly password: () => Promise<string>
  readonly encrypt: boolean
  /** PEM of the authority; null: those of the system. */
  readonly ca: string | null
  readonly timeoutMs: number
}

/** A value that is bound; `type` is the column's that it is compared with, so that an index of the HIS can serve. */
export type Bound =
  | { readonly kind: 'limit', readonly value: number }
  | { readonly kind: 'version', readonly value: Uint8Array }
  | { readonly kind: 'key', readonly value: string, readonly column: ServerColumn }
  | { readonly kind: 'time', readonly value: Date, readonly column: ServerColumn }

export interface Answer {
  readonly columns: readonly ServerColumn[]
  /** Values in the order of the columns. */
  readonly rows: ReadonlyArray<readonly unknown[]>
}

export interface ViewServer {
  /** Refused with VIEW_*. `view` only names the place of a refusal. */
  readonly read: (text: string, bound: Readonly<Record<string, Bound>>, view: string | null) => Promise<Answer>
  /** What runs is cancelled. */
  readonly close: () => Promise<void>
}
