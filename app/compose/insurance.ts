import { hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { httpExchange, insuranceGateway, insurancePayments, signerOf, verifierOf, type Institution } from '../../adapters/insurance/index.ts'
import type { InsuranceGateway } from '../../core/pay-after-care/index.ts'
import type { PaymentGateway } from '../../core/payments/index.ts'
import { ConfigError, type Config } from '../config.ts'
import type { System } from './compose.ts'

export interface Insurance {
  readonly insurance: InsuranceGateway
  /** Payment from the insurance account without the card; none where the region offers none. */
  readonly payments: readonly PaymentGateway[]
}

/** The insurer that SITE_CONFIG names; null: none. Keys are read at start, so that a wrong file stops it. */
export function configuredInsurance ({ site: { insurance: named } }: Pick<Config, 'site'>, { wallClock, ids }: Pick<System, 'wallClock' | 'ids'>): Insurance | null {
  if (named === undefined) return null
  const privateKey = textIn('privateKeyFile', named.privateKeyFile)
  const options = {
    exchange: httpExchange(named),
    signer: keyIn('privateKeyFile', () => signerOf(named.signature, privateKey)),
    verifier: keyIn('insurerKeyFile', () => verifierOf(named.signature, textIn('insurerKeyFile', named.insurerKeyFile))),
    region: named.region,
    receiver: named.receiver,
    institutions: new Map(named.institutions.map(({ hospital, ...institution }): [string, Institution] => [hospital, institution])),
    clock: wallClock,
    ids
  }
  return {
    insurance: insuranceGateway({ ...options, referenceKey: referenceKeyFrom(privateKey), usesAccount: named.usesAccount, locksCards: named.locksCards }),
    payments: named.pays ? [insurancePayments(options)] : []
  }
}

/** Follows from our own key, so that no second secret is to be kept: a new key makes open quotes unreadable, and they are asked for anew. */
export const referenceKeyFrom = (privateKey: string): Buffer => Buffer.from(hkdfSync('sha256', privateKey, '', 'insurance references', 32))

function textIn (name: string, file: string): string {
  return keyIn(name, () => readFileSync(file, 'utf8'))
}

function keyIn<Key> (name: string, read: () => Key): Key {
  try {
    return read()
  } catch (error) {
    throw new ConfigError(`SITE_CONFIG: insurance.${name} cannot be read as a key (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}).`)
  }
}
