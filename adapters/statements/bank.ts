import { fen } from '../../core/money.ts'
import type { StatementItem } from '../../core/payments/index.ts'
import { agree, columnsOf, countOf, type Row } from './columns.ts'
import { fault } from './faults.ts'
import { cellsOf, textLines, type TextLine } from './text-lines.ts'

const neededColumns = ['txnType', 'orderId', 'txnAmt', 'fee', 'merId']

/**
 * 对账文件 of a UnionPay-style gateway: UTF-8, | between fields, the names of the columns in the first line, amounts in
 * fen as the gateway's interface has them. txnType 01 pays, 04 refunds, 31 revokes; the last line is
 * `TOTAL|count|sum of what was paid|sum of what went back`.
 */
export function * bankStatement (content: Uint8Array): Iterable<StatementItem> {
  let read: ((line: TextLine, cells: readonly string[]) => Row) | null = null
  let isSummed = false
  let last = 0
  const sums = { lines: 0, paidFen: 0, backFen: 0 }
  for (const line of textLines(content, 'utf-8')) {
    last = line.number
    if (isSummed) throw fault(line.number, 'it stands behind the summary')
    const cells = cellsOf(line, '|')
    if (read === null) read = columnsOf(line, cells, neededColumns)
    else if (cells[0] === 'TOTAL') {
      agree(line.number, 'count', countOf(cells[1] ?? null, line.number), sums.lines)
      agree(line.number, 'sum of payments', countOf(cells[2] ?? null, line.number), sums.paidFen)
      agree(line.number, 'sum of refunds', countOf(cells[3] ?? null, line.number), sums.backFen)
      isSummed = true
    } else {
      const item = detail(read(line, cells))
      sums.lines += 1
      if (item.amountFen < 0) sums.backFen -= item.amountFen
      else sums.paidFen += item.amountFen
      yield item
    }
  }
  if (last > 0 && !isSummed) throw fault(last, 'the summary is missing behind it')
}

function detail (row: Row): StatementItem {
  const type = row.needed('txnType')
  if (!['01', '04', '31'].includes(type)) throw fault(row.number, 'its type of transaction is not known')
  const isRefund = type !== '01'
  const amountFen = wholeFen(row, 'txnAmt')
  const feeFen = wholeFen(row, 'fee')
  return {
    line: row.number,
    kind: isRefund ? 'refund' : 'payment',
    key: row.needed('orderId'),
    isDone: true,
    amountFen: fen(isRefund ? 0 - Math.abs(amountFen) : amountFen),
    feeFen: fen(isRefund ? 0 - Math.abs(feeFen) : feeFen),
    split: null,
    merchant: row.text('merId'),
    hospitalId: null,
    channelNumber: row.text('queryId'),
    at: row.time('txnTime')
  }
}

function wholeFen (row: Row, name: string): number {
  const text = row.needed(name)
  if (!/^-?\d{1,14}$/.test(text)) throw fault(row.number, `the column ${name} is no whole number of fen`)
  return Number(text)
}
