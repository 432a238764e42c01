import sharp from 'sharp'
import type { Picture } from '../../core/dialogue/index.ts'
import { DomainError } from '../../core/errors.ts'

const types: Readonly<Record<string, Picture['contentType']>> = { jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp' }
/** More is no photo of a phone but something that is meant to fill the memory. */
const mostPixels = 50_000_000
/** Longer sides are made shorter: small print stays readable, and a dialogue small. */
const longestSide = 2_560

/**
 * A picture as it is kept: known by its content, upright, no larger than a screen can show, and written anew, so that nothing
 * of what a camera or an app put beside it (place, device, comments) is left.
 */
export async function cleanPicture (given: Uint8Array): Promise<Pick<Picture, 'contentType' | 'bytes' | 'width' | 'height'>> {
  try {
    const image = sharp(given, { limitInputPixels: mostPixels, pages: 1, failOn: 'error' })
    const { format } = await image.metadata()
    const contentType = types[format]
    if (contentType === undefined) throw refused()
    const { data, info } = await image.rotate().resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true }).toFormat(format, { quality: 85 }).toBuffer({ resolveWithObject: true })
    return { contentType, bytes: data, width: info.width, height: info.height }
  } catch (error) {
    throw error instanceof DomainError ? error : refused()
  }
}

const refused = (): DomainError => new DomainError('PICTURE_INVALID', 'This is no JPEG, PNG or WebP picture that can be read. Send another one.', 'picture')
