import type { InsuranceGateway, Outcome } from '../../core/pay-after-care/index.ts'
import type { CallInsurer } from './call.ts'
import { objectOf, textOf } from './envelope.ts'
import { residentIdCredential, transactions } from './transactions.ts'

type Locks = { readonly [Name in 'lock' | 'unlock']: NonNullable<InsuranceGateway[Name]> }

/**
 * 医保卡锁定. A capability of a local platform. The key is both the lock's number there and what the message's id follows
 * from, so a repetition, also after an answer that was lost, is the same lock.
 */
export function cardLocks (call: CallInsurer): Locks {
  const ask = async (infno: string, key: string, data: Readonly<Record<string, unknown>>): Promise<Outcome<{ readonly receiptId: string }>> => {
    const called = await call({ infno, requestId: key, hospitalId: null, input: { data: { lock_no: key, ...data } } })
    if (called.kind !== 'ok') return called
    const receiptId = textOf(objectOf(called.output['data'])?.['receipt_no'])
    return receiptId === '' ? { kind: 'unknown' } : { kind: 'ok', value: { receiptId } }
  }
  const whose = ({ residentId, name }: { readonly residentId: string, readonly name: string }) => ({ mdtrt_cert_type: residentIdCredential, mdtrt_cert_no: residentId, psn_name: name })
  return {
    lock: async ({ key, person, legalBasis }) => legalBasis.trim() === '' ? { kind: 'rejected', code: 'LEGAL_BASIS_MISSING' } : await ask(transactions.lockCard, key, { ...whose(person), legal_basis: legalBasis }),
    unlock: ({ key, person }) => ask(transactions.unlockCard, key, whose(person))
  }
}
