import { createHash, type KeyObject } from 'node:crypto'
import { isSignedRsa, signRsa } from '../rsa.ts'

export type Fields = Readonly<Record<string, string>>

const mostFields = 60

/** 待签名串: every field but the signature, by name, `name=value` with `&` between, not escaped. */
export function sortedText (fields: Fields): string {
  return Object.keys(fields).filter((name) => name !== 'signature').sort().map((name) => `${name}=${fields[name] ?? ''}`).join('&')
}

/** SHA-256 with RSA over the lower-case hex SHA-256 of the sorted text; `certId` names the key. */
export function signFields (fields: Fields, { certificateId, key }: { readonly certificateId: string, readonly key: KeyObject }): Fields {
  const signed = { ...fields, certId: certificateId, signMethod: '01' }
  return { ...signed, signature: signRsa(digestOf(signed), key) }
}

export function isSignedFields (fields: Fields, keys: ReadonlyMap<string, KeyObject>): boolean {
  const key = keys.get(fields['certId'] ?? '')
  return key !== undefined && fields['signMethod'] === '01' && isSignedRsa(digestOf(fields), fields['signature'] ?? '', key)
}

function digestOf (fields: Fields): string {
  return createHash('sha256').update(sortedText(fields), 'utf8').digest('hex')
}

export function formText (fields: Fields): string {
  return new URLSearchParams(fields).toString()
}

/** Null where a name comes twice or there are too many. */
export function readForm (body: Uint8Array | string): Fields | null {
  const pairs = [...new URLSearchParams(typeof body === 'string' ? body : Buffer.from(body).toString('utf8'))]
  const fields = Object.fromEntries(pairs)
  return pairs.length <= mostFields && Object.keys(fields).length === pairs.length ? fields : null
}
