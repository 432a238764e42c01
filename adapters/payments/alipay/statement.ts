import iconv from 'iconv-lite'
import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import { exchanged, refused, unavailable } from '../exchange.ts'
import { textAt } from '../fields.ts'
import { readZip } from '../zip.ts'
import { callAlipay, channelName, type AlipayCrypto, type AlipayOptions } from './client.ts'

const largestBytes = 256 * 1024 * 1024

/** 业务明细: a ZIP of CSV files in GBK behind a link good for 30 s; the one with the details, as it is. No hash comes with it. */
export async function alipayStatement (options: AlipayOptions, crypto: AlipayCrypto, day: CalendarDate): Promise<Uint8Array | null> {
  const { body, refusedWith } = await callAlipay(options, crypto, 'alipay.data.dataservice.bill.downloadurl.query', { bill_type: 'trade', bill_date: day })
  if (refusedWith !== null && /bill_not_exist/i.test(refusedWith)) return null
  if (refusedWith !== null) throw refused(channelName, refusedWith)
  const link = textAt(body, 'bill_download_url')
  if (link === null || !isAllowed(link, options.gatewayUrl)) throw unavailable(channelName, 'named no statement')
  const { status, body: archive } = await exchanged(options.exchange, { method: 'GET', url: link, headers: { 'user-agent': 'yiqiao' }, body: null }, channelName)
  if (status !== 200) throw unavailable(channelName, `answered ${status} for its statement`)
  const details = readZip(Buffer.from(archive), largestBytes)?.find(({ name }) => isDetails(iconv.decode(name, 'gbk')))
  if (details === undefined) throw new DomainError('STATEMENT_INVALID', 'The statement of Alipay is no ZIP with a file of details. Fetch it again; do not reconcile with this one.')
  return details.bytes
}

/** The link was signed for; even so it is followed only over TLS, or where the gateway itself is reached without. */
function isAllowed (link: string, gatewayUrl: string): boolean {
  return URL.canParse(link) && (new URL(link).protocol === 'https:' || new URL(link).origin === new URL(gatewayUrl).origin)
}

function isDetails (name: string): boolean {
  return name.endsWith('.csv') && !name.includes('汇总')
}
