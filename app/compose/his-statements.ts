import { readFileSync } from 'node:fs'
import { httpHisStatements } from '../../adapters/statements/index.ts'
import type { HisStatements } from '../../core/payments/index.ts'
import type { Config } from '../config.ts'

/** Day lists of the hospitals for which SITE_CONFIG names an address; for the others finance uploads them. */
export function configuredHisStatements ({ site }: Pick<Config, 'site'>): ReadonlyMap<string, HisStatements> {
  return new Map(site.hospitals.flatMap(({ id, statement }): ReadonlyArray<readonly [string, HisStatements]> => {
    if (statement === undefined) return []
    const { url, tokenFile, timeoutMs } = statement
    return [[id, httpHisStatements({ url, token: tokenFile === undefined ? null : readFileSync(tokenFile, 'utf8').trim(), timeoutMs })]]
  }))
}
