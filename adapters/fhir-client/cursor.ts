import type { Clock } from '../../core/clock.ts'
import type { SettingStore } from '../../core/operations/index.ts'
import type { Resource } from '../../core/records/index.ts'
import { statedAt } from '../../mappings/index.ts'

/**
 * How far one type of one server is read, by the server's own time stamps alone (ms since 1970): its clock may differ
 * from ours by hours.
 */
export interface Cursor {
  /** Up to here everything was seen, by requests that the server answered when its clock was at least here. */
  readonly readTo: number | null
  /** The newest time stamp that was ever seen: the server's clock was there before the next look begins. */
  readonly newest: number | null
}

export const cursorName = (source: string, type: string): string => `cursor.${source}.${type}`

export async function loadCursor (settings: Pick<SettingStore, 'get'>, name: string): Promise<Cursor> {
  const text = await settings.get(name)
  if (text === null) return { readTo: null, newest: null }
  const { readTo, newest } = JSON.parse(text) as Record<keyof Cursor, string | null>
  return { readTo: readTo === null ? null : Date.parse(readTo), newest: newest === null ? null : Date.parse(newest) }
}

/** Readable for whoever looks into the settings. */
export function cursorText ({ readTo, newest }: Cursor): string {
  return JSON.stringify({ readTo: instant(readTo), newest: instant(newest) })
}

const instant = (ms: number | null): string | null => ms === null ? null : new Date(ms).toISOString()

const aDayMs = 86_400_000

export interface Stamps {
  /** Of meta.lastUpdated; null where it is absent or cannot be true. */
  readonly stampOf: (resource: Resource) => number | null
}

/** A stamp a day ahead of our clock is a mistake: reading on from there would overlook everything until then. */
export function stampsBefore (clock: Clock): Stamps {
  return {
    stampOf: (resource) => {
      const stamp = statedAt(resource)?.getTime() ?? null
      return stamp === null || stamp > clock.now().getTime() + aDayMs ? null : stamp
    }
  }
}

export function latest (...stamps: ReadonlyArray<number | null>): number | null {
  return stamps.reduce((one, other) => one === null || (other !== null && other > one) ? other : one, null)
}

export function earliest (one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.min(one, other)
}
