import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { CalendarDate } from '../../../core/clock.ts'
import { fen, type Fen } from '../../../core/money.ts'
import { beijingTime } from '../../payments/beijing-time.ts'
import { yuanOf } from '../../payments/yuan.ts'
import type { Refunded, Trade } from './book.ts'
import { chanceOf, statementOf, type Channel, type StatementOf } from './channel.ts'
import type { WechatCall, WechatMerchant, WechatReply } from './wechat-call.ts'

const refuse = (status: number, code: string, message: string): WechatReply => ({ status, body: { code, message } })

/** 交易账单: a signed answer with link and hash, then the file itself, unsigned. Null for other calls. */
export function statementCall (call: WechatCall): WechatReply | null {
  const { route, url, channel, merchant } = call
  if (route !== 'GET /v3/bill/tradebill' && route !== 'GET /v3/billdownload/file') return null
  const day = url.searchParams.get(route.endsWith('file') ? 'token' : 'bill_date') ?? ''
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day.slice(0, 10))) return refuse(400, 'PARAM_ERROR', '参数错误')
  if (route.endsWith('file')) return { status: 200, body: file(channel, merchant, { token: day, isZipped: day.endsWith('.gz') }) }
  const made = statementOf(channel, day as CalendarDate)
  if (made === null) return refuse(400, 'STATEMENT_CREATING', '账单生成中')
  const variant = made.fault === 'statement_extra_column' ? 'extra' : 'usual'
  const text = statementText(channel, merchant, { day: day as CalendarDate, made: { ...made, fault: variant === 'extra' ? made.fault : null } })
  const token = `${day}.${variant}.${made.fault === 'statement_corrupted' ? 'torn' : 'whole'}${url.searchParams.get('tar_type') === 'GZIP' ? '.gz' : ''}`
  return { status: 200, body: { hash_type: 'SHA1', hash_value: createHash('sha1').update(text).digest('hex'), download_url: `${url.origin}/v3/billdownload/file?token=${token}` } }
}

function file (channel: Channel, merchant: WechatMerchant, { token, isZipped }: { readonly token: string, readonly isZipped: boolean }): Buffer {
  const day = token.slice(0, 10) as CalendarDate
  const fault = token.includes('.extra.') ? 'statement_extra_column' : null
  const text = statementText(channel, merchant, { day, made: { fault, chance: chanceOf(channel, day) } })
  const bytes = Buffer.from(token.includes('.torn') ? text.slice(0, -3) : text)
  return isZipped ? gzipSync(bytes) : bytes
}

type Column = readonly [name: string, ofTrade: (trade: Trade) => string, ofRefund: (refund: Refunded) => string]

const cashOf = (trade: Trade): Fen => fen(trade.amountFen - trade.insuranceFen)
/** 0.60 %, to the fen. */
const feeOf = (amount: number): Fen => fen(Math.round(amount * 6 / 1000))

function columnsOf ({ appId, merchantId }: WechatMerchant): readonly Column[] {
  return [
    ['交易时间', (trade) => beijingTime(trade.paidAt ?? trade.createdAt), (refund) => beijingTime(refund.dueAt)],
    ['公众账号ID', () => appId, () => appId], ['商户号', () => merchantId, () => merchantId], ['特约商户号', () => '0', () => '0'], ['设备号', () => '', () => ''],
    ['微信订单号', (trade) => trade.channelNumber, ({ trade }) => trade.channelNumber], ['商户订单号', (trade) => trade.number, ({ trade }) => trade.number],
    ['用户标识', (trade) => trade.details['openid'] ?? '', ({ trade }) => trade.details['openid'] ?? ''],
    ['交易类型', (trade) => trade.details['type'] ?? 'NATIVE', ({ trade }) => trade.details['type'] ?? 'NATIVE'],
    ['交易状态', () => 'SUCCESS', () => 'REFUND'], ['付款银行', () => 'OTHERS', () => 'OTHERS'], ['货币种类', () => 'CNY', () => 'CNY'],
    ['应结订单金额', (trade) => yuanOf(cashOf(trade)), () => '0.00'], ['代金券金额', () => '0.00', () => '0.00'],
    ['微信退款单号', () => '0', (refund) => refund.channelNumber], ['商户退款单号', () => '0', (refund) => refund.number],
    ['退款金额', () => '0.00', ({ amountFen }) => yuanOf(fen(amountFen))], ['充值券退款金额', () => '0.00', () => '0.00'], ['退款类型', () => '', () => 'ORIGINAL'], ['退款状态', () => '', () => 'SUCCESS'],
    ['商品名称', (trade) => trade.details['description'] ?? '', ({ trade }) => trade.details['description'] ?? ''], ['商户数据包', (trade) => trade.details['attach'] ?? '', ({ trade }) => trade.details['attach'] ?? ''],
    ['手续费', (trade) => `${yuanOf(feeOf(cashOf(trade)))}000`, ({ amountFen }) => `${yuanOf(fen(0 - feeOf(amountFen)))}000`], ['费率', () => '0.60%', () => '0.60%'],
    ['订单金额', (trade) => yuanOf(cashOf(trade)), () => '0.00'], ['申请退款金额', () => '0.00', ({ amountFen }) => yuanOf(fen(amountFen))], ['费率备注', () => '', () => '']
  ]
}

/** Amounts in yuan, a backtick before every field of a detail; days differ in blanks, byte order mark and order of columns. */
function statementText (channel: Channel, merchant: WechatMerchant, { day, made: { fault, chance } }: { readonly day: CalendarDate, readonly made: StatementOf }): string {
  const usual = [...columnsOf(merchant)]
  const turn = chance.happens(0.3) ? 1 + chance.below(usual.length - 1) : 0
  const columns = fault === 'statement_extra_column' ? [...usual.slice(0, 3), ['新增字段', () => '1', () => '1'] as Column, ...usual.slice(3)] : [...usual.slice(turn), ...usual.slice(0, turn)]
  const blank = chance.happens(0.3) ? ' ' : ''
  const { trades, refunds } = channel.book.of(day)
  const lines = [
    ...trades.map((trade) => columns.map(([, ofTrade]) => `\`${plain(ofTrade(trade))}`).join(',')),
    ...refunds.map((refund) => columns.map(([,, ofRefund]) => `\`${plain(ofRefund(refund))}`).join(','))
  ]
  const paid = fen(trades.reduce((sum, trade) => sum + cashOf(trade), 0))
  const back = fen(refunds.reduce((sum, { amountFen }) => sum + amountFen, 0))
  const fees = fen(trades.reduce((sum, trade) => sum + feeOf(cashOf(trade)), 0) - refunds.reduce((sum, { amountFen }) => sum + feeOf(amountFen), 0))
  const totals = [String(lines.length), yuanOf(paid), yuanOf(back), '0.00', `${yuanOf(fees)}000`, yuanOf(paid), yuanOf(back)]
  return [
    `${chance.happens(0.3) ? '\uFEFF' : ''}${columns.map(([name]) => name).join(',')}${blank}`,
    ...lines.map((line) => `${line}${blank}`),
    '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
    totals.map((total) => `\`${total}`).join(','), ''
  ].join('\r\n')
}

const plain = (text: string): string => text.replaceAll(/[,`\r\n]/g, ' ')
