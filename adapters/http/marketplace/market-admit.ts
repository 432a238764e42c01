import type { FastifyRequest } from 'fastify'
import type { AuditActor, AuditCase, AuditCaseStore, AuditKind, Doctor, DoctorStore, MarketHospital, MarketHospitalStore } from '../../../core/marketplace/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { noAudit, noDoctor, noHospital } from '../../../core/marketplace/index.ts'
import { callerOf, limitsFor, noteAccess } from '../access.ts'

export interface MarketReadStores {
  readonly doctors: DoctorStore
  readonly marketHospitals: MarketHospitalStore
  readonly auditCases: AuditCaseStore
}

export function actorOf (request: FastifyRequest): AuditActor {
  const { tokenId, personId } = callerOf(request).principal
  return { by: tokenId, personId }
}

/** Registering is done by somebody who has proven a phone. */
export function accountIn (request: FastifyRequest): string {
  const { accountId } = callerOf(request).principal
  if (accountId === undefined) throw new DomainError('SESSION_NOT_FOUND', 'This token belongs to no account. Log in by phone (POST /v1/sessions) or by WeChat and use that token.')
  return accountId
}

/** The owner's own, by the account that registered it or by the doctor's token; anybody else's does not exist. */
export async function admitOwnDoctor (request: FastifyRequest, { doctors, auditCases }: Pick<MarketReadStores, 'doctors' | 'auditCases'>, id: string | null): Promise<{ readonly doctor: Doctor, readonly audit: AuditCase }> {
  const { principal: { role, personId, accountId } } = callerOf(request)
  const doctor = role === 'doctor' ? await doctors.find(personId ?? '') : accountId === undefined ? null : await doctors.byAccount(accountId)
  const isOwn = doctor !== null && (id === null || doctor.id === id)
  noteAccess(request, { target: 'doctor', targetId: id ?? doctor?.id ?? null, patientId: null, outcome: isOwn ? 'allowed' : 'refused' })
  if (!isOwn) throw noDoctor()
  const audit = await auditCases.find('doctor', doctor.id)
  if (audit === null) throw noAudit()
  return { doctor, audit }
}

export async function admitOwnHospital (request: FastifyRequest, { marketHospitals, auditCases }: Pick<MarketReadStores, 'marketHospitals' | 'auditCases'>, id: string): Promise<{ readonly hospital: MarketHospital, readonly audit: AuditCase }> {
  const { principal: { role, organizationId, accountId } } = callerOf(request)
  const hospital = await marketHospitals.find(id)
  const isOwn = hospital !== null && (role === 'hospital' ? organizationId === id : accountId !== undefined && hospital.accountId === accountId)
  const audit = isOwn || (hospital !== null && seesAll(request)) ? await auditCases.find('hospital', id) : null
  noteAccess(request, { target: 'hospital', targetId: id, patientId: null, outcome: audit === null ? 'refused' : 'allowed' })
  if (audit === null || hospital === null) throw noHospital()
  return { hospital, audit }
}

/** Platform staff who may look into any audit. */
export function seesAll (request: FastifyRequest): boolean {
  const { role } = callerOf(request).principal
  if (['patient', 'guardian', 'doctor', 'hospital'].includes(role)) return false
  const { patientIds, hospitalId } = limitsFor(request, 'qualification.read')
  return patientIds === null && hospitalId === null
}

/** An audit of one's own doctor or hospital, or any for the platform. */
export async function admitAudit (request: FastifyRequest, stores: MarketReadStores, { kind, id }: { readonly kind: AuditKind, readonly id: string }): Promise<AuditCase> {
  if (!seesAll(request)) return kind === 'doctor' ? (await ownOr404(admitOwnDoctor(request, stores, id))).audit : (await ownOr404(admitOwnHospital(request, stores, id))).audit
  const audit = await stores.auditCases.find(kind, id)
  noteAccess(request, { target: `audit-${kind}`, targetId: id, patientId: null, outcome: audit === null ? 'refused' : 'allowed' })
  if (audit === null) throw noAudit()
  return audit
}

async function ownOr404<Found> (looking: Promise<Found>): Promise<Found> {
  try {
    return await looking
  } catch (error) {
    if (error instanceof DomainError && (error.code === 'DOCTOR_NOT_FOUND' || error.code === 'HOSPITAL_NOT_FOUND')) throw noAudit()
    throw error
  }
}
