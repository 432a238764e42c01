/** How values stand in columns: instants as ms since 1970, lists and objects as JSON text. */
export function instant (ms: number): Date {
  return new Date(ms)
}

export function instantOrNull (ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}

export function msOrNull (at: Date | null): number | null {
  return at === null ? null : at.getTime()
}

export function json<Value> (text: string): Value {
  return JSON.parse(text) as Value
}

/** A blob; libsql gives an ArrayBuffer, pg a Buffer. */
export function bytes (value: Uint8Array | ArrayBuffer): Buffer {
  return value instanceof ArrayBuffer ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
