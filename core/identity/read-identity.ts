import { DomainError } from '../errors.ts'
import type { Ids, StableId } from '../ids.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { cardTypes } from './holders-of.ts'
import { readingLivesMs, type IdentityReading, type ReadingKind, type ReadingStore } from './identity-reading.ts'
import { isOwnFile, ownNumberFrom } from './own-number.ts'
import type { Patient } from './patient.ts'
import { readPersonalCode, type CodeMac } from './personal-code.ts'
import type { HisLookup, PatientStore, TokenReader, WantedIdentifier } from './ports.ts'
import { checkResidentId, residentIdForms, residentIdSystem } from './resident-id.ts'
import { residentIdOf } from './same-person.ts'

interface ReadStores {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson' | 'byIdentifier'>
  readonly readings: ReadingStore
}

export interface ReadDeps<Stores extends ReadStores> {
  readonly inReading: InTransaction<Stores>
  readonly inTransaction: InTransaction<Stores>
  readonly his: HisLookup
  /** Null: no insurance platform reads tokens here. */
  readonly tokens: TokenReader | null
  readonly codeMac: CodeMac
  readonly sealed: (text: string) => string
  readonly stableId: StableId
  readonly ids: Ids
}

export interface ReadIdentity {
  readonly kind: Exclude<ReadingKind, 'face' | 'phone'>
  readonly value: string
  readonly hospitalId: string
  readonly tokenId: string
}

/** Business time for the reading, real time for codes that run out. */
interface Moments {
  readonly now: Date
  readonly realNow: Date
}

/**
 * known: a record of the hospital. unknown: neither we nor the hospital's system know the person, so a file may be made;
 * `elsewhere` is a record of the same person at another hospital, if any. unavailable: the hospital could not be asked.
 */
export type IdentityRead =
  | { readonly kind: 'known', readonly reading: IdentityReading, readonly patient: Patient }
  | { readonly kind: 'unknown', readonly reading: IdentityReading, readonly elsewhere: Patient | null, readonly birthYear: string | null }
  | { readonly kind: 'unavailable' }

/** 读卡. Whose document or code it is at this hospital; the value goes no further than here. */
export async function readIdentity<Stores extends ReadStores> (deps: ReadDeps<Stores>, command: ReadIdentity, moments: Moments): Promise<IdentityRead> {
  const document = await documentOf(deps, command, moments)
  const here = document.here ?? await holderAt(deps, command.hospitalId, document.forms)
  if (here !== null) return known(deps, command, here, moments.now)
  if (document.forms.length === 0) throw unreadable('value')
  const answer = await deps.his.find(command.hospitalId, document.forms)
  const told = answer === 'found' ? await holderAt(deps, command.hospitalId, document.forms) : null
  if (told !== null) return known(deps, command, told, moments.now)
  return answer === 'unknown' ? unknown(deps, command, document, moments.now) : { kind: 'unavailable' }
}

const unreadable = (place: string): DomainError => new DomainError('REQUEST_INVALID', 'This cannot be read. Read the card or code again; where it fails again, take another document.', place)

interface Document {
  /** Forms in which records may carry its number; the first is what a hospital is asked for. */
  readonly forms: readonly WantedIdentifier[]
  /** The record at this hospital, where the code itself told it. */
  readonly here: Patient | null
}

async function documentOf<Stores extends ReadStores> (deps: ReadDeps<Stores>, { kind, value, hospitalId, tokenId }: ReadIdentity, { realNow }: Moments): Promise<Document> {
  switch (kind) {
    case 'patient_card': return { forms: cardTypes.map((type) => ({ system: `urn:yiqiao:hospital:${hospitalId}:${type}`, value: value.trim(), type: 'MR' })), here: null }
    case 'resident_id': return { forms: residentForms(value), here: null }
    case 'insurance_token': return { forms: residentForms(await residentIdBehind(deps.tokens, value)), here: null }
    case 'qr': return documentOfCode(deps, { value, hospitalId, tokenId }, realNow)
  }
}

function residentForms (value: string): readonly WantedIdentifier[] {
  const residentId = checkResidentId(value)
  if (residentId === null) throw unreadable('value')
  return residentIdForms(residentId).map((form) => ({ system: residentIdSystem, value: form, type: 'NI' }))
}

async function residentIdBehind (tokens: TokenReader | null, token: string): Promise<string> {
  if (tokens === null) throw new DomainError('REQUEST_INVALID', 'No insurance platform is configured here, so its tokens cannot be read. Read another document.', 'kind')
  const found = await tokens.read(token)
  if (found === null) throw unreadable('value')
  return found.residentId
}

