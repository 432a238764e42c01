import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import { refused, unavailable } from '../exchange.ts'
import { textAt } from '../fields.ts'
import { callWechat, channelName, sent } from './client.ts'
import type { WechatPayOptions } from './options.ts'

const largestBytes = 256 * 1024 * 1024

/**
 * 交易账单. The signed answer names a short-lived link and the SHA-1 of the unpacked file; the download itself carries no
 * signature, so the hash is the only proof there is. A day without any trade has no file: then the statement is empty.
 */
export async function wechatStatement (options: WechatPayOptions, day: CalendarDate): Promise<Uint8Array | null> {
  const { body, refusedWith } = await callWechat(options, { method: 'GET', target: `/v3/bill/tradebill?bill_date=${day}&bill_type=ALL&tar_type=GZIP` })
  if (refusedWith === 'STATEMENT_CREATING') return null
  if (refusedWith === 'NO_STATEMENT_EXIST') return new Uint8Array(0)
  if (refusedWith !== null) throw refused(channelName, refusedWith)
  const [link, hash] = [textAt(body, 'download_url'), textAt(body, 'hash_value')]
  if (link === null || hash === null || textAt(body, 'hash_type') !== 'SHA1' || !URL.canParse(link)) throw unavailable(channelName, 'named no statement')
  const { pathname, search } = new URL(link)
  // Signed for our own configured address: a link elsewhere would carry our signature there.
  const file = await sent(options, { method: 'GET', target: `${pathname}${search}` })
  if (file.status !== 200) throw unavailable(channelName, `answered ${file.status} for its statement`)
  const bytes = unpacked(file.body)
  if (createHash('sha1').update(bytes).digest('hex') !== hash.toLowerCase()) throw notProven()
  return bytes
}

function unpacked (bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: largestBytes })
  } catch {
    throw notProven()
  }
}

const notProven = (): DomainError => new DomainError('STATEMENT_INVALID', 'The statement of WeChat Pay does not have the hash that was named for it. Fetch it again; do not reconcile with this one.')
