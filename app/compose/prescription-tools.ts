import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { keptVoucherKey, voucherKeysFrom, type VoucherKeys } from '../../adapters/codes/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { controlledDrugList, type DocumentSigner, type DocumentTools, type PrescriptionSettings } from '../../core/prescriptions/index.ts'
import { ConfigError, type Config } from '../config.ts'
import type { AreaDeps } from './area.ts'

const ownKeyName = 'document-key.pem'

/** The keys of DOCUMENT_KEY_FILE; without it one of the installation's own, made once in DATA_DIR. */
export function documentKeysOf ({ documentKeyFile, dataDir }: Pick<Config, 'documentKeyFile' | 'dataDir'>): VoucherKeys {
  try {
    return voucherKeysFrom(documentKeyFile === null ? ownKey(dataDir) : readFileSync(documentKeyFile, 'utf8'))
  } catch (error) {
    throw new ConfigError(`DOCUMENT_KEY_FILE: the keys cannot be read (${error instanceof Error ? error.message : 'unknown'}).`)
  }
}

function ownKey (dataDir: string): string {
  mkdirSync(dataDir, { recursive: true })
  return keptVoucherKey(path.join(dataDir, ownKeyName))
}

/** 电子签名 on behalf of a doctor who has proven who they are by the token (docs/prescriptions.md). */
export function documentSigner ({ signer, verify }: Pick<VoucherKeys, 'signer' | 'verify'>): DocumentSigner {
  return {
    sign: (text) => ({ keyId: signer.shortId, value: Buffer.from(signer.sign(Buffer.from(text, 'utf8'))).toString('base64url') }),
    verify: (text, { keyId, value }) => verify(keyId, Buffer.from(text, 'utf8'), Buffer.from(value, 'base64url'))
  }
}

/** The product's list with the site's own drugs. */
function prescriptionSettings ({ prescriptions }: Pick<Config['site'], 'prescriptions'>): PrescriptionSettings {
  const own = { version: 'site', source: 'SITE_CONFIG prescriptions.controlledDrugs', drugs: prescriptions.controlledDrugs.map((drug) => ({ ...drug, atc: [] })) }
  return { ...prescriptions, controlled: [controlledDrugList, own] }
}

/** Letters and digits that nobody mistakes for each other (Crockford). */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const codeLength = 16
const bitsPerDigit = 5

/** 80 bits of a keyed hash: not to be guessed, and found again from the note without being kept. */
function noteCodeWith (fingerprint: AreaDeps['keys']['fingerprint'], noteId: string): string {
  const bits = BigInt(`0x${fingerprint('sick-note', noteId).slice(0, codeLength * bitsPerDigit / 4)}`)
  return Array.from({ length: codeLength }, (_, place) => digits[Number((bits >> BigInt((codeLength - 1 - place) * bitsPerDigit)) & 31n)]).join('')
}

export function documentTools ({ config, ids, stableId, calendar, startOfDay, takeIn, keys }: AreaDeps, signer: DocumentSigner): DocumentTools<Stores> {
  return {
    ids, stableId, calendar, startOfDay, takeIn, signer,
    settings: prescriptionSettings(config.site),
    base64: (text) => Buffer.from(text, 'utf8').toString('base64'),
    noteCode: (noteId) => noteCodeWith(keys.fingerprint, noteId),
    codeKey: (code) => keys.fingerprint('sick-note-code', code)
  }
}
