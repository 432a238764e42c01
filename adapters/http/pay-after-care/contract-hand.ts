import type { FastifyRequest } from 'fastify'
import { Type } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore, ReadingStore } from '../../../core/identity/index.ts'
import type { Assured } from '../../../core/pay-after-care/index.ts'
import { callerOf } from '../access.ts'
import { PersonFields, personInHand, type PersonInHand } from '../person-in-hand.ts'

/** Of every request about a contract of somebody who is there. */
export const contractPerson = {
  ...PersonFields,
  guardianId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'at the window: a record of the guardian who signs for the patient; in the app it is who calls' }))
}

export interface Named {
  readonly patientId?: string
  readonly readingId?: string
  readonly guardianId?: string
}

export interface ContractHand extends PersonInHand {
  /** Who signs for a ward; null: the person themselves. */
  readonly guardianPatientId: string | null
  readonly by: Assured
}

interface HandStores {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly readings: Pick<ReadingStore, 'find'>
}

const assuranceOf = { app: 'account_and_code', kiosk: 'card_and_code', window: 'papers_and_code' } as const satisfies Record<Assured['channel'], Assured['assurance']>

/** Who is there, how that is known, and through which channel. */
export async function contractHand (request: FastifyRequest, stores: HandStores, wanted: { readonly named: Named, readonly now: Date }): Promise<ContractHand> {
  const found = await personInHand(request, 'contract.sign', stores, wanted)
  return { ...found, guardianPatientId: guardianOf(request, found, wanted.named), by: { channel: found.channel, assurance: assuranceOf[found.channel], tokenId: found.tokenId } }
}

/** In the app the caller signs for a ward; at the window the desk names the guardian whose papers it sees. */
function guardianOf (request: FastifyRequest, { channel, tied }: PersonInHand, { guardianId }: Named): string | null {
  if (channel !== 'app') return guardianId ?? null
  const { personId } = callerOf(request).principal
  return personId === null || tied.some((one) => one.id === personId || one.personId === personId) ? null : personId
}

export const lostPhone = (): DomainError => new DomainError('REQUEST_INVALID', 'The code goes to the phone of the contract. A lost phone is replaced at the window, with the papers.', 'phone')
