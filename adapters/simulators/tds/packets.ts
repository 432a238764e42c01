/** Packet types that a client sends (MS-TDS §2.2.3.1.1). */
export const packetTypes = { batch: 0x01, rpc: 0x03, attention: 0x06, login: 0x10, prelogin: 0x12 } as const
const responseType = 0x04
const headerBytes = 8
const packetBytes = 4096
const messageBytesMax = 1024 * 1024

export interface TdsMessage {
  readonly type: number
  readonly data: Buffer
}

/** Cuts what comes over a connection into packets, and puts those of one message together. */
export function messageReader (onMessage: (message: TdsMessage) => void): (chunk: Buffer) => void {
  let kept = Buffer.alloc(0)
  let parts: Buffer[] = []
  return (chunk) => {
    kept = Buffer.concat([kept, chunk])
    while (kept.length >= headerBytes) {
      const length = kept.readUInt16BE(2)
      if (length < headerBytes) throw new RangeError('a TDS packet is shorter than its header')
      if (kept.length < length) return
      const [type, status] = [kept.readUInt8(0), kept.readUInt8(1)]
      parts.push(kept.subarray(headerBytes, length))
      kept = kept.subarray(length)
      if (parts.reduce((sum, part) => sum + part.length, 0) > messageBytesMax) throw new RangeError('a TDS message is too long')
      if ((status & 1) === 0) continue
      const data = Buffer.concat(parts)
      parts = []
      onMessage({ type, data })
    }
  }
}

/** A message in packets as the server sends it. */
export function packetsOf (data: Buffer, type: number = responseType): Buffer {
  const packets: Buffer[] = []
  const room = packetBytes - headerBytes
  for (let from = 0, id = 1; from < data.length || from === 0; from += room, id++) {
    const part = data.subarray(from, from + room)
    const header = Buffer.alloc(headerBytes)
    header.writeUInt8(type, 0)
    header.writeUInt8(from + room >= data.length ? 1 : 0, 1)
    header.writeUInt16BE(headerBytes + part.length, 2)
    header.writeUInt8(id & 0xff, 6)
    packets.push(header, part)
  }
  return Buffer.concat(packets)
}
