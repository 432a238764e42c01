import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { keptVoucherKey, voucherKeysFrom, type VoucherKeys } from '../../adapters/codes/index.ts'
import type { Calendar } from '../../core/clock.ts'
import { readVoucherCode, writeVoucherCode, type VoucherCodes } from '../../core/vouchers/index.ts'
import { ConfigError, type Config } from '../config.ts'

const ownKeyName = 'voucher-key.pem'

/** The keys of VOUCHER_KEY_FILE; without it one of the installation's own, made once in DATA_DIR. */
export function voucherKeysOf ({ voucherKeyFile, dataDir }: Pick<Config, 'voucherKeyFile' | 'dataDir'>): VoucherKeys {
  try {
    return voucherKeysFrom(voucherKeyFile === null ? ownKey(dataDir) : readFileSync(voucherKeyFile, 'utf8'))
  } catch (error) {
    throw new ConfigError(`VOUCHER_KEY_FILE: the keys cannot be read (${error instanceof Error ? error.message : 'unknown'}).`)
  }
}

function ownKey (dataDir: string): string {
  mkdirSync(dataDir, { recursive: true })
  return keptVoucherKey(path.join(dataDir, ownKeyName))
}

/** Signs and reads the codes of vouchers. A code carries whole days; a voucher ends where the day after its last one begins. */
export function voucherCodesOf (config: Pick<Config, 'voucherKeyFile' | 'dataDir'>, calendar: Calendar): VoucherCodes {
  const { signer, verify } = voucherKeysOf(config)
  return {
    sign: ({ id, batch, validFrom, validUntil }) => writeVoucherCode({ voucherId: id, batch, validFrom: calendar(validFrom), validUntil: calendar(new Date(validUntil.getTime() - 1)) }, signer),
    read: (text) => {
      const read = readVoucherCode(text, verify)
      return read.kind === 'genuine' ? { voucherId: read.code.voucherId } : null
    }
  }
}
