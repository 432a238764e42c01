import { inflateSync } from 'node:zlib'

const headerBytes = 44
const entryBytes = 20
const recordBytes = 16
const padded = (length: number): number => (length + 3) & ~3

/**
 * Unpacks a WOFF 1.0 font (W3C, §4 and §5) into the sfnt inside it. The PDF library's own reader inflates in JavaScript,
 * fails on one of the files, and takes three times as long.
 */
export function sfntOf (woff: Buffer): Buffer {
  if (woff.toString('latin1', 0, 4) !== 'wOFF') throw new Error('a font file of the package is WOFF')
  const count = woff.readUInt16BE(12)
  const tables = Array.from({ length: count }, (_, place) => {
    const at = headerBytes + place * entryBytes
    const [offset, packed, length] = [woff.readUInt32BE(at + 4), woff.readUInt32BE(at + 8), woff.readUInt32BE(at + 12)]
    const bytes = woff.subarray(offset, offset + packed)
    return { tag: woff.subarray(at, at + 4), checksum: woff.readUInt32BE(at + 16), bytes: packed < length ? inflateSync(bytes) : bytes }
  })
  const sfnt = Buffer.alloc(12 + count * recordBytes + tables.reduce((sum, { bytes }) => sum + padded(bytes.length), 0))
  const power = 2 ** Math.floor(Math.log2(count))
  woff.copy(sfnt, 0, 4, 8)
  sfnt.writeUInt16BE(count, 4)
  sfnt.writeUInt16BE(power * recordBytes, 6)
  sfnt.writeUInt16BE(Math.log2(power), 8)
  sfnt.writeUInt16BE((count - power) * recordBytes, 10)
  let end = 12 + count * recordBytes
  for (const [place, { tag, checksum, bytes }] of tables.entries()) {
    const at = 12 + place * recordBytes
    tag.copy(sfnt, at)
    sfnt.writeUInt32BE(checksum, at + 4)
    sfnt.writeUInt32BE(end, at + 8)
    sfnt.writeUInt32BE(bytes.length, at + 12)
    bytes.copy(sfnt, end)
    end += padded(bytes.length)
  }
  return sfnt
}
