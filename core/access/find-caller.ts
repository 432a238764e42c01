import type { GuardianStore } from './ports.ts'
import type { Caller } from './policy.ts'
import type { Principal } from './principal.ts'

export interface FindCallerDeps {
  readonly guardians: GuardianStore
  /** All patient ids of the person that any of them names (identity). */
  readonly tiedPatientIds: (personId: string) => Promise<readonly string[]>
}

export interface CallerWithWards extends Caller {
  /** Person ids of the wards, as the guardianship names them. */
  readonly wards: readonly string[]
}

/** 监护. Only patients and guardians have records of their own here; staff act for an organization. */
export async function findCaller ({ guardians, tiedPatientIds }: FindCallerDeps, principal: Principal): Promise<CallerWithWards> {
  const { role, personId } = principal
  if (personId === null || (role !== 'patient' && role !== 'guardian')) return { principal, patientIds: [], wards: [] }
  const own = await tiedPatientIds(personId)
  // A guardianship may name any of the person's tied ids, also one that was tied later.
  const wards = new Set<string>()
  for (const id of new Set([personId, ...own])) for (const ward of await guardians.wardsOf(id)) wards.add(ward)
  const patientIds = new Set([personId, ...own])
  for (const ward of wards) for (const id of [ward, ...await tiedPatientIds(ward)]) patientIds.add(id)
  return { principal, patientIds: [...patientIds], wards: [...wards] }
}
