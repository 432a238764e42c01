import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { Store } from '../../adapters/store/index.ts'
import type { Fingerprint } from '../../core/access/index.ts'
import type { SmsSender } from '../../core/notifications/index.ts'

/** What the installation's own key is for: nothing of a number, a code or an openid is kept in clear. */
export interface AccessKeys {
  readonly fingerprint: Fingerprint
  /** AES-256-GCM; what is sealed twice looks different each time. */
  readonly sealed: (text: string) => string
  /** What was not sealed stays as it is. */
  readonly opened: (text: string) => string
}

const mark = 'sealed:'
const ivBytes = 12
const tagBytes = 16

/** Made once for each installation and kept in its database, like the key of stable ids. */
export async function accessKeys ({ inTransaction }: Pick<Store, 'inTransaction'>): Promise<AccessKeys> {
  return keysFrom(Buffer.from(await inTransaction(({ settings }) => settings.setOnce('access.key', randomBytes(32).toString('hex'))), 'hex'))
}

export function keysFrom (key: Buffer): AccessKeys {
  const [forFingerprints, forSealing] = ['fingerprint', 'seal'].map((use) => Buffer.from(hkdfSync('sha256', key, '', use, 32))) as [Buffer, Buffer]
  return {
    fingerprint: (kind, text) => createHmac('sha256', forFingerprints).update(`${kind}\u0000${text}`).digest('hex'),
    sealed: (text) => {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', forSealing, iv)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return mark + Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
    },
    opened: (text) => {
      if (!text.startsWith(mark)) return text
      const bytes = Buffer.from(text.slice(mark.length), 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', forSealing, bytes.subarray(0, ivBytes))
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
      return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8')
    }
  }
}

/** Opens number and parameters on the way out only: the outbox, and a queue server, hold them sealed. */
export function openingSms (sms: SmsSender, { opened }: Pick<AccessKeys, 'opened'>): SmsSender {
  return {
    send: ({ to, params, ...message }) => sms.send({ ...message, to: opened(to), params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, opened(value)])) }),
    receipt: (key) => sms.receipt(key)
  }
}
