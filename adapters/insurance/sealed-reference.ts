import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** What the insurer wants to hear again in the next step, inside the id that core keeps: nobody else can read it. */
export interface SealedReferences<Content> {
  readonly seal: (content: Content) => string
  /** Null where it was not sealed here, or with another key. */
  readonly open: (text: string) => Content | null
}

const ivBytes = 12
const tagBytes = 16

export function sealedReferences<Content> (key: Uint8Array): SealedReferences<Content> {
  return {
    seal: (content) => {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv)
      const body = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
    },
    open: (text) => {
      try {
        const bytes = Buffer.from(text, 'base64url')
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes))
        decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
        return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8')) as Content
      } catch {
        return null
      }
    }
  }
}
