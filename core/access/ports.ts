import type { Account, Session } from './account.ts'
import type { Client } from './client.ts'
import type { Guardianship } from './guardianship.ts'
import type { AuditEvent, Token } from './principal.ts'
import type { SmsCode } from './sms-code.ts'
import type { Scene, Ticket, TicketUse } from './wechat.ts'

/** A keyed hash with the installation's own key: small sets (numbers, codes) cannot be searched through without it. */
export type Fingerprint = (kind: 'phone' | 'openid' | 'code' | 'personal-code' | 'device' | 'offline-use' | 'room-tickets' | 'sick-note' | 'sick-note-code', text: string) => string

export type TokenHolder = { readonly clientId: string } | { readonly sessionId: string } | { readonly accountId: string }

export interface TokenStore {
  readonly byHash: (tokenHash: string) => Promise<Token | null>
  readonly find: (tokenId: string) => Promise<Token | null>
  readonly save: (token: Token) => Promise<void>
  /** The instant of the first revocation stays. */
  readonly revoke: (tokenId: string, at: Date) => Promise<void>
  readonly revokeOf: (holder: TokenHolder, at: Date) => Promise<void>
  readonly setPerson: (accountId: string, personId: string) => Promise<void>
  /** Newest first. */
  readonly list: (page: { readonly limit: number, readonly offset: number }) => Promise<readonly Token[]>
  /** Forgets tokens of clients and sessions that expired before this instant. */
  readonly dropExpired: (before: Date) => Promise<void>
}

export interface ClientStore {
  readonly find: (id: string) => Promise<Client | null>
  /** Inserts or replaces. */
  readonly save: (client: Client) => Promise<void>
  /** Newest first. */
  readonly list: (page: { readonly limit: number, readonly offset: number }) => Promise<readonly Client[]>
}

export interface CodeStore {
  /** Answers false where another code went to this phone in the same minute. */
  readonly add: (code: SmsCode) => Promise<boolean>
  readonly ofPhone: (phoneKey: string) => Promise<readonly SmsCode[]>
  /** Answers false where the tries are used up. */
  readonly countTry: (id: string, most: number) => Promise<boolean>
  /** Answers false where it was used already. */
  readonly markUsed: (id: string, at: Date) => Promise<boolean>
  readonly dropBefore: (sentBefore: Date) => Promise<void>
}

export interface AccountStore {
  readonly find: (id: string) => Promise<Account | null>
  readonly byPhone: (phoneKey: string) => Promise<Account | null>
  readonly byOpenid: (openidKey: string) => Promise<Account | null>
  readonly byPersons: (personIds: readonly string[]) => Promise<readonly Account[]>
  /** Keeps the one that has the phone already. */
  readonly add: (account: Account) => Promise<void>
  readonly setPerson: (id: string, personId: string) => Promise<void>
  /** Another account that had it loses it. */
  readonly setOpenid: (id: string, openidKey: string | null) => Promise<void>
}

export interface SessionStore {
  readonly add: (session: Session) => Promise<void>
  /** By the refresh token in force or the one before it. */
  readonly byRefreshHash: (hash: string) => Promise<Session | null>
  /** Answers false where `from` is not the one in force any more. */
  readonly rotate: (id: string, from: string, to: string) => Promise<boolean>
  readonly end: (id: string, at: Date) => Promise<void>
  readonly endOf: (accountId: string, at: Date) => Promise<void>
}

/** bind: an account claims to be a patient. ward: a guardian asks for a child. */
export type AttemptKind = 'bind' | 'ward'

export interface AttemptStore {
  readonly add: (kind: AttemptKind, subject: string, at: Date) => Promise<void>
  /** Oldest first. Whoever asks of the same subject waits until the transaction ends, so that what was counted still holds. */
  readonly since: (kind: AttemptKind, subject: string, since: Date) => Promise<readonly Date[]>
  readonly dropBefore: (before: Date) => Promise<void>
}

/** Which persons a guardian speaks for. */
export interface GuardianStore {
  readonly find: (id: string) => Promise<Guardianship | null>
  /** Asked and confirmed ones in which any of these ids is the guardian, oldest first; or the ward. */
  readonly ofGuardian: (personIds: readonly string[]) => Promise<readonly Guardianship[]>
  readonly ofWard: (personIds: readonly string[]) => Promise<readonly Guardianship[]>
  /** Inserts or replaces by id. Two persons have one confirmed guardianship at most. */
  readonly save: (guardianship: Guardianship) => Promise<void>
}

/** What is handed out to come back once, soon. */
export interface TicketStore {
  /** Answers false where the key was there already. */
  readonly add: (ticket: Ticket) => Promise<boolean>
  readonly find: (key: string, use: TicketUse, now: Date) => Promise<Ticket | null>
  /** Uses it up; answers false where it is used, out of time or unknown. */
  readonly take: (key: string, use: TicketUse, now: Date) => Promise<boolean>
  readonly dropExpired: (use: TicketUse, now: Date) => Promise<void>
}

export interface SceneStore {
  readonly add: (scene: Scene) => Promise<void>
  readonly find: (id: string) => Promise<Scene | null>
  /** The first follower of a scene stays. Answers false where there is no such scene, or it is taken. */
  readonly link: (id: string, openidKey: string) => Promise<boolean>
  readonly dropExpired: (before: Date) => Promise<void>
}

export interface FollowerStore {
  /** `openid`: sealed; a template message can only be sent to the openid itself. Forgotten when following ends. */
  readonly save: (follower: { readonly openidKey: string, readonly openid: string | null, readonly isFollowing: boolean, readonly at: Date }) => Promise<void>
  readonly isFollowing: (openidKey: string) => Promise<boolean>
  /** Sealed; null where nobody follows by this key. */
  readonly openidOf: (openidKey: string) => Promise<string | null>
}

export interface AuditStore {
  readonly append: (events: readonly AuditEvent[]) => Promise<void>
  /** Newest first. */
  readonly list: (filter: { readonly patientId?: string, readonly tokenId?: string }, page: { readonly limit: number, readonly before: Date | null }) => Promise<readonly AuditEvent[]>
}
