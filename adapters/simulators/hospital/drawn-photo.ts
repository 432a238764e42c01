import type { Chance } from '../random.ts'

const blank = [
  '..####..',
  '.######.',
  '########',
  '#.####.#',
  '########',
  '###..###',
  '.######.',
  '..####..'
]

/**
 * A drawn face of 64 × 64 grey pixels as a baseline JPEG (ITU-T T.81). Every 8 × 8 block is one flat tone, so only the
 * DC coefficient of each block is coded and the AC table holds nothing but "end of block". Never a real face.
 */
export function drawnPhoto (chance: Chance): Buffer {
  const tones = blank.map((row) => Array.from(row, (pixel) => pixel === '#' ? 180 + chance.below(40) : 40 + chance.below(60)))
  return Buffer.concat([head, scanOf(tones.flat()), Buffer.from([0xff, 0xd9])])
}

const segment = (marker: number, body: readonly number[]): Buffer =>
  Buffer.from([0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 0xff, ...body])

/** Code lengths of T.81 table K.3 (DC, luminance): the sizes 0–11 in order of their codes. */
const dcCounts = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
const dcSizes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
const acCounts = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

const head = Buffer.concat([
  Buffer.from([0xff, 0xd8]),
  segment(0xe0, [...Buffer.from('JFIF\0', 'latin1'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
  segment(0xdb, [0, ...Array.from({ length: 64 }, () => 8)]),
  segment(0xc0, [8, 0, 64, 0, 64, 1, 1, 0x11, 0]),
  segment(0xc4, [0x00, ...dcCounts, ...dcSizes]),
  segment(0xc4, [0x10, ...acCounts, 0]),
  segment(0xda, [1, 1, 0x00, 0, 63, 0])
])

/** Quantised by 8, the DC of a flat block is its tone less 128 (T.81 §A.3.3: DC = 8 × mean). */
function scanOf (tones: readonly number[]): Buffer {
  const bits: string[] = []
  let before = 0
  for (const tone of tones) {
    const level = tone - 128
    bits.push(dcBits(level - before), '0')
    before = level
  }
  const text = bits.join('')
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, '1')
  const bytes = padded.match(/.{8}/g) ?? []
  // A byte FF inside the scan is followed by 00, so that it is not taken for a marker (§B.1.1.5).
  return Buffer.from(bytes.flatMap((byte) => byte === '11111111' ? [0xff, 0] : [Number.parseInt(byte, 2)]))
}

function dcBits (difference: number): string {
  const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1
  const bits = difference < 0 ? difference + 2 ** size - 1 : difference
  return dcCode(size) + (size === 0 ? '' : bits.toString(2).padStart(size, '0'))
}

/** Canonical Huffman codes in order of length (§C.2). */
function dcCode (size: number): string {
  let code = 0
  let place = 0
  for (const [index, count] of dcCounts.entries()) {
    for (let taken = 0; taken < count; taken++, place++, code++) {
      if (dcSizes[place] === size) return code.toString(2).padStart(index + 1, '0')
    }
    code <<= 1
  }
  throw new RangeError('a difference of 12 bits and more does not occur in 8-bit pictures')
}
