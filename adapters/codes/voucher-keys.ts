import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify, type KeyObject } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { CodeSigner, HashBytes, VerifySignature } from '../../core/vouchers/index.ts'

export interface VoucherKeys {
  readonly signer: CodeSigner
  readonly verify: VerifySignature
  /** Short ids of all keys, the one that signs first. */
  readonly shortIds: readonly string[]
  /** As /.well-known/yiqiao-keys.json shows them; the first four bytes of `kid` are the short id inside codes. */
  readonly publicKeys: ReadonlyArray<Readonly<Record<string, string>>>
}

const block = /-----BEGIN [A-Z ]*(PRIVATE|PUBLIC) KEY-----[\s\S]+?-----END [A-Z ]*KEY-----/g

export const sha256Bytes: HashBytes = (bytes) => hash('sha256', bytes, 'buffer')

/**
 * VOUCHER_KEY_FILE: Ed25519 keys as PEM. The first one is private and signs; those that follow, public or private, are
 * keys of before whose codes are still in people's hands: they only verify.
 */
export function voucherKeysFrom (pem: string): VoucherKeys {
  const keys = [...pem.matchAll(block)].map(([one, kind]) => kind === 'PRIVATE' ? createPrivateKey(one) : createPublicKey(one))
  const [signing] = keys
  if (signing?.type !== 'private') throw new Error('the first key must be a private key in PEM form')
  if (keys.some(({ asymmetricKeyType }) => asymmetricKeyType !== 'ed25519')) throw new Error('every key must be Ed25519')
  const known = keys.map(asKnown)
  const byShortId = new Map(known.map((key) => [key.shortId, key]))
  if (byShortId.size !== known.length) throw new Error('a key is there twice, or two keys have the same short id')
  return {
    signer: { shortId: known[0]?.shortId ?? '', sign: (bytes) => new Uint8Array(sign(null, bytes, signing)) },
    verify: (shortId, bytes, signature) => {
      const key = byShortId.get(shortId)
      return key === undefined ? null : verify(null, bytes, key.publicKey, signature)
    },
    shortIds: [...byShortId.keys()],
    publicKeys: known.map(({ jwk }) => jwk)
  }
}

/** A key of the installation's own, in a file that only its user reads. Of two processes that start at once, one writes it. */
export function keptVoucherKey (file: string): string {
  const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  try {
    writeFileSync(file, made, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8')
}

/** The id is the thumbprint of RFC 7638: members in the order of their names. */
function asKnown (key: KeyObject): { readonly shortId: string, readonly publicKey: KeyObject, readonly jwk: Readonly<Record<string, string>> } {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x })).digest()
  return { publicKey, shortId: thumbprint.subarray(0, 4).toString('hex'), jwk: { crv: 'Ed25519', kty: 'OKP', x, kid: thumbprint.toString('base64url'), use: 'sig', alg: 'EdDSA' } }
}
