import type { PractitionerStore } from '../directory/index.ts'
import { DomainError } from '../errors.ts'
import { newAudit, type AuditActor, type AuditCase, type AuditFinding } from './audit-case.ts'
import { edited, findingsOf, isAuditedEdit, noDoctor, type Doctor, type DoctorEdit } from './doctor.ts'
import { sayDoctor } from './doctor-record.ts'
import type { AuditCaseStore, DoctorStore, MarketHospitalStore } from './ports.ts'
import type { MarketTools } from './settings.ts'
import { stepAudit } from './step-audit.ts'

export interface DoctorStores {
  readonly doctors: DoctorStore
  readonly marketHospitals: Pick<MarketHospitalStore, 'find' | 'listApproved'>
  readonly auditCases: AuditCaseStore
  readonly practitioners: Pick<PractitionerStore, 'find'>
}

/** A hospital by its id, or by its name as it is written; neither need be known here. */
export interface Employer {
  readonly hospitalId: string | null
  readonly employer: string | null
}

export interface RegisterDoctor extends Employer, Pick<Doctor, 'accountId' | 'name' | 'staffNumber' | 'title' | 'licenceNumber' | 'licensedOn' | 'specialty' | 'phone' | 'phoneTail' | 'introduction'> {}

/** 医师注册 (M2). A draft; nobody but its owner sees it before it is submitted, nor anybody but reviewers before it is approved. */
export async function registerDoctor<Stores extends DoctorStores> (stores: Stores, tools: MarketTools<Stores>, wanted: RegisterDoctor, at: Date): Promise<Doctor> {
  const { doctors, auditCases } = stores
  if (await doctors.byAccount(wanted.accountId) !== null) throw new DomainError('DOCTOR_STANDS', 'This account has registered a doctor already; edit that one.')
  const employer = await employerOf(stores, tools, wanted)
  const id = await practitionerIdOf(stores, tools, { ...wanted, ...employer })
  const doctor: Doctor = { ...wanted, ...employer, id, registeredAt: at, changedAt: at }
  await refuseTakenLicence(doctors, doctor)
  await doctors.save(doctor)
  await auditCases.add(newAudit('doctor', id))
  return doctor
}

/** The hospital's own Practitioner, where the staff number names one whom nobody has registered yet. */
async function practitionerIdOf<Stores extends DoctorStores> ({ practitioners, doctors }: Stores, { ids, stableId }: MarketTools<Stores>, { hospitalId, staffNumber }: Pick<Doctor, 'hospitalId' | 'staffNumber'>): Promise<string> {
  if (hospitalId === null || staffNumber === null) return ids.next()
  const id = stableId(hospitalId, 'Practitioner', staffNumber)
  if (await practitioners.find(id) === null) return ids.next()
  if (await doctors.find(id) !== null) throw new DomainError('DOCTOR_STANDS', 'This staff number is registered already. If it is yours, tell the platform\'s support.', 'staffNumber')
  return id
}

export async function employerOf<Stores extends DoctorStores> ({ marketHospitals, auditCases }: Stores, { hospitals }: MarketTools<Stores>, { hospitalId, employer }: Employer): Promise<Pick<Doctor, 'hospitalId' | 'employer'>> {
  const known = hospitals.find(({ id, name }) => hospitalId === null ? name === employer : id === hospitalId)
  if (known !== undefined) return { hospitalId: known.id, employer: known.name }
  if (hospitalId === null) {
    const [named] = await marketHospitals.listApproved({ name: employer }, { limit: 1, offset: 0 })
    return named === undefined ? { hospitalId: null, employer: employer ?? '' } : { hospitalId: named.id, employer: named.name }
  }
  const registered = await marketHospitals.find(hospitalId)
  if (registered === null || (await auditCases.find('hospital', hospitalId))?.state !== 'approved') throw new DomainError('REQUEST_INVALID', 'No hospital of this id is connected or registered. Name it in `employer`, and have it register.', 'hospitalId')
  return { hospitalId, employer: registered.name }
}

const standing: readonly string[] = ['approved', 'suspended', 'changed', 'revoked']

/** One licence, one doctor; of two who claim one, the first that is approved has it. */
export async function refuseTakenLicence (doctors: Pick<DoctorStore, 'byLicence'>, { id, licenceNumber }: Pick<Doctor, 'id' | 'licenceNumber'>): Promise<void> {
  const others = await doctors.byLicence(licenceNumber)
  if (others.some((other) => other.id !== id && standing.includes(other.state))) throw new DomainError('DOCTOR_STANDS', 'A doctor with this licence is registered already. If it is yours, tell the platform\'s support.', 'licenceNumber')
}

/** 个人中心. What is reviewed goes back to review when it changes; phone and introduction do not. */
export async function editDoctor<Stores extends DoctorStores> (stores: Stores, tools: MarketTools<Stores>, { id, edit, actor }: { readonly id: string, readonly edit: DoctorEdit, readonly actor: AuditActor }, at: Date): Promise<Doctor> {
  const before = await stores.doctors.find(id)
  if (before === null) throw noDoctor()
  const after = edited(before, edit, at)
  await stores.doctors.save(after)
  if (!isAuditedEdit(before, after)) return after
  await refuseTakenLicence(stores.doctors, after)
  const audit = await stepAudit(stores, tools.settings, { kind: 'doctor', id, event: { kind: 'change', findings: await findingsNow(stores, tools, after, at) }, actor }, at)
  if (audit.state === 'changed') await sayDoctor(stores, tools, { doctor: before, isActive: false, by: actor.by }, at)
  return after
}

export async function submitDoctor<Stores extends DoctorStores> (stores: Stores, tools: MarketTools<Stores>, { id, actor }: { readonly id: string, readonly actor: AuditActor }, at: Date): Promise<AuditCase> {
  const doctor = await stores.doctors.find(id)
  if (doctor === null) throw noDoctor()
  return await stepAudit(stores, tools.settings, { kind: 'doctor', id, event: { kind: 'submit', findings: await findingsNow(stores, tools, doctor, at) }, actor }, at)
}

async function findingsNow<Stores extends DoctorStores> ({ practitioners, auditCases }: Stores, { calendar }: MarketTools<Stores>, doctor: Doctor, at: Date): Promise<readonly AuditFinding[]> {
  return findingsOf(doctor, { known: await practitioners.find(doctor.id), hasEvidence: (await auditCases.evidenceOf('doctor', doctor.id)).length > 0, today: calendar(at) })
}
