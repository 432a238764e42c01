import { randomFillSync } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { Ids } from '../core/ids.ts'

const poolBytes = 4096

/**
 * UUID version 7 (RFC 9562 §5.7): the time in ms, then 74 random bits. Ids of one time lie together in an index, so a
 * growing table writes few pages where random ids would touch one page for each row.
 */
export function timeOrderedIds (clock: Clock): Ids {
  const pool = Buffer.alloc(poolBytes)
  let used = poolBytes
  return {
    next: () => {
      if (used === poolBytes) {
        randomFillSync(pool)
        used = 0
      }
      const bytes = pool.subarray(used, used + 16)
      used += 16
      bytes.writeUIntBE(clock.now().getTime(), 0, 6)
      bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
      bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
      const hex = bytes.toString('hex')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
    }
  }
}
