import type { AuditEvent, Token } from './principal.ts'

export interface TokenStore {
  readonly byHash: (tokenHash: string) => Promise<Token | null>
  readonly save: (token: Token) => Promise<void>
  readonly revoke: (tokenId: string, at: Date) => Promise<void>
}

/** 监护. Which persons a guardian speaks for. */
export interface GuardianStore {
  readonly wardsOf: (guardianPersonId: string) => Promise<readonly string[]>
  readonly save: (guardianship: { readonly guardianPersonId: string, readonly wardPersonId: string, readonly createdAt: Date }) => Promise<void>
}

export interface AuditStore {
  readonly append: (events: readonly AuditEvent[]) => Promise<void>
  /** Newest first. */
  readonly list: (filter: { readonly patientId?: string, readonly tokenId?: string }, page: { readonly limit: number, readonly before: Date | null }) => Promise<readonly AuditEvent[]>
}
