import sharp from 'sharp'
import { modelCards } from './model-card.ts'
import type { Raster } from './raster.ts'

/** A phone's photo is below both; what is above is refused before it is decoded. */
const pictureLimits = { bytes: 15 * 1024 * 1024, pixels: 50_000_000 } as const

/** Longest side that is worked with: a face that fills a fifth of it still has more pixels than the networks take. */
const longestSide = 1920

const overviewSize = { width: modelCards.detect.input[2], height: modelCards.detect.input[1] }

/** One picture at a time for each worker: libvips needs no threads and no memory of earlier pictures. */
sharp.concurrency(1)
sharp.cache(false)

export interface Decoded {
  readonly raster: Raster
  /** The whole picture in the size that the network for faces takes, whatever its shape: made here because libvips does it ten times as fast. */
  readonly overview: Raster
  /** Pixels of the original for one of the raster. */
  readonly shrunkBy: number
}

/** JPEG, PNG or WebP, upright by its EXIF orientation; null: none of these, damaged, or over the limits. */
export async function decodePicture (bytes: Uint8Array): Promise<Decoded | null> {
  if (bytes.byteLength > pictureLimits.bytes || !isTakenFormat(bytes)) return null
  try {
    const picture = sharp(bytes, { limitInputPixels: pictureLimits.pixels, failOn: 'error', pages: 1, sequentialRead: true })
    const { width, height } = await picture.metadata()
    const { data, info } = await picture.autoOrient()
      .resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#808080' }).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
    const overview = await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
      .resize({ ...overviewSize, fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false }).raw().toBuffer()
    return { raster: { width: info.width, height: info.height, rgb: data }, overview: { ...overviewSize, rgb: overview }, shrunkBy: Math.max(width, height) / Math.max(info.width, info.height) }
  } catch {
    // What sharp says may carry words of the picture's own text; nobody needs more than that it cannot be read.
    return null
  }
}

/** By the first bytes, so that no other decoder (SVG, PDF, TIFF) is ever given what a stranger sends. */
function isTakenFormat (bytes: Uint8Array): boolean {
  const begins = (place: number, text: string): boolean => [...text].every((letter, index) => bytes[place + index] === letter.charCodeAt(0))
  return (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) || begins(0, '\x89PNG\r\n') || (begins(0, 'RIFF') && begins(8, 'WEBP'))
}
