import type { Ids, StableId } from '../ids.ts'
import { readingLivesMs, type IdentityReading, type ReadingKind, type ReadingStore } from './identity-reading.ts'
import type { Patient } from './patient.ts'
import type { PatientStore } from './ports.ts'
import { bestOf, fileNumber } from './read-identity.ts'
import { residentIdSystem } from './resident-id.ts'
import { residentIdOf } from './same-person.ts'

interface PersonDeps {
  readonly patients: Pick<PatientStore, 'byPerson'>
  readonly readings: Pick<ReadingStore, 'add' | 'dropExpired'>
  readonly sealed: (text: string) => string
  readonly stableId: StableId
  readonly ids: Ids
}

export interface ReadPerson {
  readonly kind: Extract<ReadingKind, 'face' | 'phone'>
  readonly personId: string
  readonly hospitalId: string
  readonly tokenId: string
}

/** `isNew`: the hospital has no record of the person; a file can be made with the resident id that another hospital's record carries. */
export interface PersonRead {
  readonly reading: IdentityReading
  readonly patient: Patient
  readonly isNew: boolean
}

const keptMs = 86_400_000

/**
 * A reading of a person who is known by face or phone, with no document in hand. Null where this hospital has no record and
 * no other tells the resident id: then only a document helps.
 */
export async function readPerson (deps: PersonDeps, command: ReadPerson, now: Date): Promise<PersonRead | null> {
  const records = await deps.patients.byPerson(command.personId)
  const here = bestOf(records.filter(({ hospitalId }) => hospitalId === command.hospitalId))
  if (here !== null) return { patient: here, isNew: false, reading: await keep(deps, command, { patientId: here.id, unknownIdentifier: null }, now) }
  const known = records.map((patient) => ({ patient, residentId: residentIdOf(patient) })).find(({ patient, residentId }) => patient.active && residentId !== null && typeof residentId === 'object')
  if (known === undefined || known.residentId === null || typeof known.residentId === 'string') return null
  const identifier = { system: residentIdSystem, value: known.residentId.number, type: 'NI' as const }
  const patientId = deps.stableId(command.hospitalId, 'Patient', fileNumber(deps.stableId, command.hospitalId, identifier))
  return { patient: known.patient, isNew: true, reading: await keep(deps, command, { patientId, unknownIdentifier: deps.sealed(JSON.stringify(identifier)) }, now) }
}

async function keep ({ readings, ids }: PersonDeps, { kind, hospitalId, tokenId }: ReadPerson, whose: Pick<IdentityReading, 'patientId' | 'unknownIdentifier'>, now: Date): Promise<IdentityReading> {
  await readings.dropExpired(new Date(now.getTime() - keptMs))
  const reading: IdentityReading = { id: ids.next(), tokenId, hospitalId, kind, ...whose, readAt: now, expiresAt: new Date(now.getTime() + readingLivesMs) }
  await readings.add(reading)
  return reading
}
