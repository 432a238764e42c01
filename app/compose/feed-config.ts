import { readFileSync } from 'node:fs'
import { feedKeysFrom, httpBureau, sealForBureau, type FeedKeys, type PushFile, type SealText } from '../../adapters/credit-bureau/index.ts'
import type { Creditor } from '../../core/credit-feed/index.ts'
import { ConfigError, type Config } from '../config.ts'

const pushTimeoutMs = 120_000

/** What SITE_CONFIG creditFeed and FEED_KEY_FILE say; null where nobody reports. */
export interface FeedConfig {
  readonly creditors: readonly Creditor[]
  readonly keys: FeedKeys
  readonly seals: ReadonlyMap<string, SealText>
  /** Of creditors whose bureau has its files brought. */
  readonly pushes: ReadonlyMap<string, PushFile>
}

export function feedConfig ({ feedKeyFile, site: { creditFeed } }: Pick<Config, 'feedKeyFile' | 'site'>): FeedConfig | null {
  const configured = creditFeed?.creditors ?? []
  if (configured.length === 0 || feedKeyFile === null) return null
  return {
    keys: readKey('FEED_KEY_FILE', feedKeyFile, feedKeysFrom),
    creditors: configured.map(({ code, hospitals, agreementId, bureau, recordsPerFile, push }) => ({ code, hospitals, agreementId, bureau, recordsPerFile, isPushed: push !== undefined })),
    seals: new Map(configured.map(({ code, bureauKeyFile }) => [code, readKey(`SITE_CONFIG: bureauKeyFile of ${code}`, bureauKeyFile, sealForBureau)])),
    pushes: new Map(configured.flatMap(({ code, push }) => push === undefined
      ? []
      : [[code, httpBureau({ url: push.url, token: push.tokenFile === undefined ? null : readFileSync(push.tokenFile, 'utf8').trim(), timeoutMs: pushTimeoutMs })]]))
  }
}

function readKey <Key> (what: string, file: string, read: (text: string) => Key): Key {
  try {
    return read(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new ConfigError(`${what}: the key cannot be read (${error instanceof Error ? error.message : 'unknown'}).`)
  }
}
