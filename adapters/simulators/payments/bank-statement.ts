import type { CalendarDate } from '../../../core/clock.ts'
import { beijingDigits } from '../../payments/beijing-time.ts'
import type { BankMerchant } from './bank-call.ts'
import type { Refunded, Trade } from './book.ts'
import type { Channel, StatementOf } from './channel.ts'

type Column = readonly [name: string, ofTrade: (trade: Trade) => string, ofRefund: (refund: Refunded) => string]

/** 0.38 %, to the fen. */
const feeOf = (amountFen: number): string => String(Math.round(amountFen * 38 / 10_000))

/** Amounts in fen, names in the first line, the order of columns by the day's seed, sums in the last line. */
export function bankStatementText ({ book }: Channel, { merchantId }: BankMerchant, { day, made: { fault, chance } }: { readonly day: CalendarDate, readonly made: StatementOf }): string {
  const usual: readonly Column[] = [
    ['txnType', () => '01', () => '04'], ['orderId', ({ number }) => number, ({ number }) => number], ['queryId', (trade) => trade.channelNumber, (refund) => refund.channelNumber],
    ['txnTime', (trade) => beijingDigits(trade.paidAt ?? trade.createdAt), (refund) => beijingDigits(refund.dueAt)], ['txnAmt', ({ amountFen }) => String(amountFen), ({ amountFen }) => String(amountFen)],
    ['fee', ({ amountFen }) => feeOf(amountFen), ({ amountFen }) => feeOf(amountFen)], ['merId', () => merchantId, () => merchantId]
  ]
  const turn = chance.happens(0.3) ? 1 + chance.below(usual.length - 1) : 0
  const turned = [...usual.slice(turn), ...usual.slice(0, turn)]
  const columns = fault === 'statement_extra_column' ? [...turned.slice(0, 2), ['reserved', () => '1', () => '1'] as Column, ...turned.slice(2)] : turned
  const { trades, refunds } = book.of(day)
  const sum = (amounts: ReadonlyArray<{ readonly amountFen: number }>): number => amounts.reduce((total, { amountFen }) => total + amountFen, 0)
  return [
    columns.map(([name]) => name).join('|'),
    ...trades.map((trade) => columns.map(([, ofTrade]) => ofTrade(trade)).join('|')),
    ...refunds.map((refund) => columns.map(([,, ofRefund]) => ofRefund(refund)).join('|')),
    `TOTAL|${trades.length + refunds.length}|${sum(trades)}|${sum(refunds)}`, ''
  ].join('\n')
}
