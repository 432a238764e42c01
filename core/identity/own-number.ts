import type { Patient } from './patient.ts'

/**
 * Numbers that we give to what a hospital has not numbered yet: files and visits. `YQ` and 13 digits of base 32 make
 * the 15 characters that HL7 v2.5.1 lets a number have (CX.1), so that no HIS cuts them off; a HIS that echoes one often drops who
 * gave it, and mappings know it by its form.
 */
export const placerSystem = 'urn:yiqiao:placer'

const digits = 13

/** From the first 64 bits of an id in UUID form. */
export function ownNumberFrom (uuid: string): string {
  return `YQ${BigInt(`0x${uuid.replaceAll('-', '').slice(0, 16)}`).toString(32).toUpperCase().padStart(digits, '0')}`
}

/** 我方建档. A record that we made and that the hospital has not numbered. */
export function isOwnFile ({ hospitalId, identifiers }: Pick<Patient, 'hospitalId' | 'identifiers'>): boolean {
  return identifiers.some(({ system }) => system === placerSystem) && !identifiers.some(({ system }) => system === `urn:yiqiao:hospital:${hospitalId}:MR`)
}
