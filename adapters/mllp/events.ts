import type { AckCode } from '../hl7v2/index.ts'

/** What a listener tells for metrics and the log. Never anything out of a message but its size. */
export type MllpEvent = { readonly source: string } & (
  | { readonly kind: 'connected' | 'disconnected', readonly peer: string, readonly connections: number }
  | { readonly kind: 'refused', readonly peer: string, readonly reason: 'peer_not_allowed' | 'too_many_connections' | 'tls' }
  | { readonly kind: 'received', readonly bytes: number }
  /** `code` is null where the sender wants no answer; `failureCode` where the message is parked or refused. */
  | {
    readonly kind: 'answered'
    readonly code: AckCode | null
    readonly receipt: 'stored' | 'duplicate' | 'conflict' | null
    readonly failureCode: string | null
    readonly tookMs: number
  }
  /** An acknowledgement came in; it is never answered, or two systems would answer each other for ever. */
  | { readonly kind: 'acknowledgement_ignored' }
  | { readonly kind: 'fault', readonly fault: 'oversize' | 'unframed' | 'incomplete' }
  | { readonly kind: 'timed_out', readonly what: 'idle' | 'message' }
  /** Something that should not happen; the sender got AR. */
  | { readonly kind: 'failed', readonly reason: string })

export type OnMllpEvent = (event: MllpEvent) => void
