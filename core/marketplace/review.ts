import { DomainError } from '../errors.ts'
import type { AuditActor, AuditCase, AuditEvent, AuditKind } from './audit-case.ts'
import { noDoctor } from './doctor.ts'
import { sayDoctor } from './doctor-record.ts'
import { noHospital } from './market-hospital.ts'
import { refuseTakenLicence, type DoctorStores } from './register-doctor.ts'
import { refuseTakenCode, type HospitalStores } from './register-hospital.ts'
import type { MarketTools } from './settings.ts'
import { stepAudit } from './step-audit.ts'

interface Review {
  readonly kind: AuditKind
  readonly id: string
  readonly event: AuditEvent
  readonly actor: AuditActor
}

/** 审核. A reviewer's step, with what follows from it: an approved doctor becomes a record, one who is not any more an inactive one. */
export async function reviewAudit<Stores extends DoctorStores & HospitalStores> (stores: Stores, tools: MarketTools<Stores>, { kind, id, event, actor }: Review, at: Date): Promise<AuditCase> {
  return kind === 'doctor' ? await reviewDoctor(stores, tools, { id, event, actor }, at) : await reviewHospital(stores, tools, { id, event, actor }, at)
}

async function reviewDoctor<Stores extends DoctorStores> (stores: Stores, tools: MarketTools<Stores>, { id, event, actor }: Omit<Review, 'kind'>, at: Date): Promise<AuditCase> {
  const doctor = await stores.doctors.find(id)
  if (doctor === null) throw noDoctor()
  if (event.kind === 'approve') {
    if (doctor.hospitalId === null) throw new DomainError('AUDIT_FINDING_OPEN', 'The employer is not known here. Refuse, and have the hospital register first.', 'acceptedFindings', ['employer_unknown'])
    await refuseTakenLicence(stores.doctors, doctor)
  }
  const audit = await stepAudit(stores, tools.settings, { kind: 'doctor', id, event, actor }, at)
  const isNews = ['approve', 'resume', 'suspend', 'revoke'].includes(event.kind)
  if (isNews) await sayDoctor(stores, tools, { doctor, isActive: audit.state === 'approved', by: actor.by }, at)
  return audit
}

async function reviewHospital<Stores extends HospitalStores> (stores: Stores, tools: Pick<MarketTools<Stores>, 'settings'>, { id, event, actor }: Omit<Review, 'kind'>, at: Date): Promise<AuditCase> {
  const hospital = await stores.marketHospitals.find(id)
  if (hospital === null) throw noHospital()
  if (event.kind === 'approve') await refuseTakenCode(stores.marketHospitals, hospital)
  return await stepAudit(stores, tools.settings, { kind: 'hospital', id, event, actor }, at)
}
