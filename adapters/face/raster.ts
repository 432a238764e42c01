/** A decoded picture: RGB, 8 bits each, row by row. */
export interface Raster {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

export interface Point { readonly x: number, readonly y: number }

/** Pixels of the picture; may reach over its edge. */
export interface Box { readonly left: number, readonly top: number, readonly width: number, readonly height: number }

/** Where a pixel of the crop lies in the picture: x = a·u − b·v + x0, y = b·u + a·v + y0 with (u, v) stretched by (sx, sy). */
export interface Placing { readonly a: number, readonly b: number, readonly x0: number, readonly y0: number, readonly sx: number, readonly sy: number }

export interface Size { readonly width: number, readonly height: number }

/** A box of the picture as a whole crop. */
export function placingOfBox ({ left, top, width, height }: Box, crop: Size): Placing {
  const [sx, sy] = [width / crop.width, height / crop.height]
  return { a: 1, b: 0, x0: left + sx / 2 - 0.5, y0: top + sy / 2 - 0.5, sx, sy }
}

/** More samples for one pixel than this change nothing that was measured. */
const mostSamples = 6

/**
 * The crop as RGB values 0–255. Between pixels bilinear; where the crop is coarser than the picture, the mean of several
 * samples, since every second pixel left out makes patterns that are in no face; `most`: 1 leaves those in, for a network
 * that was taught with them. Beyond the edge the last pixel goes on.
 */
export function cropOf (raster: Raster, placing: Placing, crop: Size, most = mostSamples): Float32Array {
  const { a, b, x0, y0, sx, sy } = placing
  const acrossCount = samplesFor(sx * Math.hypot(a, b), most)
  const downCount = samplesFor(sy * Math.hypot(a, b), most)
  const out = new Float32Array(crop.width * crop.height * 3)
  const share = 1 / (acrossCount * downCount)
  let at = 0
  for (let row = 0; row < crop.height; row++) {
    for (let column = 0; column < crop.width; column++, at += 3) {
      for (let down = 0; down < downCount; down++) {
        const v = (row + (down + 0.5) / downCount - 0.5) * sy
        for (let across = 0; across < acrossCount; across++) {
          const u = (column + (across + 0.5) / acrossCount - 0.5) * sx
          addSample(raster, a * u - b * v + x0, b * u + a * v + y0, { out, at, share })
        }
      }
    }
  }
  return out
}

const samplesFor = (step: number, most: number): number => Math.max(1, Math.min(most, Math.round(step)))

interface Sink { readonly out: Float32Array, readonly at: number, readonly share: number }

function addSample ({ width, height, rgb }: Raster, x: number, y: number, { out, at, share }: Sink): void {
  const left = Math.max(0, Math.min(width - 1, x))
  const top = Math.max(0, Math.min(height - 1, y))
  const column = Math.floor(left)
  const row = Math.floor(top)
  const rightShare = left - column
  const bottomShare = top - row
  const first = (row * width + column) * 3
  const right = column + 1 < width ? 3 : 0
  const below = row + 1 < height ? width * 3 : 0
  for (let channel = 0; channel < 3; channel++) {
    const place = first + channel
    const upper = (rgb[place] ?? 0) * (1 - rightShare) + (rgb[place + right] ?? 0) * rightShare
    const lower = (rgb[place + below] ?? 0) * (1 - rightShare) + (rgb[place + below + right] ?? 0) * rightShare
    out[at + channel] = (out[at + channel] ?? 0) + share * (upper * (1 - bottomShare) + lower * bottomShare)
  }
}

/** Grey values 0–255 by the weights of Rec. 601. */
export function greyOf (rgb: Float32Array | Uint8Array): Float32Array {
  const grey = new Float32Array(rgb.length / 3)
  for (let pixel = 0; pixel < grey.length; pixel++) grey[pixel] = 0.299 * (rgb[pixel * 3] ?? 0) + 0.587 * (rgb[pixel * 3 + 1] ?? 0) + 0.114 * (rgb[pixel * 3 + 2] ?? 0)
  return grey
}
