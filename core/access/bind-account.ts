import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { isPhoneContradicted, ownerOf, type Holder } from './account.ts'
import { nextAttemptAt } from './attempts.ts'
import type { AccountStore, AttemptStore, SessionStore, TokenStore } from './ports.ts'
import { phoneKeyOf, useCode, type CodeDeps } from './send-code.ts'
import { accountOf, type Times } from './session.ts'

/** What somebody says to be recognised as a patient. A name alone never is enough, nor a number alone. */
export interface Claim {
  readonly documentNumber: string
  readonly name: string
  /** Where the number is one of the hospital's own cards. */
  readonly hospitalId: string | null
}

export type FindHolders = (claim: Claim) => Promise<readonly Holder[]>

export interface BindDeps {
  readonly accounts: AccountStore
  readonly attempts: AttemptStore
  readonly tokens: Pick<TokenStore, 'setPerson'>
  readonly findHolders: FindHolders
  /** The phones on each active record of a person, at whichever hospital. */
  readonly phonesOf: (personId: string) => Promise<ReadonlyArray<Holder['phones']>>
}

/** Refusals are values, because a failed attempt must stay counted. */
export type Bound =
  | { readonly kind: 'bound', readonly personId: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too_often', readonly at: Date }

/** 绑定. Ties an account to the person whose document, name and phone it is; then all its tokens stand for that person. */
export async function bindAccount (deps: BindDeps, { accountId, claim }: { readonly accountId: string, readonly claim: Claim }, now: Date): Promise<Bound> {
  const { accounts, attempts, tokens, findHolders, phonesOf } = deps
  const account = await accounts.find(accountId)
  if (account === null) throw notLoggedIn()
  const nextAt = await nextAttemptAt(attempts, 'bind', accountId, now)
  if (nextAt !== null) return { kind: 'too_often', at: nextAt }
  await attempts.add('bind', accountId, now)
  const holders = await findHolders(claim)
  const personId = ownerOf(account, holders)
  if (personId === null || isPhoneContradicted(account, await phonesOf(personId))) return { kind: 'refused' }
  // The account may name another record of the same person.
  const ofPerson = holders.filter((holder) => holder.personId === personId).flatMap((holder) => [holder.patientId, holder.personId])
  if (account.personId !== null && !ofPerson.includes(account.personId)) {
    throw new DomainError('ACCOUNT_BOUND', 'This account belongs to another patient already. Go to the desk with your papers.')
  }
  await accounts.setPerson(accountId, personId)
  await tokens.setPerson(accountId, personId)
  return { kind: 'bound', personId }
}

export const bindingRefused = (): DomainError => new DomainError('BINDING_REFUSED',
  'This could not be matched to one patient by document, name and phone together. Check them; else go to the desk with your papers, and the desk ties the account.')

export const notLoggedIn = (): DomainError => new DomainError('SESSION_NOT_FOUND', 'This token belongs to no account. Log in by phone (POST /v1/sessions) and use that token.')

interface DeskDeps extends Pick<CodeDeps, 'codes' | 'fingerprint'> {
  readonly ids: Ids
  readonly accounts: AccountStore
  readonly sessions: Pick<SessionStore, 'endOf'>
  readonly tokens: Pick<TokenStore, 'setPerson' | 'revokeOf'>
}

/**
 * The desk has seen the papers; the code shows that the phone is there too. A number that was another patient's before
 * passes on: what its former holder had open ends. Answers null for a wrong code.
 */
export async function bindAtDesk (deps: DeskDeps, { phone, code, personId }: { readonly phone: string, readonly code: string, readonly personId: string }, { now, realNow }: Times): Promise<{ readonly accountId: string, readonly phoneTail: string } | null> {
  const phoneKey = phoneKeyOf(deps.fingerprint, phone)
  if (!await useCode(deps, { phoneKey, use: 'bind', code }, now)) return null
  const account = await accountOf(deps, { phoneKey, phone }, now)
  if (account.personId !== null && account.personId !== personId) {
    await deps.sessions.endOf(account.id, realNow)
    await deps.tokens.revokeOf({ accountId: account.id }, realNow)
    await deps.accounts.setOpenid(account.id, null)
  }
  await deps.accounts.setPerson(account.id, personId)
  await deps.tokens.setPerson(account.id, personId)
  return { accountId: account.id, phoneTail: account.phoneTail }
}
