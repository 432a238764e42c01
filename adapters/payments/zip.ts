import { inflateRawSync } from 'node:zlib'

export interface ZipEntry {
  /** As it stands in the archive; the encoding is the sender's. */
  readonly name: Buffer
  readonly bytes: Buffer
}

const endSignature = 0x06054b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
const mostEntries = 100

/**
 * Files of a ZIP archive by its central directory, stored or deflated: what statements come in. Null where it is none, is
 * damaged, or unpacks to more than `largestBytes`. Node has no reader of its own, and no more of the format is needed.
 */
export function readZip (archive: Buffer, largestBytes: number): readonly ZipEntry[] | null {
  try {
    return entriesOf(archive, largestBytes)
  } catch {
    return null
  }
}

function entriesOf (archive: Buffer, largestBytes: number): readonly ZipEntry[] | null {
  const end = endOf(archive)
  if (end === null) return null
  const count = archive.readUInt16LE(end + 10)
  if (count > mostEntries) return null
  const entries: ZipEntry[] = []
  let at = archive.readUInt32LE(end + 16)
  let left = largestBytes
  for (let place = 0; place < count; place++) {
    if (archive.readUInt32LE(at) !== entrySignature) return null
    const [nameLength, extraLength, commentLength] = [archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 30), archive.readUInt16LE(at + 32)]
    const bytes = bytesOf(archive, at, left)
    if (bytes === null) return null
    left -= bytes.length
    entries.push({ name: archive.subarray(at + 46, at + 46 + nameLength), bytes })
    at += 46 + nameLength + extraLength + commentLength
  }
  return entries
}

function bytesOf (archive: Buffer, at: number, largestBytes: number): Buffer | null {
  const [method, size, unpackedSize, local] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 24), archive.readUInt32LE(at + 42)]
  if (unpackedSize > largestBytes || archive.readUInt32LE(local) !== localSignature) return null
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
  const packed = archive.subarray(start, start + size)
  const bytes = method === 0 ? Buffer.from(packed) : method === 8 ? inflateRawSync(packed, { maxOutputLength: Math.max(1, unpackedSize) }) : null
  return bytes?.length === unpackedSize ? bytes : null
}

/** The end record is last but for a comment of 64 KiB at most. */
function endOf (archive: Buffer): number | null {
  for (let at = archive.length - 22; at >= Math.max(0, archive.length - 22 - 65_535); at--) if (archive.readUInt32LE(at) === endSignature) return at
  return null
}
