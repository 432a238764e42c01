import type { FastifyRequest } from 'fastify'
import { Type } from '@fastify/type-provider-typebox'
import type { Permission, Role } from '../../core/access/index.ts'
import { DomainError } from '../../core/errors.ts'
import { speaksFor, type PatientStore, type ReadingStore } from '../../core/identity/index.ts'
import { callerOf, noteAccess } from './access.ts'
import { admitPatient, type AdmittedPatient } from './admit-patient.ts'

/** Who a request is about: the person's own token says it; a desk names the patient, a terminal what it has read. */
export const PersonFields = {
  patientId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'any record of the person; a patient may leave it out for themselves' })),
  readingId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'of POST /v1/identity-readings; a terminal must name it' }))
}

export interface PersonInHand extends AdmittedPatient {
  readonly channel: 'app' | 'kiosk' | 'window'
  readonly tokenId: string
}

interface HandDeps {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly readings: Pick<ReadingStore, 'find'>
}

const noReading = (): DomainError => new DomainError('READING_NOT_FOUND', 'Read the card or code again at this terminal; a reading is good for ten minutes.', 'readingId')

/**
 * Admits the caller to the person, or answers as if there were none. A terminal acts only for the person whose document
 * it has just read; a desk for patients of its hospital; a patient for themselves and their wards.
 */
export async function personInHand (request: FastifyRequest, permission: Permission, { patients, readings }: HandDeps, { named, now }: { readonly named: { readonly patientId?: string, readonly readingId?: string }, readonly now: Date }): Promise<PersonInHand> {
  const { principal } = callerOf(request)
  const channel = channelOf(principal.role)
  const reading = named.readingId === undefined ? null : await readings.find(named.readingId)
  const patientId = named.patientId ?? reading?.patientId ?? (channel === 'app' ? principal.personId : null)
  if (patientId === null) throw new DomainError('REQUEST_INVALID', 'Name the patient, or what was read.', 'patientId')
  const admitted = await admitPatient(request, permission, patients, patientId)
  const needsReading = named.readingId !== undefined || channel === 'kiosk'
  if (needsReading && !speaksFor(reading, { tokenId: principal.tokenId, patientIds: admitted.tied.map(({ id }) => id), now })) {
    noteAccess(request, { target: 'reading', targetId: named.readingId ?? null, patientId, outcome: 'refused' })
    throw noReading()
  }
  return { ...admitted, channel, tokenId: principal.tokenId }
}

/** the channel follows from who calls. */
function channelOf (role: Role): PersonInHand['channel'] {
  if (role === 'terminal') return 'kiosk'
  return role === 'patient' || role === 'guardian' ? 'app' : 'window'
}
