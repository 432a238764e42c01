import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { nextAttemptAt } from './attempts.ts'
import type { FindHolders, Claim } from './bind-account.ts'
import type { Holder } from './account.ts'
import type { PersonRecord } from './find-caller.ts'
import { isMinor, type Guardianship, type Relation } from './guardianship.ts'
import type { AccountStore, AttemptStore, GuardianStore } from './ports.ts'
import { sendCode, useCode, type CodeDeps } from './send-code.ts'

/** Business time. */
export interface Moment {
  readonly now: Date
  readonly today: CalendarDate
}

interface AskDeps extends CodeDeps {
  readonly guardians: GuardianStore
  readonly attempts: AttemptStore
  readonly accounts: Pick<AccountStore, 'byPersons'>
  readonly findHolders: FindHolders
}

export interface AskForWard {
  readonly guardian: { readonly personId: string, readonly ownIds: readonly string[] }
  readonly claim: Claim
  readonly relation: Relation
}

export type Asked = { readonly kind: 'asked', readonly guardianship: Guardianship } | { readonly kind: 'too_often', readonly at: Date }

/**
 * A guardian asks to speak for a child. Kept and answered in the same way whether or not anybody is known by what was
 * typed. A ward with an account of their own is sent a code, to hand to the guardian; else the desk confirms.
 */
export async function askForWard (deps: AskDeps, { guardian, claim, relation }: AskForWard, { now, today }: Moment): Promise<Asked> {
  const { attempts, guardians, ids } = deps
  const nextAt = await nextAttemptAt(attempts, 'ward', guardian.personId, now)
  if (nextAt !== null) return { kind: 'too_often', at: nextAt }
  await attempts.add('ward', guardian.personId, now)
  const holders = (await deps.findHolders(claim)).filter(({ personId, patientId }) => !guardian.ownIds.includes(personId) && !guardian.ownIds.includes(patientId))
  const [ward] = holders
  const isOnePerson = ward !== undefined && holders.every(({ personId }) => personId === ward.personId)
  const phone = isOnePerson && isMinor(holders.map(({ birthDate }) => birthDate), today) ? await ownPhoneOf(deps, guardian.ownIds, holders) : null
  const guardianship: Guardianship = {
    id: ids.next(), guardianPersonId: guardian.personId, wardPersonId: isOnePerson ? ward.personId : null, relation, basis: 'minor', state: 'asked',
    wardPhoneKey: phone?.key ?? null, askedAt: now, confirmedAt: null, endedAt: null, confirmedBy: null
  }
  await guardians.save(guardianship)
  if (phone !== null) await sendCode(deps, { phone: phone.number, use: 'ward' }, now)
  return { kind: 'asked', guardianship }
}

/** A phone on the ward's record that logs the ward in, and not the guardian: a mother's number often stands on both. */
async function ownPhoneOf ({ accounts }: Pick<AskDeps, 'accounts'>, guardianIds: readonly string[], holders: readonly Holder[]): Promise<Holder['phones'][number] | null> {
  const wardIds = holders.flatMap(({ patientId, personId }) => [patientId, personId])
  const wards = (await accounts.byPersons(wardIds)).map(({ phoneKey }) => phoneKey)
  const guardians = (await accounts.byPersons(guardianIds)).map(({ phoneKey }) => phoneKey)
  return holders.flatMap(({ phones }) => phones).find(({ key }) => wards.includes(key) && !guardians.includes(key)) ?? null
}

type ConfirmDeps = Pick<CodeDeps, 'codes' | 'fingerprint'> & { readonly guardians: GuardianStore, readonly recordsOf: (personId: string) => Promise<readonly PersonRecord[]> }

/** The ward handed the code over. Answers null where it is wrong, or no code ever went out for this request. */
export async function confirmByCode (deps: ConfirmDeps, { guardianship, code }: { readonly guardianship: Guardianship, readonly code: string }, { now, today }: Moment): Promise<Guardianship | null> {
  const { wardPersonId, wardPhoneKey, state } = guardianship
  if (wardPersonId === null || wardPhoneKey === null || state !== 'asked') return null
  if (!isMinor((await deps.recordsOf(wardPersonId)).map(({ birthDate }) => birthDate), today)) return null
  if (!await useCode(deps, { phoneKey: wardPhoneKey, use: 'ward', code }, now)) return null
  return await confirm(deps.guardians, { ...guardianship, wardPersonId }, { by: 'code', now })
}

export interface GuardianAtDesk {
  /** The request that the guardian showed, or who the guardian is by the papers. */
  readonly guardian: { readonly askId: string } | { readonly personId: string, readonly relation: Relation, readonly basis: Guardianship['basis'] }
  readonly ward: { readonly personId: string, readonly records: readonly PersonRecord[] }
  /** The token of the desk. */
  readonly by: string
}

/** The desk has seen the papers of both. */
export async function confirmAtDesk (deps: { readonly guardians: GuardianStore, readonly ids: CodeDeps['ids'] }, { guardian, ward, by }: GuardianAtDesk, { now, today }: Moment): Promise<Guardianship> {
  const wanted = await wantedAtDesk(deps, guardian, now)
  if (ward.records.some(({ id }) => id === wanted.guardianPersonId)) throw new DomainError('REQUEST_INVALID', 'Nobody is their own guardian; name another patient.', 'guardian')
  if (wanted.basis === 'minor' && !isMinor(ward.records.map(({ birthDate }) => birthDate), today)) {
    throw new DomainError('WARD_OF_AGE', 'The ward is of age, or the birth date is not known. For an adult with an appointed guardian send basis appointed.')
  }
  return await confirm(deps.guardians, { ...wanted, wardPersonId: ward.personId }, { by, now })
}

async function wantedAtDesk ({ guardians, ids }: { readonly guardians: GuardianStore, readonly ids: CodeDeps['ids'] }, guardian: GuardianAtDesk['guardian'], now: Date): Promise<Guardianship> {
  if ('askId' in guardian) {
    const asked = await guardians.find(guardian.askId)
    if (asked?.state !== 'asked') throw noGuardianship()
    return asked
  }
  const { personId, relation, basis } = guardian
  return { id: ids.next(), guardianPersonId: personId, wardPersonId: null, relation, basis, state: 'asked', wardPhoneKey: null, askedAt: now, confirmedAt: null, endedAt: null, confirmedBy: null }
}

async function confirm (guardians: GuardianStore, wanted: Guardianship & { readonly wardPersonId: string }, { by, now }: { readonly by: string, readonly now: Date }): Promise<Guardianship> {
  const standing = (await guardians.ofGuardian([wanted.guardianPersonId])).find(({ state, wardPersonId }) => state === 'confirmed' && wardPersonId === wanted.wardPersonId)
  if (standing !== undefined) {
    if (await guardians.find(wanted.id) !== null) await guardians.save(ended(wanted, now))
    return standing
  }
  const confirmed: Guardianship = { ...wanted, state: 'confirmed', confirmedAt: now, confirmedBy: by }
  await guardians.save(confirmed)
  return confirmed
}

export function ended (guardianship: Guardianship, at: Date): Guardianship {
  return { ...guardianship, state: 'ended', endedAt: at }
}

export const noGuardianship = (): DomainError => new DomainError('GUARDIANSHIP_NOT_FOUND', 'There is no such guardianship or request, or it is not yours. Look at the list.')
