import { createHmac } from 'node:crypto'
import type { StableId } from '../core/ids.ts'

/**
 * Keyed ids in UUID form: HMAC-SHA-256 over hospital, kind and name with the installation's own key, cut to 128 bits,
 * version 8 (RFC 9562 §5.8, "vendor-specific"). About 3 µs.
 */
export function stableIdWith (key: Buffer): StableId {
  return (hospitalId, kind, name) => {
    const bytes = createHmac('sha256', key).update(`${hospitalId}\u0000${kind}\u0000${name}`).digest()
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
    const hex = bytes.toString('hex', 0, 16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
}
