import { createSign, createVerify, type KeyObject } from 'node:crypto'

/** SHA-256 with RSA (PKCS #1 v1.5), in base64: the signature of all three channels. */
export function signRsa (text: string | Uint8Array, key: KeyObject): string {
  return createSign('RSA-SHA256').update(text).sign(key, 'base64')
}

/** Base64 is taken in its one right spelling only, so that no byte of a signature can be changed. */
export function isSignedRsa (text: string | Uint8Array, signature: string, key: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64')
  return bytes.length > 0 && bytes.toString('base64') === signature && createVerify('RSA-SHA256').update(text).verify(key, bytes)
}

/** How old a call-back or an answer may be: against replays (I-52). */
const freshForMs = 300_000

export function isFresh (signedAt: Date | null, now: Date): boolean {
  return signedAt !== null && Math.abs(now.getTime() - signedAt.getTime()) <= freshForMs
}
