/** RFC 4648 base 32. Capital letters and digits only: every scanner types them on every keyboard layout, and a URL may hold them. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const digitBits = 5
const places: ReadonlyMap<string, number> = new Map([...alphabet].map((letter, place) => [letter, place]))

/** Without padding; the bits left over are zero. */
export function base32 (bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= digitBits) {
      bits -= digitBits
      text += alphabet.charAt((held >> bits) & 31)
    }
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet.charAt((held << (digitBits - bits)) & 31)
}

/** Null where `text` is not exactly what base32 writes for so many bytes: there is one spelling only. */
export function fromBase32 (text: string, length: number): Uint8Array | null {
  if (text.length !== Math.ceil(length * 8 / digitBits)) return null
  const bytes = new Uint8Array(length)
  let held = 0
  let bits = 0
  let filled = 0
  for (const letter of text) {
    const place = places.get(letter)
    if (place === undefined) return null
    held = (held << digitBits) | place
    bits += digitBits
    if (bits >= 8) {
      bits -= 8
      bytes[filled++] = (held >> bits) & 255
      held &= (1 << bits) - 1
    }
  }
  return filled === length && held === 0 ? bytes : null
}