/** A code that was shown to this terminal before is a photograph of it, or somebody looked over a shoulder. */
async function documentOfCode<Stores extends ReadStores> (deps: ReadDeps<Stores>, { value, hospitalId, tokenId }: Omit<ReadIdentity, 'kind'>, realNow: Date): Promise<Document> {
  const code = readPersonalCode(value, realNow, deps.codeMac)
  const stale = new DomainError('REQUEST_INVALID', 'This code has run out or was read here before. Have the person show the one that the app shows now.', 'value')
  if (code === null) throw stale
  const isFresh = await deps.inTransaction(({ readings }) => readings.takeCode({ tokenId, codeKey: deps.codeMac(`used:${value.trim()}`), usedAt: realNow }))
  if (!isFresh) throw stale
  const person = await deps.inReading(async ({ patients }) => {
    const patient = await patients.find(code.patientId)
    return patient === null ? [] : patients.byPerson(patient.personId)
  })
  const residentId = person.map(residentIdOf).find((found) => found !== null && typeof found === 'object') as { readonly number: string } | undefined
  return { forms: residentId === undefined ? [] : residentForms(residentId.number), here: bestOf(person.filter((patient) => patient.hospitalId === hospitalId)) }
}

async function holderAt<Stores extends ReadStores> ({ inReading }: ReadDeps<Stores>, hospitalId: string, forms: readonly WantedIdentifier[]): Promise<Patient | null> {
  return inReading(async ({ patients }) => bestOf((await holders(patients, forms)).filter((patient) => patient.hospitalId === hospitalId)))
}

async function holders (patients: ReadStores['patients'], forms: readonly WantedIdentifier[]): Promise<readonly Patient[]> {
  const found = new Map<string, Patient>()
  for (const form of forms) for (const patient of await patients.byIdentifier(form)) found.set(patient.id, patient)
  return [...found.values()]
}

/** The hospital's own record before a file of ours, which the hospital has answered by then. */
export function bestOf (patients: readonly Patient[]): Patient | null {
  const active = patients.filter((patient) => patient.active)
  return active.find((patient) => !isOwnFile(patient)) ?? active[0] ?? null
}

async function known<Stores extends ReadStores> (deps: ReadDeps<Stores>, command: ReadIdentity, patient: Patient, now: Date): Promise<IdentityRead> {
  return { kind: 'known', patient, reading: await keep(deps, command, { patientId: patient.id, unknownIdentifier: null }, now) }
}

/** The file to be made has its id already: whoever makes it first, at whichever terminal, makes the one. */
async function unknown<Stores extends ReadStores> (deps: ReadDeps<Stores>, command: ReadIdentity, { forms }: Document, now: Date): Promise<IdentityRead> {
  const [identifier] = forms
  if (identifier === undefined) throw unreadable('value')
  const elsewhere = await deps.inReading(async ({ patients }) => bestOf(await holders(patients, identifier.type === 'NI' ? forms : [])))
  const reading = await keep(deps, command, {
    patientId: deps.stableId(command.hospitalId, 'Patient', fileNumber(deps.stableId, command.hospitalId, identifier)),
    unknownIdentifier: deps.sealed(JSON.stringify(identifier))
  }, now)
  return { kind: 'unknown', reading, elsewhere, birthYear: identifier.type === 'NI' ? checkResidentId(identifier.value)?.birthDate.slice(0, 4) ?? null : null }
}

/** Our number of the file of whoever has this identifier. */
export function fileNumber (stableId: StableId, hospitalId: string, { system, value }: Pick<WantedIdentifier, 'system' | 'value'>): string {
  return ownNumberFrom(stableId(hospitalId, 'file', `${system}|${value}`))
}

/** What has run out stays for a day, for whoever looks into a complaint. */
const keptMs = 86_400_000

async function keep<Stores extends ReadStores> ({ inTransaction, ids }: ReadDeps<Stores>, { kind, hospitalId, tokenId }: ReadIdentity, whose: Pick<IdentityReading, 'patientId' | 'unknownIdentifier'>, now: Date): Promise<IdentityReading> {
  const reading: IdentityReading = { id: ids.next(), tokenId, hospitalId, kind, ...whose, readAt: now, expiresAt: new Date(now.getTime() + readingLivesMs) }
  await inTransaction(async ({ readings }) => {
    await readings.dropExpired(new Date(now.getTime() - keptMs))
    await readings.add(reading)
  })
  return reading
}
