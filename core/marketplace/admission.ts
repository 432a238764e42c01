import type { VisitStore } from '../visits/index.ts'

/** 住院声明. Where the hospital's own system is not connected the person says so; nobody has verified it. */
export interface AdmissionDeclaration {
  readonly id: string
  readonly patientId: string
  readonly hospitalId: string
  readonly declaredAt: Date
  readonly declaredBy: string
  readonly until: Date
}

export interface AdmissionStore {
  readonly save: (declaration: AdmissionDeclaration) => Promise<void>
  /** That are not over, the newest first. */
  readonly inForce: (patientIds: readonly string[], at: Date, limit: number) => Promise<readonly AdmissionDeclaration[]>
}

/** his: an inpatient visit that goes on or is planned. declared: the person's own word. */
export interface Admission {
  readonly hospitalId: string
  readonly by: 'his' | 'declared'
}

const mostVisits = 200
const mostDeclared = 20

/** 住院. Open or planned inpatient visits (Encounter class IMP) of connected hospitals, and declarations for the others. */
export async function admissionsOf ({ visits, admissions }: { readonly visits: Pick<VisitStore, 'list'>, readonly admissions: Pick<AdmissionStore, 'inForce'> }, patientIds: readonly string[], at: Date): Promise<readonly Admission[]> {
  if (patientIds.length === 0) return []
  const known = (await visits.list({ patientIds, hospitalId: null, state: null }, { limit: mostVisits, offset: 0 }))
    .filter((visit) => visit.class === 'inpatient' && ['planned', 'registered', 'in_progress'].includes(visit.state))
    .map(({ hospitalId }) => ({ hospitalId, by: 'his' as const }))
  const declared = (await admissions.inForce(patientIds, at, mostDeclared)).map(({ hospitalId }) => ({ hospitalId, by: 'declared' as const }))
  const all = [...known, ...declared]
  return all.filter(({ hospitalId }, place) => all.findIndex((other) => other.hospitalId === hospitalId) === place)
}
