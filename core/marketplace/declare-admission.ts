import { DomainError } from '../errors.ts'
import type { AdmissionDeclaration, AdmissionStore } from './admission.ts'
import { noHospital } from './market-hospital.ts'
import type { AuditCaseStore } from './ports.ts'
import type { MarketTools } from './settings.ts'

interface DeclareStores {
  readonly admissions: Pick<AdmissionStore, 'save'>
  readonly auditCases: Pick<AuditCaseStore, 'find'>
}

const dayMs = 86_400_000

/** 住院声明 (M4). Only where no system of the hospital could say it. */
export async function declareAdmission<Stores extends DeclareStores> (stores: Stores, { ids, hospitals, connectedIds, settings }: MarketTools<Stores>, { patientId, hospitalId, by }: { readonly patientId: string, readonly hospitalId: string, readonly by: string }, at: Date): Promise<AdmissionDeclaration> {
  if (connectedIds.includes(hospitalId)) throw new DomainError('ADMISSION_KNOWN_BY_HIS', 'This hospital\'s own system tells who lies in. Ask its desk, should it not know of you.', 'hospitalId')
  const isKnown = hospitals.some(({ id }) => id === hospitalId) || (await stores.auditCases.find('hospital', hospitalId))?.state === 'approved'
  if (!isKnown) throw noHospital()
  const declaration: AdmissionDeclaration = { id: ids.next(), patientId, hospitalId, declaredAt: at, declaredBy: by, until: new Date(at.getTime() + settings.declaredDays * dayMs) }
  await stores.admissions.save(declaration)
  return declaration
}
