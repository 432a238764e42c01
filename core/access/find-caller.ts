import type { CalendarDate } from '../clock.ts'
import { isInForce } from './guardianship.ts'
import type { GuardianStore } from './ports.ts'
import { isPersonal, type Caller } from './policy.ts'
import type { Principal } from './principal.ts'

/** What is needed of a patient's record to tell who may see it. */
export interface PersonRecord {
  readonly id: string
  readonly birthDate: string | null
}

export interface FindCallerDeps {
  readonly guardians: Pick<GuardianStore, 'ofGuardian'>
  /** All records of the person that any of them names (identity); an unknown id stands for itself. */
  readonly recordsOf: (personId: string) => Promise<readonly PersonRecord[]>
  /** Business time: a minor's guardian speaks for them until the 18th birthday. */
  readonly today: CalendarDate
}

export interface CallerWithWards extends Caller {
  /** Person ids of the wards, as the guardianship names them. */
  readonly wards: readonly string[]
}

/** 监护. Only patients and guardians have records of their own here; staff act for an organization. */
export async function findCaller ({ guardians, recordsOf, today }: FindCallerDeps, principal: Principal): Promise<CallerWithWards> {
  const { role, personId } = principal
  if (personId === null || !isPersonal(role)) return { principal, patientIds: [], wards: [] }
  const own = new Set([personId, ...(await recordsOf(personId)).map(({ id }) => id)])
  const patientIds = new Set(own)
  const wards = new Set<string>()
  // A guardianship may name any of the person's tied ids, also one that was tied later.
  for (const guardianship of await guardians.ofGuardian([...own])) {
    const { wardPersonId } = guardianship
    if (wardPersonId === null || guardianship.state !== 'confirmed') continue
    const records = await recordsOf(wardPersonId)
    if (!isInForce(guardianship, records.map(({ birthDate }) => birthDate), today)) continue
    wards.add(wardPersonId)
    for (const id of [wardPersonId, ...records.map((record) => record.id)]) patientIds.add(id)
  }
  return { principal, patientIds: [...patientIds], wards: [...wards] }
}
