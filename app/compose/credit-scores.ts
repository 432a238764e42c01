import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bankScore, zhimaScore } from '../../adapters/credit-score/index.ts'
import { calendarIn } from '../../core/clock.ts'
import type { ScoreProvider } from '../../core/pay-after-care/index.ts'
import { ConfigError, type Config } from '../config.ts'
import type { System } from './compose.ts'

/** The score providers that SITE_CONFIG names. Keys are read at start, so that a wrong file stops it. */
export function configuredScores ({ site: { scores: { bank, zhima } }, zone }: Pick<Config, 'site' | 'zone'>, { wallClock, ids }: Pick<System, 'wallClock' | 'ids'>): readonly ScoreProvider[] {
  return [
    ...bank === undefined ? [] : [bankScore({ ...bank, secret: keyIn('bank.secretFile', () => readFileSync(bank.secretFile)), clock: wallClock, nonces: ids })],
    ...zhima === undefined
      ? []
      : [zhimaScore({
          ...zhima,
          privateKey: keyIn('zhima.privateKeyFile', () => createPrivateKey(readFileSync(zhima.privateKeyFile))),
          providerKey: keyIn('zhima.providerKeyFile', () => createPublicKey(readFileSync(zhima.providerKeyFile))),
          clock: wallClock,
          calendar: calendarIn(zone),
          ids
        })]
  ]
}

function keyIn<Key> (name: string, read: () => Key): Key {
  try {
    return read()
  } catch (error) {
    throw new ConfigError(`SITE_CONFIG: scores.${name} cannot be read as a key (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}).`)
  }
}
