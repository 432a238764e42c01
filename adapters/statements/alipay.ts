import { fen } from '../../core/money.ts'
import type { StatementItem } from '../../core/payments/index.ts'
import { agree, columnsOf, countOf, type Row } from './columns.ts'
import { fault } from './faults.ts'
import { cellsOf, textLines, type TextLine } from './text-lines.ts'

const neededColumns = ['商户订单号', '业务类型', '订单金额（元）', '退款批次号/请求号', '服务费（元）']

interface Sums { trades: number, refunds: number }

/**
 * 业务明细 of Alipay: GBK, comment lines that begin with #, columns by their names, a tab behind long numbers. Fees are
 * negative where Alipay keeps them, refunds are negative amounts. The comments behind the lines count them.
 */
export function * alipayStatement (content: Uint8Array): Iterable<StatementItem> {
  let read: ((line: TextLine, cells: readonly string[]) => Row) | null = null
  let merchant: string | null = null
  let last = 0
  const sums: Sums = { trades: 0, refunds: 0 }
  const counted = { trades: false, refunds: false }
  for (const line of textLines(content, 'gb18030')) {
    last = line.number
    if (line.text.startsWith('#')) {
      merchant ??= /^#账号[:：]\s*\[(\w+)\]/.exec(line.text)?.[1] ?? null
      checkComment(line, sums, counted)
    } else if (read === null) read = columnsOf(line, cellsOf(line, ','), neededColumns)
    else yield detail(read(line, cellsOf(line, ',')), { merchant, sums })
  }
  if (last > 0 && !(counted.trades && counted.refunds)) throw fault(last, 'the counts are missing behind it')
}

function detail (row: Row, { merchant, sums }: { readonly merchant: string | null, readonly sums: Sums }): StatementItem {
  const kind = row.needed('业务类型')
  if (kind !== '交易' && kind !== '退款') throw fault(row.number, 'its kind of business is not known')
  const isRefund = kind === '退款'
  const amountFen = row.yuan('订单金额（元）')
  if (isRefund ? amountFen > 0 : amountFen < 0) throw fault(row.number, 'its amount has the wrong sign')
  if (isRefund) sums.refunds += 1
  else sums.trades += 1
  return {
    line: row.number,
    kind: isRefund ? 'refund' : 'payment',
    key: isRefund ? row.needed('退款批次号/请求号') : row.needed('商户订单号'),
    isDone: true,
    amountFen,
    feeFen: fen(0 - row.yuanOrZero('服务费（元）')),
    split: null,
    merchant,
    hospitalId: null,
    channelNumber: row.text('支付宝交易号'),
    at: row.time('完成时间', '创建时间')
  }
}

function checkComment ({ number, text }: TextLine, sums: Sums, counted: { trades: boolean, refunds: boolean }): void {
  const [, what, count] = /^#(交易|退款)合计[:：]\s*(\d+)\s*笔/.exec(text) ?? []
  if (what === '交易') { agree(number, 'count of trades', countOf(count ?? null, number), sums.trades); counted.trades = true }
  if (what === '退款') { agree(number, 'count of refunds', countOf(count ?? null, number), sums.refunds); counted.refunds = true }
}
