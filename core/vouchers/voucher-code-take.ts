import { DomainError, type ErrorCode } from '../errors.ts'
import type { VoucherStores } from './ports.ts'
import type { VoucherTools } from './settings.ts'
import { confirmUse } from './use-voucher.ts'
import { clockSkewMs } from './voucher-code-offline.ts'
import type { OfflineOutcome, OfflineRefusal } from './voucher-code-ports.ts'
import type { OfflineTaking } from './voucher-code-sync.ts'

/**
 * The use as it would have been confirmed when it happened: by the same decision as at the counter, at the hospital's own
 * time. What cannot be taken back (spent, void, run out meanwhile) stands; the refusal names it.
 */
export async function takeOfflineUse (stores: VoucherStores, tools: VoucherTools, { voucher, hospitalId, patientId, usedAt, by }: OfflineTaking): Promise<OfflineOutcome> {
  const person = await stores.patients.find(patientId)
  const records = person === null ? [] : await stores.patients.byPerson(person.personId)
  if (voucher.issuedAt !== null && usedAt.getTime() < voucher.issuedAt.getTime() - clockSkewMs) return { kind: 'refused', reason: 'not_issued_then' }
  try {
    const use = await confirmUse(stores, tools, {
      voucherId: voucher.id, hospitalId, by, patientIds: records.map(({ id }) => id), patientId: records.find((record) => record.hospitalId === hospitalId && record.active)?.id ?? null
    }, usedAt)
    return { kind: 'taken', useId: use.id }
  } catch (error) {
    const reason = error instanceof DomainError ? refusalOf(error) : null
    if (reason === null) throw error
    return { kind: 'refused', reason }
  }
}

const byCode: Readonly<Partial<Record<ErrorCode, OfflineRefusal>>> = {
  VOUCHER_BOOKED_ELSEWHERE: 'booked_elsewhere', VOUCHER_NOT_FOR_HOSPITAL: 'other_hospital', VOUCHER_OF_ANOTHER_PERSON: 'other_person', VOUCHER_PARTY_INACTIVE: 'hospital_inactive', VOUCHER_BATCH_RECALLED: 'void'
}
const byState: Readonly<Record<string, OfflineRefusal>> = { void: 'void', expired: 'expired_meanwhile', used: 'spent', examined: 'spent', redeemed: 'spent' }

/** Null: no decision about the voucher, but e.g. a store that does not answer; then nothing of the entry stays. */
function refusalOf ({ code, reasons = [] }: DomainError): OfflineRefusal | null {
  const [said = ''] = reasons
  if (code === 'VOUCHER_STATE_REFUSED') return byState[said] ?? 'not_issued_then'
  if (code === 'VOUCHER_NOT_IN_TIME') return said === 'not_yet_valid' ? 'not_yet_valid' : 'expired'
  return byCode[code] ?? null
}
