import type { Caller, Role } from '../access/index.ts'
import { hasBenefit, seeAllBenefit, type MemberStores } from '../membership/index.ts'
import type { VisitStore } from '../visits/index.ts'
import { admissionsOf, type Admission, type AdmissionStore } from './admission.ts'
import type { AuditState } from './audit-case.ts'
import type { Doctor } from './doctor.ts'
import type { AuditCaseStore, DoctorStore, MarketHospitalStore } from './ports.ts'
import { mayView, scopeOf, type Viewer } from './visibility.ts'

export interface ViewStores extends MemberStores {
  readonly doctors: DoctorStore
  readonly marketHospitals: Pick<MarketHospitalStore, 'find'>
  readonly auditCases: Pick<AuditCaseStore, 'find'>
  readonly admissions: Pick<AdmissionStore, 'inForce'>
  readonly visits: Pick<VisitStore, 'list'>
}

const platformRoles: readonly Role[] = ['reviewer', 'support', 'finance', 'operator', 'administrator', 'auditor']

/** Whoever asks, as of this very instant: a membership that is over by now opens nothing. */
export async function viewerOf (stores: ViewStores, { principal: { role, personId, organizationId }, patientIds }: Caller, at: Date): Promise<{ readonly viewer: Viewer, readonly admissions: readonly Admission[] }> {
  const seen = (viewer: Viewer): { readonly viewer: Viewer, readonly admissions: readonly Admission[] } => ({ viewer, admissions: [] })
  if (role === 'patient' || role === 'guardian') {
    const admissions = await admissionsOf(stores, patientIds, at)
    return { viewer: { kind: 'patient', admittedTo: admissions.map(({ hospitalId }) => hospitalId) }, admissions }
  }
  if (role === 'hospital') return seen(organizationId === null ? { kind: 'nobody' } : await hospitalViewer(stores, organizationId, at))
  if (role === 'doctor') return seen({ kind: 'doctor', doctorId: personId })
  return seen({ kind: platformRoles.includes(role) ? 'platform' : 'nobody' })
}

async function hospitalViewer (stores: ViewStores, hospitalId: string, at: Date): Promise<Viewer> {
  const isRegistered = await stores.marketHospitals.find(hospitalId) !== null
  const isIn = !isRegistered || (await stores.auditCases.find('hospital', hospitalId))?.state === 'approved'
  if (!isIn) return { kind: 'nobody' }
  return { kind: 'hospital', hospitalId, seesAll: await hasBenefit(stores, { kind: 'hospital', id: hospitalId }, seeAllBenefit, at) }
}

/** A doctor whom this caller may see and ask for now; null: there is none, for this caller. */
export async function visibleDoctor (stores: ViewStores, caller: Caller, practitionerId: string, at: Date): Promise<Doctor | null> {
  const found = await doctorOf(stores, practitionerId)
  if (found === null || found.auditState !== 'approved') return null
  const { viewer } = await viewerOf(stores, caller, at)
  return mayView(found, viewer) ? found : null
}

/** A doctor of the market in whatever state; null: this practitioner has not registered. */
async function doctorOf ({ doctors, auditCases }: Pick<ViewStores, 'doctors' | 'auditCases'>, practitionerId: string): Promise<Doctor & { readonly auditState: AuditState } | null> {
  const doctor = await doctors.find(practitionerId)
  if (doctor === null) return null
  return { ...doctor, auditState: (await auditCases.find('doctor', practitionerId))?.state ?? 'draft' }
}

interface Wanted {
  readonly hospitalId: string | null
  readonly specialty: string | null
}

/** Those whom this caller may see, by name. A hospital without a membership finds its own staff where it asks for it, and nobody in the market (acceptance 9). */
export async function visibleDoctors (stores: ViewStores, viewer: Viewer, wanted: Wanted, page: { readonly limit: number, readonly offset: number }): Promise<readonly Doctor[]> {
  const isOutside = viewer.kind === 'hospital' && !viewer.seesAll && wanted.hospitalId !== viewer.hospitalId
  const scope = isOutside ? null : scopeOf(viewer)
  return scope === null ? [] : await stores.doctors.listApproved({ ...scope, ...wanted }, page)
}
