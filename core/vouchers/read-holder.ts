import { DomainError } from '../errors.ts'
import { holdersOf, readPersonalCode, speaksFor, type CodeMac, type Patient, type PatientStore, type ReadingStore } from '../identity/index.ts'

/** How a person proves at a counter who they are: the code of their app, a document that was just read there, or one that a reader reads now. */
export type HolderProof =
  | { readonly kind: 'personal_code', readonly code: string }
  | { readonly kind: 'reading', readonly readingId: string }
  | { readonly kind: 'document', readonly number: string, readonly name: string }

export interface HolderStores {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson' | 'byIdentifier'>
  readonly readings: Pick<ReadingStore, 'find' | 'takeCode'>
}

/** The person there, by all records; `purpose` names what the code is shown for: it counts once for each (I-46). */
export interface Holder {
  readonly personId: string
  readonly patientIds: readonly string[]
  /** None where the code is ours and no hospital has told us of the person yet. */
  readonly records: readonly Patient[]
}

interface Reading {
  readonly proof: HolderProof
  /** Of the terminal or window. */
  readonly tokenId: string
  readonly purpose: 'hand_out' | 'use'
}

/**
 * 个人码 (V-09, V-22). A code is taken in the transaction of what it was shown for: where that is refused, the same code may
 * be shown again within its time; where it was done, never.
 */
export async function readHolder (stores: HolderStores, codeMac: CodeMac, { proof, tokenId, purpose }: Reading, moments: { readonly now: Date, readonly realNow: Date }): Promise<Holder> {
  const id = await patientIdOf(stores, codeMac, { proof, tokenId, purpose }, moments)
  const patient = await stores.patients.find(id)
  const records = patient === null ? [] : await stores.patients.byPerson(patient.personId)
  return { personId: patient?.personId ?? id, patientIds: [...new Set([id, ...records.map((record) => record.id)])], records }
}

const stale = (): DomainError => new DomainError('REQUEST_INVALID', 'This code has run out or was read here before. Have the person show the one that the app shows now.', 'personalCode')

async function patientIdOf (stores: HolderStores, codeMac: CodeMac, { proof, tokenId, purpose }: Reading, { now, realNow }: { readonly now: Date, readonly realNow: Date }): Promise<string> {
  switch (proof.kind) {
    case 'personal_code': {
      const code = readPersonalCode(proof.code, realNow, codeMac)
      const isFresh = code !== null && await stores.readings.takeCode({ tokenId, codeKey: codeMac(`${purpose}:${proof.code.trim()}`), usedAt: realNow })
      if (!isFresh) throw stale()
      return code.patientId
    }
    case 'reading': {
      const reading = await stores.readings.find(proof.readingId)
      if (reading === null || !speaksFor(reading, { tokenId, patientIds: [reading.patientId], now })) throw new DomainError('READING_NOT_FOUND', 'Read the card or code again at this terminal; a reading is good for ten minutes.', 'readingId')
      return reading.patientId
    }
    case 'document': {
      const [holder, ...others] = await holdersOf(stores, { documentNumber: proof.number, name: proof.name, hospitalId: null })
      if (holder === undefined || others.some(({ personId }) => personId !== holder.personId)) throw new DomainError('PATIENT_NOT_FOUND', 'No person is known by this number and name. A hospital makes a file first.', 'document')
      return holder.id
    }
  }
}
