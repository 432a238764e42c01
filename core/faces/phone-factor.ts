import { comparablePhone, phoneKeyOf, profileOf, sendCode, useCode, type AccountStore, type CodeDeps } from '../access/index.ts'
import { readPerson, type PersonRead } from '../identity/index.ts'
import { noteRead, type SettleDeps } from './settle-identification.ts'
import type { TerminalSession } from './terminal.ts'

export interface PhoneDeps extends SettleDeps, Pick<CodeDeps, 'codes' | 'outbox' | 'fingerprint' | 'randomCode'> {
  readonly accounts: Pick<AccountStore, 'byPhone'>
}

interface PhoneInSession {
  readonly session: TerminalSession
  readonly phone: string
}

/** 验证码. Sent where somebody has this phone; the answer is the same where nobody has. Not more than one a minute. */
export async function sendTerminalCode (deps: PhoneDeps, { session, phone }: PhoneInSession, now: Date): Promise<void> {
  const personId = await ownerOf(deps, { session, phone })
  if (personId !== null) await sendCode(deps, { phone, use: 'identify', subject: personId }, now)
}

/** Who holds the phone. wrong_code: stays counted, so the caller refuses after the transaction. */
export async function readByPhone (deps: PhoneDeps, { session, phone, code }: PhoneInSession & { readonly code: string }, now: Date): Promise<{ readonly kind: 'known', readonly read: PersonRead } | { readonly kind: 'wrong_code' } | { readonly kind: 'not_here' }> {
  const personId = await ownerOf(deps, { session, phone })
  if (personId === null || !await useCode(deps, { phoneKey: phoneKeyOf(deps.fingerprint, phone), use: 'identify', subject: personId, code }, now)) return { kind: 'wrong_code' }
  const read = await readPerson(deps, { kind: 'phone', personId, hospitalId: session.hospitalId, tokenId: session.tokenId }, now)
  if (read === null) return { kind: 'not_here' }
  await noteRead(deps, session, read.reading, now)
  return { kind: 'known', read }
}

/** Among those whose face it may be, who alone has this phone in a record; else the person of the account that proved it. */
async function ownerOf (deps: PhoneDeps, { session, phone }: PhoneInSession): Promise<string | null> {
  const phoneKey = phoneKeyOf(deps.fingerprint, phone)
  const looked = (await deps.terminals.identificationsOf(session.id)).filter(({ state }) => state !== 'denied')
  const holders = new Set<string>()
  for (const { patientId } of looked.flatMap(({ candidates }) => candidates)) {
    const patient = await deps.patients.find(patientId)
    if (patient !== null && await hasPhone(deps, patient.personId, phone)) holders.add(patient.personId)
  }
  if (holders.size === 1) return [...holders][0] ?? null
  const account = await deps.accounts.byPhone(phoneKey)
  if (account === null || account.personId === null) return null
  return (await deps.patients.find(account.personId))?.personId ?? null
}

async function hasPhone ({ patients, records }: Pick<PhoneDeps, 'patients' | 'records'>, personId: string, phone: string): Promise<boolean> {
  const wanted = comparablePhone(phone)
  const current = await records.current((await patients.byPerson(personId)).map(({ id }) => ({ type: 'Patient', id })))
  return current.some((record) => profileOf(record).phones.some((one) => comparablePhone(one) === wanted))
}
