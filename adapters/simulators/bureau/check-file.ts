import { createHash, createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto'

/** A file as it came, whichever way. */
export interface ReceivedFile {
  readonly creditor: string
  readonly seq: number
  readonly content: Uint8Array
  readonly manifest: Uint8Array
  readonly signature: Uint8Array
  readonly keyId: string
}

/** What the bureau remembers of the file before. */
export interface Chain {
  readonly seq: number
  /** SHA-256 of its manifest; null before the first. */
  readonly manifestHash: string | null
  /** Of every file that was taken, by number. */
  readonly hashes: ReadonlyMap<number, string>
}

export type FileVerdict = { readonly kind: 'accepted' } | { readonly kind: 'repeated' } | { readonly kind: 'rejected', readonly code: 'BAD_MANIFEST' | 'UNKNOWN_KEY' | 'BAD_SIGNATURE' | 'BAD_HASH' | 'OTHER_BYTES' | 'GAP' | 'BROKEN_CHAIN' | 'BAD_COUNT' }

interface Manifest {
  readonly creditor: string
  readonly seq: number
  readonly previousHash: string | null
  readonly sha256: string
  readonly count: number
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Nothing of a file counts before its signature, hash, number and chain are right. */
export function checkFile (file: ReceivedFile, keys: ReadonlyMap<string, KeyObject>, chain: Chain): FileVerdict {
  const rejected = (code: Extract<FileVerdict, { kind: 'rejected' }>['code']): FileVerdict => ({ kind: 'rejected', code })
  const key = keys.get(file.keyId)
  if (key === undefined) return rejected('UNKNOWN_KEY')
  if (!verify(key.asymmetricKeyType === 'ed25519' ? null : 'sm3', file.manifest, key, file.signature)) return rejected('BAD_SIGNATURE')
  const manifest = readManifest(file)
  if (manifest === null) return rejected('BAD_MANIFEST')
  if (sha256(file.content) !== manifest.sha256) return rejected('BAD_HASH')
  const before = chain.hashes.get(file.seq)
  if (before !== undefined) return before === manifest.sha256 ? { kind: 'repeated' } : rejected('OTHER_BYTES')
  if (manifest.seq !== chain.seq + 1) return rejected('GAP')
  if (manifest.previousHash !== chain.manifestHash) return rejected('BROKEN_CHAIN')
  return linesOf(file.content).length === manifest.count ? { kind: 'accepted' } : rejected('BAD_COUNT')
}

/** Null: not a manifest of this file. */
function readManifest ({ manifest, creditor, seq }: ReceivedFile): Manifest | null {
  try {
    const read = JSON.parse(Buffer.from(manifest).toString('utf8')) as Manifest
    return read.seq === seq && read.creditor === creditor ? read : null
  } catch {
    return null
  }
}

export function linesOf (content: Uint8Array): readonly string[] {
  return Buffer.from(content).toString('utf8').split('\n').filter((line) => line !== '')
}

/** The keys that are published by their ids; those of a curve that JWK does not name (SM2) come as PEM elsewhere. */
export function publishedKeys (jwks: ReadonlyArray<Readonly<Record<string, string>>>): ReadonlyMap<string, KeyObject> {
  const ours = jwks.filter(({ kty, kid }) => kty === 'OKP' && kid !== undefined)
  return new Map(ours.map((jwk) => [jwk['kid'] ?? '', createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })]))
}
