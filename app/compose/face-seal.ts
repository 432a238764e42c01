import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { SealedOf, TemplateSeal } from '../../core/faces/index.ts'
import { ConfigError, type Config } from '../config.ts'

/** One key of FACE_KEY_FILE; its mark stands before everything that it sealed. */
interface FaceKey {
  readonly mark: number
  readonly key: Buffer
}

export interface FaceSeal extends TemplateSeal {
  /** Proves, for whoever has another file, that it is another: not the key itself. Of every key, the one that seals first. */
  readonly proofs: () => readonly string[]
  /** Whether the first key of the file sealed it. */
  readonly isCurrent: (sealed: Uint8Array) => boolean
}

const keyBytes = 32
const ivBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM with a key outside the database: FACE_KEY_FILE, else DATA_DIR/face.key, which is made once. Each hospital has a key
 * of its own (HKDF, RFC 5869), and what is sealed for one template opens for no other. The file is read when the
 * first template is sealed or opened. One key a line; the first one seals, the others only open (docs/faces.md).
 */
export function faceSeal (config: Pick<Config, 'faceKeyFile' | 'dataDir'>): FaceSeal {
  let read: readonly FaceKey[] | null = null
  const keys = (): readonly FaceKey[] => read ??= parseKeys(config.faceKeyFile === null ? ownKey(config.dataDir) : readFileSync(config.faceKeyFile, 'utf8'), config.faceKeyFile === null ? 'DATA_DIR/face.key' : 'FACE_KEY_FILE')
  const derived = new Map<string, Buffer>()
  const keyOf = ({ mark, key }: FaceKey, { hospitalId }: SealedOf): Buffer => {
    const name = `${mark} ${hospitalId}`
    const found = derived.get(name) ?? Buffer.from(hkdfSync('sha256', key, '', `face-template:${hospitalId}`, keyBytes))
    derived.set(name, found)
    return found
  }
  return {
    proofs: () => keys().map(({ key }) => createHmac('sha256', key).update('face-key').digest('hex')),
    isCurrent: (sealed) => sealed[0] === keys()[0]?.mark,
    seal: (template, of) => {
      const [current] = keys()
      if (current === undefined) throw new Error('a key file that was read holds a key')
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', keyOf(current, of), iv).setAAD(Buffer.from(of.id))
      const body = Buffer.concat([cipher.update(bytesOf(template)), cipher.final()])
      return Buffer.concat([Buffer.from([current.mark]), iv, cipher.getAuthTag(), body])
    },
    open: (sealed, of) => {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
      const key = keys().find(({ mark }) => mark === bytes[0])
      if (key === undefined) throw new Error('a template is sealed with a key that the file does not hold')
      const decipher = createDecipheriv('aes-256-gcm', keyOf(key, of), bytes.subarray(1, 1 + ivBytes)).setAAD(Buffer.from(of.id))
      decipher.setAuthTag(bytes.subarray(1 + ivBytes, 1 + ivBytes + tagBytes))
      return numbersOf(Buffer.concat([decipher.update(bytes.subarray(1 + ivBytes + tagBytes)), decipher.final()]))
    }
  }
}

/** Made once for the embedded database; several nodes share a file of FACE_KEY_FILE instead. */
function ownKey (dataDir: string): string {
  mkdirSync(dataDir, { recursive: true })
  const file = path.join(dataDir, 'face.key')
  try {
    writeFileSync(file, `${randomBytes(keyBytes).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return readFileSync(file, 'utf8')
}

function parseKeys (text: string, where: string): readonly FaceKey[] {
  const keys = text.split(/\s+/).filter((word) => word !== '').map((word) => {
    const key = /^[0-9a-f]{64}$/i.test(word) ? Buffer.from(word, 'hex') : Buffer.from(word, 'base64')
    if (key.length !== keyBytes) throw new ConfigError(`${where}: a key is 32 bytes, written in hex or base64, one a line.`)
    return { mark: createHmac('sha256', key).update('face-key-mark').digest()[0] ?? 0, key }
  })
  if (keys.length === 0) throw new ConfigError(`${where}: the file holds no key.`)
  if (new Set(keys.map(({ mark }) => mark)).size !== keys.length) throw new ConfigError(`${where}: two keys have the same mark; make another one.`)
  return keys
}

const bytesOf = (template: Float32Array): Buffer => {
  const bytes = Buffer.alloc(template.length * 4)
  template.forEach((value, place) => { bytes.writeFloatLE(value, place * 4) })
  return bytes
}

function numbersOf (bytes: Buffer): Float32Array {
  const copy = new Uint8Array(bytes)
  const view = new DataView(copy.buffer)
  return Float32Array.from({ length: copy.length / 4 }, (_, place) => view.getFloat32(place * 4, true))
}
