import { readFileSync } from 'node:fs'
import { httpCarrier } from '../../adapters/logistics/index.ts'
import { httpPush } from '../../adapters/push/index.ts'
import { httpSms } from '../../adapters/sms/http-sms.ts'
import type { PushSender, SmsSender } from '../../core/notifications/index.ts'
import type { Carrier } from '../../core/prescriptions/index.ts'
import type { Config } from '../config.ts'
import { nobodyOutside, type Outside } from './area.ts'
import type { ComposeOptions, System } from './compose.ts'
import { configuredScores } from './credit-scores.ts'
import { configuredHisStatements } from './his-statements.ts'
import { configuredInsurance } from './insurance.ts'
import { configuredPayments } from './payment-gateways.ts'
import { configuredWechat } from './wechat.ts'

const smsTimeoutMs = 10_000

/** The outside parties that SITE_CONFIG names. */
export function configuredParties (config: Config, system: Pick<System, 'wallClock' | 'ids'>): Pick<ComposeOptions, 'sms' | 'wechat' | 'outside'> {
  return { sms: configuredSms(config, system), wechat: configuredWechat(config.site, system.wallClock), outside: configuredOutside(config, system) }
}

function configuredOutside (config: Config, system: Pick<System, 'wallClock' | 'ids'>): Outside {
  const insured = configuredInsurance(config, system)
  const { payments, splits } = configuredPayments(config, system)
  return { ...nobodyOutside, scores: configuredScores(config, system), push: configuredPush(config, system), carrier: configuredCarrier(config, system), insurance: insured?.insurance ?? null, hisStatements: configuredHisStatements(config), payments: [...insured?.payments ?? [], ...payments], splits }
}

function configuredPush ({ site: { push } }: Config, { wallClock, ids }: Pick<System, 'wallClock' | 'ids'>): PushSender | null {
  return push === undefined ? null : httpPush({ ...push, secret: readFileSync(push.secretFile), clock: wallClock, nonces: ids })
}

function configuredCarrier ({ site: { prescriptions: { carrier } } }: Config, { wallClock, ids }: Pick<System, 'wallClock' | 'ids'>): Carrier | null {
  return carrier === undefined ? null : httpCarrier({ ...carrier, secret: readFileSync(carrier.secretFile), clock: wallClock, nonces: ids })
}

function configuredSms ({ site }: Config, { wallClock, ids }: Pick<System, 'wallClock' | 'ids'>): SmsSender | null {
  if (site.sms === undefined) return null
  return httpSms({ url: site.sms.url, secret: readFileSync(site.sms.secretFile), clock: wallClock, nonces: ids, timeoutMs: smsTimeoutMs })
}
