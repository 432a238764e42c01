import { DomainError } from '../errors.ts'
import type { Account, Session } from './account.ts'
import { issueToken, type IssueTokenDeps } from './issue-token.ts'
import { phoneTail } from './phone.ts'
import type { AccountStore, SessionStore, TicketStore, TokenStore } from './ports.ts'
import { phoneKeyOf, useCode, type CodeDeps } from './send-code.ts'

export interface SessionDeps extends IssueTokenDeps {
  readonly tokens: Pick<TokenStore, 'save' | 'dropExpired' | 'revokeOf'>
  readonly sessions: SessionStore
}

export interface OpenedSession {
  readonly account: Account
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds: number
}

/** Business time for codes and tickets, real time for tokens. */
export interface Times {
  readonly now: Date
  readonly realNow: Date
}

const accessTokenSeconds = 3600
const sessionMs = 30 * 86_400_000
const keepExpiredMs = 7 * 86_400_000

export interface LogIn {
  readonly phone: string
  readonly code: string
  /** From a WeChat log-in whose openid belongs to no account yet. */
  readonly bindTicket: string | null
}

type LogInDeps = SessionDeps & Pick<CodeDeps, 'codes' | 'fingerprint'> & { readonly accounts: AccountStore, readonly tickets: TicketStore }

/**
 * Logs in by phone and code; the first time that is what registers. Answers null for a wrong code, which stays counted:
 * the caller refuses after the transaction.
 */
export async function logIn (deps: LogInDeps, { phone, code, bindTicket }: LogIn, { now, realNow }: Times): Promise<OpenedSession | null> {
  const { tickets, accounts, fingerprint, hash } = deps
  const phoneKey = phoneKeyOf(fingerprint, phone)
  const ticket = bindTicket === null ? null : await tickets.find(hash(bindTicket), 'openid', now)
  if (bindTicket !== null && ticket === null) throw new DomainError('WECHAT_STATE_INVALID', 'The ticket is used or out of time. Start the log-in by WeChat again.', 'bindTicket')
  if (!await useCode(deps, { phoneKey, use: 'session', code }, now)) return null
  let account = await accountOf(deps, { phoneKey, phone }, now)
  if (bindTicket !== null && ticket !== null && ticket.openidKey !== null && await tickets.take(hash(bindTicket), 'openid', now)) {
    await accounts.setOpenid(account.id, ticket.openidKey)
    account = { ...account, openidKey: ticket.openidKey }
  }
  return await openSession(deps, account, realNow)
}

/** The account of a phone, made where there is none. */
export async function accountOf ({ accounts, ids }: { readonly accounts: AccountStore, readonly ids: CodeDeps['ids'] }, { phoneKey, phone }: { readonly phoneKey: string, readonly phone: string }, at: Date): Promise<Account> {
  const found = await accounts.byPhone(phoneKey)
  if (found !== null) return found
  const account: Account = { id: ids.next(), phoneKey, phoneTail: phoneTail(phone), openidKey: null, personId: null, createdAt: at }
  await accounts.add(account)
  return await accounts.byPhone(phoneKey) ?? account
}

/** A new account whose holder is known already. */
export function accountFor ({ fingerprint, ids }: Pick<CodeDeps, 'fingerprint' | 'ids'>, { phone, personId }: { readonly phone: string, readonly personId: string }, at: Date): Account {
  return { id: ids.next(), phoneKey: phoneKeyOf(fingerprint, phone), phoneTail: phoneTail(phone), openidKey: null, personId, createdAt: at }
}

export async function openSession (deps: SessionDeps, account: Account, realNow: Date): Promise<OpenedSession> {
  await deps.tokens.dropExpired(new Date(realNow.getTime() - keepExpiredMs))
  const { randomSecret, hash } = deps
  const refreshToken = `yqr_${randomSecret()}`
  const session: Session = { id: deps.ids.next(), accountId: account.id, refreshHash: hash(refreshToken), previousHash: null, createdAt: realNow, expiresAt: new Date(realNow.getTime() + sessionMs), endedAt: null }
  await deps.sessions.add(session)
  return { account, refreshToken, ...await accessTokenFor(deps, account, session.id, realNow) }
}

/**
 * A refresh token works once (RFC 9700 §4.14): its successor takes over, and the one before shown again ends the
 * session, since two hold it. Answers null where there is nothing to renew.
 */
export async function refreshSession (deps: SessionDeps & { readonly accounts: Pick<AccountStore, 'find'> }, refreshToken: string, realNow: Date): Promise<OpenedSession | null> {
  const shown = deps.hash(refreshToken)
  const session = await deps.sessions.byRefreshHash(shown)
  if (session === null || session.endedAt !== null || session.expiresAt <= realNow) return null
  const next = `yqr_${deps.randomSecret()}`
  if (session.refreshHash !== shown || !await deps.sessions.rotate(session.id, shown, deps.hash(next))) {
    await endSession(deps, session.id, realNow)
    return null
  }
  const account = await deps.accounts.find(session.accountId)
  if (account === null) return null
  return { account, refreshToken: next, ...await accessTokenFor(deps, account, session.id, realNow) }
}

export async function endSession ({ sessions, tokens }: { readonly sessions: Pick<SessionStore, 'end'>, readonly tokens: Pick<TokenStore, 'revokeOf'> }, sessionId: string, realNow: Date): Promise<void> {
  await sessions.end(sessionId, realNow)
  await tokens.revokeOf({ sessionId }, realNow)
}

async function accessTokenFor (deps: IssueTokenDeps, { id, personId }: Account, sessionId: string, realNow: Date): Promise<Pick<OpenedSession, 'accessToken' | 'expiresInSeconds'>> {
  const { secret } = await issueToken(deps, {
    role: 'patient', personId, organizationId: null, at: realNow, expiresAt: new Date(realNow.getTime() + accessTokenSeconds * 1000), holder: { accountId: id, sessionId }
  })
  return { accessToken: secret, expiresInSeconds: accessTokenSeconds }
}

