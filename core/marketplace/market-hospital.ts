import { DomainError } from '../errors.ts'
import type { AuditFinding } from './audit-case.ts'
import { isCreditCode } from './credit-code.ts'

/** 第三方医院. One that registered here; whether it is who it says is the audit's (same id). Connected hospitals need none. */
export interface MarketHospital {
  readonly id: string
  readonly accountId: string
  readonly name: string
  /** 统一社会信用代码. */
  readonly creditCode: string
  /** 医疗机构执业许可证登记号. */
  readonly licenceNumber: string
  readonly contactName: string
  /** Sealed. */
  readonly contactPhone: string
  readonly registeredAt: Date
  readonly changedAt: Date
}

export type HospitalEdit = Partial<Pick<MarketHospital, 'name' | 'creditCode' | 'licenceNumber' | 'contactName' | 'contactPhone'>>

const auditedFacts = ['name', 'creditCode', 'licenceNumber'] as const

export function isAuditedHospitalEdit (before: MarketHospital, after: MarketHospital): boolean {
  return auditedFacts.some((fact) => before[fact] !== after[fact])
}

export function refuseCreditCode (code: string): void {
  if (!isCreditCode(code)) throw new DomainError('REQUEST_INVALID', 'The unified social credit code is mistyped: its check character does not fit (GB 32100).', 'creditCode')
}

/** The form of a licence is the national one of 22 characters. */
export function hospitalFindings ({ licenceNumber }: MarketHospital, hasEvidence: boolean): readonly AuditFinding[] {
  return [...hasEvidence ? [] : ['evidence_missing'] as const, ...!/^[0-9A-Z]{22}$/.test(licenceNumber) ? ['licence_form_unusual'] as const : []]
}

export const noHospital = (): DomainError => new DomainError('HOSPITAL_NOT_FOUND', 'No hospital has this id, or not one you may see.')
