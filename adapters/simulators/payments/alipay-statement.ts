import iconv from 'iconv-lite'
import type { CalendarDate } from '../../../core/clock.ts'
import { addDays } from '../../../core/days.ts'
import { fen, type Fen } from '../../../core/money.ts'
import { beijingTime } from '../../payments/beijing-time.ts'
import type { WireAnswer } from '../../payments/index.ts'
import { yuanOf } from '../../payments/yuan.ts'
import type { AlipayMerchant } from './alipay-call.ts'
import type { Refunded, Trade } from './book.ts'
import type { Channel } from './channel.ts'
import { writeZip } from './zip-writer.ts'

/** 业务明细 and its sums, in GBK inside a ZIP. */
export function alipayFile (channel: Channel, merchant: AlipayMerchant, token: string): WireAnswer {
  const [day = '', fault = ''] = token.split('.')
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return { status: 404, headers: {}, body: Buffer.alloc(0) }
  const name = `${merchant.sellerId}_${day.replaceAll('-', '')}_业务明细`
  const details = detailText(channel, merchant, { day: day as CalendarDate, hasExtra: fault === 'statement_extra_column' })
  const archive = writeZip([
    { name: gbk(`${name}(汇总).csv`), bytes: gbk(details.split('\r\n').filter((line) => line.startsWith('#')).join('\r\n')) },
    { name: gbk(`${name}.csv`), bytes: gbk(details) }
  ])
  return { status: 200, headers: { 'content-type': 'application/zip' }, body: fault === 'statement_corrupted' ? archive.subarray(0, -40) : archive }
}

const gbk = (text: string): Buffer => iconv.encode(text, 'gbk')

type Column = readonly [name: string, ofTrade: (trade: Trade) => string, ofRefund: (refund: Refunded) => string]

const feeOf = (amount: number): Fen => fen(Math.round(amount * 6 / 1000))
const money = (amount: number): string => yuanOf(fen(amount))
const nothing = (): string => ''
const zero = (): string => '0.00'

/** Long numbers have a tab behind them, so that no spreadsheet rounds them. */
const columns: readonly Column[] = [
  ['支付宝交易号', (trade) => `${trade.channelNumber}\t`, ({ trade }) => `${trade.channelNumber}\t`], ['商户订单号', (trade) => `${trade.number}\t`, ({ trade }) => `${trade.number}\t`],
  ['业务类型', () => '交易', () => '退款'], ['商品名称', (trade) => trade.details['subject'] ?? '', ({ trade }) => trade.details['subject'] ?? ''],
  ['创建时间', (trade) => beijingTime(trade.createdAt), (refund) => beijingTime(refund.createdAt)], ['完成时间', (trade) => beijingTime(trade.paidAt ?? trade.createdAt), (refund) => beijingTime(refund.dueAt)],
  ['门店编号', nothing, nothing], ['门店名称', nothing, nothing], ['操作员', nothing, nothing], ['终端号', nothing, nothing], ['对方账户', () => '某某(138******00)', () => '某某(138******00)'],
  ['订单金额（元）', (trade) => money(trade.amountFen), ({ amountFen }) => money(-amountFen)], ['商家实收（元）', (trade) => money(trade.amountFen), ({ amountFen }) => money(-amountFen)],
  ['支付宝红包（元）', zero, zero], ['集分宝（元）', zero, zero], ['支付宝优惠（元）', zero, zero], ['商家优惠（元）', zero, zero], ['券核销金额（元）', zero, zero], ['券名称', nothing, nothing],
  ['商家红包消费金额（元）', zero, zero], ['卡消费金额（元）', zero, zero], ['退款批次号/请求号', nothing, ({ number }) => `${number}\t`],
  ['服务费（元）', (trade) => money(0 - feeOf(trade.amountFen)), ({ amountFen }) => money(feeOf(amountFen))], ['分润（元）', zero, zero], ['备注', nothing, nothing]
]

function detailText ({ book, options: { clock } }: Channel, { sellerId }: AlipayMerchant, { day, hasExtra }: { readonly day: CalendarDate, readonly hasExtra: boolean }): string {
  const { trades, refunds } = book.of(day)
  const shown = hasExtra ? [...columns.slice(0, 4), ['新增字段', () => '1', () => '1'] as Column, ...columns.slice(4)] : columns
  const sum = (amounts: ReadonlyArray<{ readonly amountFen: number }>): number => amounts.reduce((total, { amountFen }) => total + amountFen, 0)
  const rule = (text: string): string => `#-----------------------------------------${text}----------------------------------------`
  return [
    '#支付宝业务明细查询', `#账号：[${sellerId}]`, `#起始日期：[${day} 00:00:00]   终止日期：[${addDays(day, 1)} 00:00:00]`, rule('业务明细列表'),
    shown.map(([name]) => name).join(','),
    ...trades.map((trade) => shown.map(([, ofTrade]) => plain(ofTrade(trade))).join(',')),
    ...refunds.map((refund) => shown.map(([,, ofRefund]) => plain(ofRefund(refund))).join(',')),
    rule('业务明细列表结束'), `#交易合计：${trades.length}笔，商家实收共${money(sum(trades))}元，商家优惠共0.00元`,
    `#退款合计：${refunds.length}笔，商家实收退款共${money(-sum(refunds))}元，商家优惠退款共0.00元`, `#导出时间：[${beijingTime(clock.now())}]`, ''
  ].join('\r\n')
}

const plain = (text: string): string => text.replaceAll(/[,\r\n]/g, ' ')
