import { byteReader } from './bytes.ts'

/** What a client says of encryption before it logs in (MS-TDS §2.2.6.5). */
export const encryption = { off: 0, on: 1, notSupported: 2, required: 3 } as const
const encryptionToken = 1
const terminator = 0xff

export function readEncryption (prelogin: Buffer): number {
  for (let place = 0; prelogin[place] !== terminator && place + 5 <= prelogin.length; place += 5) {
    if (prelogin[place] === encryptionToken) return prelogin.readUInt8(prelogin.readUInt16BE(place + 1))
  }
  return encryption.notSupported
}

/** Version 15.0 (SQL Server 2019), the answer about encryption, no instance, no thread, no MARS. */
export function preloginAnswer (encrypts: number): Buffer {
  const options: ReadonlyArray<readonly [number, Buffer]> = [
    [0, Buffer.from([15, 0, 0x07, 0xd0, 0, 0])], [encryptionToken, Buffer.from([encrypts])], [2, Buffer.from([0])], [3, Buffer.alloc(4)], [4, Buffer.from([0])]
  ]
  const heads: Buffer[] = []
  let offset = options.length * 5 + 1
  for (const [token, data] of options) {
    const head = Buffer.alloc(5)
    head.writeUInt8(token, 0)
    head.writeUInt16BE(offset, 1)
    head.writeUInt16BE(data.length, 3)
    heads.push(head)
    offset += data.length
  }
  return Buffer.concat([...heads, Buffer.from([terminator]), ...options.map(([, data]) => data)])
}

export interface Login {
  readonly user: string
  readonly password: string
  readonly database: string
}

/** Places of LOGIN7's offsets and lengths (MS-TDS §2.2.6.4). */
const places = { user: 40, password: 44, database: 68 } as const

export function readLogin (data: Buffer): Login {
  const textAt = (place: number, decode = (bytes: Buffer): Buffer => bytes): string => {
    const [offset, length] = [data.readUInt16LE(place), data.readUInt16LE(place + 2)]
    return decode(Buffer.from(data.subarray(offset, offset + length * 2))).toString('utf16le')
  }
  return { user: textAt(places.user), password: textAt(places.password, unscrambled), database: textAt(places.database) }
}

/** The password is no secret on the wire: its halves are swapped and XORed with A5. */
function unscrambled (bytes: Buffer): Buffer {
  return bytes.map((byte) => {
    const plain = byte ^ 0xa5
    return ((plain & 0x0f) << 4) | (plain >> 4)
  }) as Buffer
}

/** The text of a batch, behind its headers. */
export function readBatch (data: Buffer): string {
  const reader = byteReader(data)
  reader.bytes(reader.u32() - 4)
  return reader.bytes(reader.left()).toString('utf16le')
}
