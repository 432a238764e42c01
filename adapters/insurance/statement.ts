import { createHash } from 'node:crypto'
import type { CalendarDate } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { fen, sumFen, type Fen } from '../../core/money.ts'
import { insurerRefused, insurerSilent, type CallInsurer } from './call.ts'
import { objectOf, readInterfaceTime, textOf } from './envelope.ts'
import { lineKinds, transactions, type LineKind } from './transactions.ts'
import { fenOfYuan, yuanOfFen } from './yuan.ts'

/** Columns of the file of 3202, tab between them, one line each, UTF-8; amounts in decimal yuan, found by name. */
export const statementColumns = ['trns_type', 'setl_id', 'med_org_ord', 'pay_ord_id', 'orig_ord', 'trns_time', 'medfee_sumamt', 'fund_pay_sumamt', 'acct_pay', 'psn_cash_pay'] as const

export interface StatementLine {
  readonly kind: LineKind
  /** Of settle and reverse: the settlement. */
  readonly settlementNumber: string
  /** Of pay: our order number; of refund: our refund number. */
  readonly ourNumber: string
  readonly channelNumber: string
  /** Of refund: the order it goes back from. */
  readonly orderNumber: string
  readonly at: Date
  readonly totalFen: Fen
  readonly fundFen: Fen
  readonly accountFen: Fen
  readonly cashFen: Fen
}

const invalid = (place: string): DomainError => new DomainError('STATEMENT_INVALID', 'The statement of the insurer cannot be read. Fetch it again; if it stays, ask the insurer.', place)

/** Strict: a column that is missing, an amount that is no whole number of fen, a time that is none refuses the whole. */
export function readStatement (bytes: Uint8Array): readonly StatementLine[] {
  const [head = '', ...rows] = Buffer.from(bytes).toString('utf8').replace(/^\uFEFF/, '').split(/\r?\n/)
  const names = head.split('\t').map((name) => name.trim())
  const missing = statementColumns.find((name) => !names.includes(name))
  if (missing !== undefined) throw invalid(missing)
  return rows.flatMap((row, place) => row.trim() === '' ? [] : [lineOf(row.split('\t'), names, `line ${place + 2}`)])
}

function lineOf (cells: readonly string[], names: readonly string[], place: string): StatementLine {
  const cell = (name: typeof statementColumns[number]): string => (cells[names.indexOf(name)] ?? '').trim()
  const amount = (name: typeof statementColumns[number]): Fen => {
    const value = fenOfYuan(cell(name))
    if (value === null) throw invalid(`${place} ${name}`)
    return value
  }
  const kind = lineKinds.find((each) => each === cell('trns_type'))
  const at = readInterfaceTime(cell('trns_time'))
  if (kind === undefined || at === null) throw invalid(place)
  return {
    kind, settlementNumber: cell('setl_id'), ourNumber: cell('med_org_ord'), channelNumber: cell('pay_ord_id'), orderNumber: cell('orig_ord'), at,
    totalFen: amount('medfee_sumamt'), fundFen: amount('fund_pay_sumamt'), accountFen: amount('acct_pay'), cashFen: amount('psn_cash_pay')
  }
}

/**
 * 3202 and 3201. The file must have the hash that the signed answer names, and the insurer must find its own totals in it
 * (3201); else it is refused. Null: not made yet.
 */
export async function fetchStatement (call: CallInsurer, day: CalendarDate, requestId: string): Promise<Uint8Array | null> {
  const fetched = await call({ infno: transactions.statement, requestId, hospitalId: null, input: { data: { stmt_begndate: day, stmt_enddate: day } } })
  if (fetched.kind === 'unknown') throw insurerSilent()
  if (fetched.kind === 'rejected') {
    if (fetched.code === 'STATEMENT_NOT_READY') return null
    throw insurerRefused(fetched.code)
  }
  const { file, sha256 } = objectOf(fetched.output['fileinfo']) ?? {}
  const bytes = Buffer.from(textOf(file), 'base64')
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw invalid('sha256')
  const lines = readStatement(bytes)
  const totals = {
    stmt_begndate: day, stmt_enddate: day, fixmedins_setl_cnt: lines.length,
    medfee_sumamt: yuanOfFen(signedSum(lines, 'totalFen')), fund_pay_sumamt: yuanOfFen(signedSum(lines, 'fundFen')), acct_pay: yuanOfFen(signedSum(lines, 'accountFen'))
  }
  const checked = await call({ infno: transactions.checkTotals, requestId, hospitalId: null, input: { data: totals } })
  if (checked.kind === 'unknown') throw insurerSilent()
  if (checked.kind === 'rejected') throw insurerRefused(checked.code)
  if (objectOf(checked.output['stmtinfo'])?.['stmt_rslt'] !== '0') throw invalid('totals')
  return bytes
}

/** What went back counts against what came. */
export function signedSum (lines: readonly StatementLine[], amount: 'totalFen' | 'fundFen' | 'accountFen'): Fen {
  return sumFen(lines.map((line) => line.kind === 'settle' || line.kind === 'pay' ? line[amount] : fen(0 - line[amount])))
}
