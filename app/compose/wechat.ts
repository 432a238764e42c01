import { readFileSync } from 'node:fs'
import { officialAccount } from '../../adapters/wechat/index.ts'
import type { WechatAccount } from '../../core/access/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { SiteConfig } from '../site-config.ts'

const timeoutMs = 10_000

/** The official account of SITE_CONFIG; null where it names none. */
export function configuredWechat ({ wechat }: Pick<SiteConfig, 'wechat'>, wallClock: Clock): WechatAccount | null {
  if (wechat === undefined) return null
  const { appId, secretFile, tokenFile, url, authorizeUrl, redirectUrl } = wechat
  const read = (file: string): string => readFileSync(file, 'utf8').trim()
  return officialAccount({ appId, secret: read(secretFile), token: read(tokenFile), url, authorizeUrl, redirectUrl, clock: wallClock, timeoutMs })
}
