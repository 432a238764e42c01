import { fen } from '../../core/money.ts'
import type { StatementItem } from '../../core/payments/index.ts'
import { columnsOf, type Row } from './columns.ts'
import { fault } from './faults.ts'
import { cellsOf, textLines, type TextLine } from './text-lines.ts'

const neededColumns = ['trns_type', 'setl_id', 'med_org_ord', 'medfee_sumamt', 'fund_pay_sumamt', 'acct_pay', 'psn_cash_pay']
const kinds = { settle: 'settlement', reverse: 'settlement_reversal', pay: 'payment', refund: 'refund' } as const

/**
 * The file of 3202: a tab between fields, names of the national interface, decimal yuan without signs. Settlements and
 * their reversals go by the settlement's number, payments by insurance card by ours. Its totals are proven by 3201.
 */
export function * insuranceStatement (content: Uint8Array): Iterable<StatementItem> {
  let read: ((line: TextLine, cells: readonly string[]) => Row) | null = null
  for (const line of textLines(content, 'utf-8')) {
    const cells = cellsOf(line, '\t')
    if (read === null) read = columnsOf(line, cells, neededColumns)
    else yield detail(read(line, cells))
  }
}

function detail (row: Row): StatementItem {
  const type = row.needed('trns_type')
  if (!Object.hasOwn(kinds, type)) throw fault(row.number, 'its type of transaction is not known')
  const kind = kinds[type as keyof typeof kinds]
  const sign = type === 'settle' || type === 'pay' ? 1 : -1
  const [totalFen, fundFen, accountFen, cashFen] = [row.yuan('medfee_sumamt'), row.yuan('fund_pay_sumamt'), row.yuan('acct_pay'), row.yuan('psn_cash_pay')]
  if (kind.startsWith('settlement') && totalFen !== fundFen + accountFen + cashFen) throw fault(row.number, 'its parts do not add up to its total')
  const signed = (amount: number): ReturnType<typeof fen> => fen(sign * amount + 0)
  return {
    line: row.number,
    kind,
    key: kind.startsWith('settlement') ? row.needed('setl_id') : row.needed('med_org_ord'),
    isDone: true,
    amountFen: signed(totalFen),
    feeFen: fen(0),
    split: kind.startsWith('settlement') ? { fundFen: signed(fundFen), accountFen: signed(accountFen), cashFen: signed(cashFen) } : null,
    merchant: null,
    hospitalId: row.text('fixmedins_code'),
    channelNumber: row.text('pay_ord_id'),
    at: row.time('trns_time')
  }
}
