import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { CompactEncrypt } from 'jose'

export type SealText = (text: string) => Promise<string>

const encoder = new TextEncoder()

/**
 * Encrypts to a bureau's public key (PEM or JWK) as a compact JWE (RFC 7516): RSA-OAEP-256, or ECDH-ES+A256KW for P-256
 * and X25519; the content with A256GCM. Only the bureau reads it, and what is sealed twice looks different each time.
 */
export function sealForBureau (keyText: string): SealText {
  const key = publicKeyOf(keyText)
  const header = { alg: algorithmOf(key), enc: 'A256GCM' }
  return async (text) => await new CompactEncrypt(encoder.encode(text)).setProtectedHeader(header).encrypt(key)
}

function publicKeyOf (keyText: string): KeyObject {
  const text = keyText.trim()
  return text.startsWith('{') ? createPublicKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' }) : createPublicKey(text)
}

const algorithms: Readonly<Record<string, string>> = { rsa: 'RSA-OAEP-256', ec: 'ECDH-ES+A256KW', x25519: 'ECDH-ES+A256KW' }
const leastRsaBits = 2048

function algorithmOf ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const algorithm = algorithms[asymmetricKeyType ?? '']
  if (algorithm === undefined || (asymmetricKeyDetails?.modulusLength ?? leastRsaBits) < leastRsaBits) throw new Error('the bureau\'s key is neither RSA of 2048 bits or more, P-256 nor X25519')
  return algorithm
}
