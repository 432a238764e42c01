import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

/** SM2 with SM3 (GB/T 32918, GB/T 32905) where the insurer takes part in the national scheme, else RSA with SHA-256. */
export type SignatureScheme = 'SM2' | 'RSA'

const digests = { SM2: 'sm3', RSA: 'sha256' } as const satisfies Record<SignatureScheme, string>

export interface Signer {
  readonly scheme: SignatureScheme
  /** Base64. */
  readonly sign: (text: string) => string
}

export interface Verifier {
  readonly scheme: SignatureScheme
  readonly isSigned: (text: string, signature: string) => boolean
}

/** `privateKey`: PEM, PKCS #8. */
export function signerOf (scheme: SignatureScheme, privateKey: string): Signer {
  const key = createPrivateKey(privateKey)
  return { scheme, sign: (text) => sign(digests[scheme], Buffer.from(text, 'utf8'), key).toString('base64') }
}

/** `publicKey`: PEM, SPKI. */
export function verifierOf (scheme: SignatureScheme, publicKey: string): Verifier {
  const key = createPublicKey(publicKey)
  return { scheme, isSigned: (text, signature) => isSignedBy(key, { scheme, text, signature }) }
}

function isSignedBy (key: KeyObject, { scheme, text, signature }: { readonly scheme: SignatureScheme, readonly text: string, readonly signature: string }): boolean {
  try {
    return verify(digests[scheme], Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64'))
  } catch {
    // Bytes that are no signature at all.
    return false
  }
}

/** What is signed: the message without its signature, as JSON with the names of every object in order. */
export function signedText (message: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(ordered(Object.fromEntries(Object.entries(message).filter(([name]) => name !== 'cainfo'))))
}

function ordered (value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1).map(([name, part]) => [name, ordered(part)]))
}
