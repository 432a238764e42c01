import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** Keys of nobody, made at start: ours as the merchant, the channel's, and the one it changes to. */
export interface ThrowAwayKeys {
  readonly merchant: KeyPair
  readonly platform: KeyPair
  readonly nextPlatform: KeyPair
}

const makePair = promisify(generateKeyPair)

export async function throwAwayKeys (): Promise<ThrowAwayKeys> {
  const make = async (): Promise<KeyPair> => await makePair('rsa', { modulusLength: 2048 })
  const [merchant, platform, nextPlatform] = await Promise.all([make(), make(), make()])
  return { merchant, platform, nextPlatform }
}
