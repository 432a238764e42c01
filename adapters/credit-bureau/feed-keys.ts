import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'

export type FeedAlgorithm = 'Ed25519' | 'SM2-SM3'

/** A public key as /.well-known/yiqiao-keys.json shows it. */
export type PublicJwk = Readonly<Record<string, string>>

export interface FeedKeys {
  readonly keyId: string
  readonly algorithm: FeedAlgorithm
  readonly sign: (bytes: Uint8Array) => Uint8Array
  /** The signing key first, then those of before: what they signed can still be verified. */
  readonly publicKeys: readonly PublicJwk[]
}

const block = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/g

/** FEED_KEY_FILE: one or more private keys as PEM, Ed25519 or SM2. The first one signs. */
export function feedKeysFrom (pem: string): FeedKeys {
  const keys = [...pem.matchAll(block)].map(([one]) => createPrivateKey(one))
  const [signing] = keys
  if (signing === undefined) throw new Error('no private key in PEM form is there')
  const algorithm = algorithmOf(signing)
  const publicKeys = keys.map(jwkOf)
  return {
    algorithm,
    keyId: publicKeys[0]?.['kid'] ?? '',
    // Ed25519 hashes by itself; SM2 signs the SM3 of the bytes with the default identity of GB/T 32918.
    sign: (bytes) => new Uint8Array(sign(algorithm === 'Ed25519' ? null : 'sm3', bytes, signing)),
    publicKeys
  }
}

/** 1.2.156.10197.1.301 in DER. */
const sm2Curve = Buffer.from('06082a811ccf5501822d', 'hex')

function algorithmOf (key: KeyObject): FeedAlgorithm {
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519'
  // Node tells no type for an SM2 key that it reads; the curve stands in its SPKI.
  if (createPublicKey(key).export({ format: 'der', type: 'spki' }).includes(sm2Curve)) return 'SM2-SM3'
  throw new Error('the key is neither Ed25519 nor SM2')
}

/** Its id is the thumbprint of RFC 7638, so it follows from the key alone. */
function jwkOf (key: KeyObject): PublicJwk {
  const members = algorithmOf(key) === 'Ed25519' ? edwards(key) : sm2(key)
  const kid = createHash('sha256').update(JSON.stringify(members)).digest('base64url')
  return { ...members, kid, use: 'sig', alg: algorithmOf(key) === 'Ed25519' ? 'EdDSA' : 'SM2-SM3' }
}

/** Members in the order of their names, as the thumbprint wants them. */
function edwards (key: KeyObject): Readonly<Record<string, string>> {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return { crv: 'Ed25519', kty: 'OKP', x }
}

/** Node writes no JWK for SM2; the last 64 bytes of its SPKI are the point. */
function sm2 (key: KeyObject): Readonly<Record<string, string>> {
  const point = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-64)
  return { crv: 'SM2', kty: 'EC', x: point.subarray(0, 32).toString('base64url'), y: point.subarray(32).toString('base64url') }
}
