/** Reads a TDS message from its start: numbers are little endian, texts UCS-2 (MS-TDS §2.2.5). */
export interface ByteReader {
  readonly bytes: (count: number) => Buffer
  readonly u8: () => number
  readonly u16: () => number
  readonly u32: () => number
  /** A text whose length in characters stands before it in one byte, or in two. */
  readonly shortText: () => string
  readonly left: () => number
}

export function byteReader (data: Buffer): ByteReader {
  let place = 0
  const bytes = (count: number): Buffer => {
    if (place + count > data.length) throw new RangeError('the TDS message ends too early')
    place += count
    return data.subarray(place - count, place)
  }
  const u8 = (): number => bytes(1).readUInt8()
  return {
    bytes,
    u8,
    u16: () => bytes(2).readUInt16LE(),
    u32: () => bytes(4).readUInt32LE(),
    shortText: () => bytes(u8() * 2).toString('utf16le'),
    left: () => data.length - place
  }
}

export function u8 (value: number): Buffer {
  return Buffer.from([value])
}

export function u16 (value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

export function u32 (value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export function u64 (value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

/** B_VARCHAR and US_VARCHAR. */
export function shortText (text: string): Buffer {
  return Buffer.concat([u8(text.length), Buffer.from(text, 'utf16le')])
}

export function longText (text: string): Buffer {
  return Buffer.concat([u16(text.length), Buffer.from(text, 'utf16le')])
}

/** The lowest `count` bytes of a number. */
export function lowBytes (value: bigint, count: number): Buffer {
  return u64(value).subarray(0, count)
}
