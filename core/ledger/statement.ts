import { samePerson, type PatientStore } from '../identity/index.ts'
import { patientReceivable } from './account.ts'
import type { LedgerStore, StatementLine } from './ports.ts'

interface StatementDeps {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly ledger: Pick<LedgerStore, 'statement'>
}

/** 对账单. The lines of a person over all tied records, page by page. */
export async function statement ({ patients, ledger }: StatementDeps, patientId: string, page: { readonly limit: number, readonly offset: number }): Promise<readonly StatementLine[]> {
  const patientIds = await samePerson({ patients }, patientId)
  return await ledger.statement(patientIds.map(patientReceivable), page)
}
