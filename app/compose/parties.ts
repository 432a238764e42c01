import { readFileSync } from 'node:fs'
import { httpSms } from '../../adapters/sms/http-sms.ts'
import type { SmsSender } from '../../core/notifications/index.ts'
import type { Config } from '../config.ts'
import { nobodyOutside } from './areas.ts'
import type { ComposeOptions, System } from './compose.ts'
import { configuredWechat } from './wechat.ts'

const smsTimeoutMs = 10_000

/** The outside parties that SITE_CONFIG names. */
export function configuredParties (config: Config, system: Pick<System, 'wallClock' | 'ids'>): Pick<ComposeOptions, 'sms' | 'wechat' | 'outside'> {
  return { sms: configuredSms(config, system), wechat: configuredWechat(config.site, system.wallClock), outside: nobodyOutside }
}

function configuredSms ({ site }: Config, { wallClock, ids }: Pick<System, 'wallClock' | 'ids'>): SmsSender | null {
  if (site.sms === undefined) return null
  return httpSms({ url: site.sms.url, secret: readFileSync(site.sms.secretFile), clock: wallClock, nonces: ids, timeoutMs: smsTimeoutMs })
}
