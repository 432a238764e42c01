import { fen } from '../../core/money.ts'
import type { StatementItem } from '../../core/payments/index.ts'
import { agree, columnsOf, countOf, type Row } from './columns.ts'
import { fault } from './faults.ts'
import { textLines, type TextLine } from './text-lines.ts'

const neededColumns = ['交易时间', '商户号', '商户订单号', '交易状态', '订单金额|应结订单金额', '商户退款单号', '手续费']
const totalsHead = '总交易单数'

interface Sums { lines: number, orderFen: number, refundFen: number, feeFen: number }

/**
 * 交易账单 of WeChat Pay, trade bill ALL: amounts in yuan, a backtick before every field of a detail line, columns by
 * their names since the sets differ by merchant. Two summary lines end it; without them it was cut off.
 */
export function * wechatStatement (content: Uint8Array): Iterable<StatementItem> {
  let read: ((line: TextLine, cells: readonly string[]) => Row) | null = null
  let total: ((line: TextLine, cells: readonly string[]) => Row) | null = null
  let isSummed = false
  let last = 0
  const sums: Sums = { lines: 0, orderFen: 0, refundFen: 0, feeFen: 0 }
  for (const line of textLines(content, 'utf-8')) {
    last = line.number
    if (isSummed) throw fault(line.number, 'it stands behind the summary')
    if (!line.text.startsWith('`')) {
      const names = line.text.split(',').map((name) => name.trim())
      if (read === null) read = columnsOf(line, names, neededColumns)
      else if (names.includes(totalsHead) && total === null) total = columnsOf(line, names, [totalsHead])
      else throw fault(line.number, 'its fields lack their backticks')
      continue
    }
    if (read === null) throw fault(line.number, 'no line with the names of the columns stands before it')
    const cells = line.text.slice(1).split(',`').map((cell) => cell.trim())
    if (total === null) yield detail(read(line, cells), sums)
    else { checkTotals(total(line, cells), sums); isSummed = true }
  }
  if (last > 0 && !isSummed) throw fault(last, 'the summary is missing behind it')
}

function detail (row: Row, sums: Sums): StatementItem {
  const state = row.needed('交易状态')
  const isRefund = state === 'REFUND' || state === 'REVOKED'
  if (!isRefund && state !== 'SUCCESS') throw fault(row.number, 'its state of trade is not known')
  const amountFen = isRefund ? row.yuan('申请退款金额', '退款金额') : row.yuan('订单金额', '应结订单金额')
  // Not used, but a file with a broken amount anywhere is not trusted.
  for (const name of ['应结订单金额', '退款金额']) row.yuanOrZero(name)
  const feeFen = row.yuanOrZero('手续费')
  sums.lines += 1
  sums.feeFen += feeFen
  if (isRefund) sums.refundFen += amountFen
  else sums.orderFen += amountFen
  return {
    line: row.number,
    kind: isRefund ? 'refund' : 'payment',
    key: isRefund ? row.needed('商户退款单号') : row.needed('商户订单号'),
    isDone: !isRefund || ['SUCCESS', null].includes(row.text('退款状态')),
    amountFen: fen(isRefund ? 0 - amountFen : amountFen),
    feeFen,
    split: null,
    merchant: row.text('商户号'),
    hospitalId: null,
    channelNumber: isRefund ? row.text('微信退款单号') : row.text('微信订单号'),
    at: row.time('交易时间')
  }
}

function checkTotals (row: Row, sums: Sums): void {
  agree(row.number, 'count', countOf(row.text(totalsHead), row.number), sums.lines)
  if (row.text('订单总金额') !== null) agree(row.number, 'sum of orders', row.yuan('订单总金额'), sums.orderFen)
  if (row.text('申请退款总金额') !== null) agree(row.number, 'sum of refunds', row.yuan('申请退款总金额'), sums.refundFen)
  if (row.text('手续费总金额') !== null) agree(row.number, 'sum of fees', row.yuan('手续费总金额'), sums.feeFen)
}
