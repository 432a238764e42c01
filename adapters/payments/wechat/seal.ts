import { constants, createCipheriv, createDecipheriv, createHash, privateDecrypt, publicEncrypt, type KeyObject } from 'node:crypto'
import { readJson, textAt, type Json } from '../fields.ts'

const tagBytes = 16
const algorithm = 'AEAD_AES_256_GCM'

/** Opens the resource of a call-back; null where it was not sealed with our APIv3 key. Call it on proven bytes only. */
export function openResource (resource: Json, apiV3Key: string): Json | null {
  const [ciphertext, nonce] = [textAt(resource, 'ciphertext'), textAt(resource, 'nonce')]
  if (textAt(resource, 'algorithm') !== algorithm || ciphertext === null || nonce === null) return null
  const sealed = Buffer.from(ciphertext, 'base64')
  if (sealed.length <= tagBytes) return null
  try {
    const cipher = createDecipheriv('aes-256-gcm', Buffer.from(apiV3Key, 'utf8'), nonce, { authTagLength: tagBytes })
    cipher.setAuthTag(sealed.subarray(-tagBytes)).setAAD(Buffer.from(textAt(resource, 'associated_data') ?? '', 'utf8'))
    return readJson(Buffer.concat([cipher.update(sealed.subarray(0, -tagBytes)), cipher.final()]))
  } catch {
    return null
  }
}

/** As the platform seals it. */
export function sealResource (text: string, { apiV3Key, nonce, associatedData }: { readonly apiV3Key: string, readonly nonce: string, readonly associatedData: string }): Json {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(apiV3Key, 'utf8'), nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(associatedData, 'utf8'))
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64')
  return { algorithm, ciphertext, nonce, associated_data: associatedData }
}

/** 敏感信息加密: names and id digests go out sealed to the platform's key, RSA-OAEP with SHA-1 as it asks for. */
export function sealField (text: string, platformKey: KeyObject): string {
  return publicEncrypt({ key: platformKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, Buffer.from(text, 'utf8')).toString('base64')
}

/** Null where it was sealed to another key. */
export function openField (sealed: string, platformKey: KeyObject): string | null {
  try {
    return privateDecrypt({ key: platformKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, Buffer.from(sealed, 'base64')).toString('utf8')
  } catch {
    return null
  }
}

/** MD5 of the upper-case resident id, as the interface wants it; it only leaves sealed. */
export function idDigest (residentId: string): string {
  return createHash('md5').update(residentId.toUpperCase(), 'utf8').digest('hex')
}
