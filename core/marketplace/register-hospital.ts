import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { newAudit, type AuditActor, type AuditCase } from './audit-case.ts'
import { hospitalFindings, isAuditedHospitalEdit, noHospital, refuseCreditCode, type HospitalEdit, type MarketHospital } from './market-hospital.ts'
import type { AuditCaseStore, MarketHospitalStore } from './ports.ts'
import type { MarketSettings } from './settings.ts'
import { stepAudit } from './step-audit.ts'

export interface HospitalStores {
  readonly marketHospitals: MarketHospitalStore
  readonly auditCases: AuditCaseStore
}

interface HospitalTools {
  readonly ids: Ids
  readonly settings: MarketSettings
}

/** 医院注册 (M3). A draft, to be submitted for authentication. */
export async function registerHospital ({ marketHospitals, auditCases }: HospitalStores, { ids }: HospitalTools, wanted: Omit<MarketHospital, 'id' | 'registeredAt' | 'changedAt'>, at: Date): Promise<MarketHospital> {
  if (await marketHospitals.byAccount(wanted.accountId) !== null) throw new DomainError('HOSPITAL_STANDS', 'This account has registered a hospital already; edit that one.')
  const hospital: MarketHospital = { ...wanted, id: ids.next(), registeredAt: at, changedAt: at }
  await refuseTakenCode(marketHospitals, hospital)
  await marketHospitals.save(hospital)
  await auditCases.add(newAudit('hospital', hospital.id))
  return hospital
}

const standing: readonly string[] = ['approved', 'suspended', 'changed', 'revoked']

export async function refuseTakenCode (marketHospitals: Pick<MarketHospitalStore, 'byCreditCode'>, { id, creditCode }: Pick<MarketHospital, 'id' | 'creditCode'>): Promise<void> {
  refuseCreditCode(creditCode)
  const others = await marketHospitals.byCreditCode(creditCode)
  if (others.some((other) => other.id !== id && standing.includes(other.state))) throw new DomainError('HOSPITAL_STANDS', 'A hospital of this code is registered already.', 'creditCode')
}

/** Name, code and licence go back to review when they change; who is to be asked does not. */
export async function editHospital (stores: HospitalStores, tools: HospitalTools, { id, edit, actor }: { readonly id: string, readonly edit: HospitalEdit, readonly actor: AuditActor }, at: Date): Promise<MarketHospital> {
  const { marketHospitals } = stores
  const before = await marketHospitals.find(id)
  if (before === null) throw noHospital()
  const after: MarketHospital = { ...before, ...edit, changedAt: at }
  await marketHospitals.save(after)
  if (!isAuditedHospitalEdit(before, after)) return after
  await refuseTakenCode(marketHospitals, after)
  await stepAudit(stores, tools.settings, { kind: 'hospital', id, event: { kind: 'change', findings: await findingsNow(stores, after) }, actor }, at)
  return after
}

export async function submitHospital (stores: HospitalStores, tools: HospitalTools, { id, actor }: { readonly id: string, readonly actor: AuditActor }, at: Date): Promise<AuditCase> {
  const hospital = await stores.marketHospitals.find(id)
  if (hospital === null) throw noHospital()
  return await stepAudit(stores, tools.settings, { kind: 'hospital', id, event: { kind: 'submit', findings: await findingsNow(stores, hospital) }, actor }, at)
}

async function findingsNow ({ auditCases }: HospitalStores, hospital: MarketHospital): Promise<ReturnType<typeof hospitalFindings>> {
  return hospitalFindings(hospital, (await auditCases.evidenceOf('hospital', hospital.id)).length > 0)
}
