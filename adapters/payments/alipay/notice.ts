import type { PaymentGateway } from '../../../core/payments/index.ts'
import { instantOf } from '../beijing-time.ts'
import { isFresh } from '../rsa.ts'
import { fenOf } from '../yuan.ts'
import type { AlipayCrypto, AlipayOptions } from './client.ts'

type Read = Awaited<ReturnType<PaymentGateway['readCallback']>>
const mostFields = 100

/**
 * 异步通知: a signed form. It tells of the trade; a refund shows in it only as the sum of all refunds so far, so refunds
 * are known by their answers and queries, and a paid trade stays paid here whatever came back of it.
 */
export async function readAlipayCallback ({ appId, sellerId }: AlipayOptions, crypto: AlipayCrypto, body: Uint8Array, now: Date): Promise<Read> {
  const fields = formOf(Buffer.from(body).toString('utf8'))
  if (fields === null || fields['sign_type'] !== 'RSA2' || !isCanonical(fields['sign'] ?? '') || !crypto.isProvenNotice(fields)) return null
  if (fields['app_id'] !== appId || (sellerId !== null && fields['seller_id'] !== sellerId)) return null
  return isFresh(instantOf(fields['notify_time']), now) ? readTrade(fields) : null
}

function readTrade (fields: Readonly<Record<string, string>>): Read {
  const { notify_id: key, out_trade_no: orderNumber, trade_no: channelNumber, trade_status: status, total_amount: total } = fields
  const amountFen = fenOf(total ?? '')
  const at = instantOf(fields['gmt_payment'])
  if (key === undefined || orderNumber === undefined || channelNumber === undefined || amountFen === null) return null
  if (isPaid(status, at)) return at === null ? null : { kind: 'payment', key, notice: { orderNumber, state: 'success', amountFen, channelNumber, at } }
  if (status === 'TRADE_CLOSED') return { kind: 'payment', key, notice: { orderNumber, state: 'closed', amountFen, channelNumber: null, at: null } }
  return status === 'WAIT_BUYER_PAY' ? { kind: 'payment', key, notice: { orderNumber, state: 'pending', amountFen, channelNumber: null, at: null } } : null
}

const isPaid = (status: string | undefined, at: Date | null): boolean => status === 'TRADE_SUCCESS' || status === 'TRADE_FINISHED' || (status === 'TRADE_CLOSED' && at !== null)

/** Null where a name comes twice: which of the two was signed would be a matter of taste. */
function formOf (text: string): Record<string, string> | null {
  const pairs = [...new URLSearchParams(text)]
  const fields = Object.fromEntries(pairs)
  return pairs.length <= mostFields && Object.keys(fields).length === pairs.length ? fields : null
}

function isCanonical (base64: string): boolean {
  return base64 !== '' && Buffer.from(base64, 'base64').toString('base64') === base64
}
