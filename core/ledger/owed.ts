import { samePerson, type PatientStore } from '../identity/index.ts'
import { sumFen, type Fen } from '../money.ts'
import { patientReceivable } from './account.ts'
import type { LedgerStore, StatementLine } from './ports.ts'

export interface Owed {
  readonly patientIds: readonly string[]
  /** 应还. Negative: the hospitals hold money of the person. */
  readonly owedFen: Fen
  readonly hospitals: ReadonlyArray<{ readonly hospitalId: string, readonly owedFen: Fen, readonly lines: readonly StatementLine[] }>
}

interface OwedDeps {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly ledger: Pick<LedgerStore, 'balances' | 'statement'>
}

/**
 * What a person owes over all records that are tied to this one, by hospital: every hospital has its own books. Sums
 * are complete; the lines behind them are at most `linesMax` in all.
 */
export async function owedByPerson ({ patients, ledger }: OwedDeps, patientId: string, linesMax = 500): Promise<Owed> {
  const patientIds = await samePerson({ patients }, patientId)
  const accounts = patientIds.map(patientReceivable)
  const balances = await ledger.balances(accounts)
  const lines = await ledger.statement(accounts, { limit: linesMax, offset: 0 })
  const hospitalIds = [...new Set(balances.map(({ hospitalId }) => hospitalId))].sort()
  return {
    patientIds,
    owedFen: sumFen(balances.map(({ balanceFen }) => balanceFen)),
    hospitals: hospitalIds.map((hospitalId) => ({
      hospitalId,
      owedFen: sumFen(balances.filter((balance) => balance.hospitalId === hospitalId).map(({ balanceFen }) => balanceFen)),
      lines: lines.filter((line) => line.hospitalId === hospitalId)
    }))
  }
}
