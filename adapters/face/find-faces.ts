import type { Decoded } from './decode-picture.ts'
import { modelCards } from './model-card.ts'
import type { Networks } from './models.ts'
import { cropOf, placingOfBox, type Box, type Raster } from './raster.ts'
import { tensorOf } from './tensor.ts'

export interface FoundFace extends Box { readonly score: number }

/** Measured with the network's own figures (face.md): a face in each of 13,233 pictures of LFW at 0.65. */
const leastScore = 0.65
const mostOverlap = 0.4
/** More faces than this are a crowd; the largest come first anyway. */
const mostFaces = 50

const everything: Box = { left: 0, top: 0, width: 1, height: 1 }
const withMargin: Box = { left: -0.4, top: -0.4, width: 1.8, height: 1.8 }

/** A face larger than this share of the picture is not told reliably from a part of it. */
const fills = 0.6

/**
 * Every face of the picture. Where none is found, or one fills the picture, it is looked at with a margin around it: such a
 * face has no surroundings that the network knows faces by, and its mouth or half of it is taken for the whole.
 */
export async function findFaces (networks: Networks, { raster, overview }: Pick<Decoded, 'raster' | 'overview'>): Promise<readonly FoundFace[]> {
  const found = await facesIn(networks, overview, everything)
  const isSure = found.length > 0 && found.every(({ width, height }) => width < fills && height < fills)
  const again = isSure ? [] : await facesIn(networks, overview, withMargin)
  return (again.length > 0 ? again : found).map(({ score, left, top, width, height }) => ({ score, left: left * raster.width, top: top * raster.height, width: width * raster.width, height: height * raster.height }))
}

/** In shares of the picture. `part`: what of it is shown to the network. */
async function facesIn (networks: Networks, overview: Raster, part: Box): Promise<readonly FoundFace[]> {
  const { width, height, rgb } = overview
  const shown = part === everything ? rgb : cropOf(overview, placingOfBox({ left: part.left * width, top: part.top * height, width: part.width * width, height: part.height * height }, overview), overview)
  const { scores, boxes } = await networks.detect(tensorOf(shown, modelCards.detect))
  return apart(surePlaces(scores, boxes).map(({ score, ...box }) => ({
    score, left: part.left + box.left * part.width, top: part.top + box.top * part.height, width: box.width * part.width, height: box.height * part.height
  })))
}

function surePlaces (scores: Float32Array = new Float32Array(), boxes: Float32Array = new Float32Array()): readonly FoundFace[] {
  const places: FoundFace[] = []
  for (let place = 0; place * 2 < scores.length; place++) {
    const score = scores[place * 2 + 1] ?? 0
    if (score < leastScore) continue
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(place * 4, place * 4 + 4)
    if (right > left && bottom > top) places.push({ score, left, top, width: right - left, height: bottom - top })
  }
  return places
}

/** One place for each face: the surest of those that lie on each other. */
function apart (places: readonly FoundFace[]): readonly FoundFace[] {
  const kept: FoundFace[] = []
  for (const place of [...places].sort((one, other) => other.score - one.score)) {
    if (kept.length === mostFaces) break
    if (kept.every((other) => overlap(place, other) <= mostOverlap)) kept.push(place)
  }
  return kept
}

function overlap (one: Box, other: Box): number {
  const width = Math.min(one.left + one.width, other.left + other.width) - Math.max(one.left, other.left)
  const height = Math.min(one.top + one.height, other.top + other.height) - Math.max(one.top, other.top)
  if (width <= 0 || height <= 0) return 0
  return width * height / (one.width * one.height + other.width * other.height - width * height)
}

export interface ChosenFace { readonly face: FoundFace, readonly isDominant: boolean }

/** Whoever else is in the picture counts half as much at most, or nobody can say who stands there. */
const dominates = 2

/** The largest face, of those equally large the one nearest to the middle; null where there is none. */
export function chooseFace (faces: readonly FoundFace[], { width, height }: Pick<Raster, 'width' | 'height'>): ChosenFace | null {
  const weightOf = (face: FoundFace): number => {
    const away = Math.hypot(face.left + face.width / 2 - width / 2, face.top + face.height / 2 - height / 2) / Math.hypot(width / 2, height / 2)
    return face.width * face.height * (1 - 0.5 * Math.min(1, away))
  }
  const [first, second] = faces.map((face) => ({ face, weight: weightOf(face) })).sort((one, other) => other.weight - one.weight)
  return first === undefined ? null : { face: first.face, isDominant: second === undefined || first.weight >= dominates * second.weight }
}
