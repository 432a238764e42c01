import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Agreement } from '../../core/pay-after-care/index.ts'
import { ConfigError, type Config } from '../config.ts'
import { sha256 } from './sha256.ts'

/** The text that is in force where SITE_CONFIG names none of its own. */
const shipped = { version: '1', file: 'pay-after-care-1.md', from: '2026-01-01T00:00:00+08:00' } as const

export function agreementOf ({ site: { payAfterCare: { agreement } }, agreementsDir }: Pick<Config, 'site' | 'agreementsDir'>): Agreement {
  const { version, file, from } = agreement ?? { ...shipped, file: path.join(agreementsDir, shipped.file) }
  const text = textOf(file)
  return { version, text, sha256: sha256(text), from: new Date(from) }
}

function textOf (file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`SITE_CONFIG: payAfterCare.agreement.file ${path.basename(file)} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}).`)
  }
}
