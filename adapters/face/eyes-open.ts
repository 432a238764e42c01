import type { Landmarks } from './align.ts'
import { modelCards } from './model-card.ts'
import type { Networks } from './models.ts'
import { cropOf, type Point, type Raster } from './raster.ts'
import { tensorOf } from './tensor.ts'

/** First and last landmark of each eye. */
const eyes = [[36, 39], [42, 45]] as const

/**
 * Widths of what is shown to the network, in widths of the eye: one alone takes shadows for lids now and then; the mean of
 * three told 3 pairs of closed eyes from 18 of open ones without error (docs/faces.md).
 */
const windows = [1.4, 1.6, 2] as const

/** The less open eye, 0 (closed) – 1 (open). */
export async function eyesOpenOf (networks: Networks, raster: Raster, landmarks: Landmarks): Promise<number> {
  const point = (index: number): Point => landmarks[index] ?? { x: 0, y: 0 }
  const [outer, other] = [point(36), point(45)]
  const tilt = Math.atan2(other.y - outer.y, other.x - outer.x)
  // Of a turned head the far eye is narrow; it is not shown smaller than a fifth of the distance between the corners.
  const least = Math.hypot(other.x - outer.x, other.y - outer.y) / 5
  const openness: number[] = []
  for (const [first, last] of eyes) {
    const lid = Array.from({ length: 6 }, (_, index) => point(first + index))
    const middle = { x: lid.reduce((sum, { x }) => sum + x, 0) / 6, y: lid.reduce((sum, { y }) => sum + y, 0) / 6 }
    const width = Math.max(least, Math.hypot(point(last).x - point(first).x, point(last).y - point(first).y))
    let sum = 0
    for (const window of windows) sum += await openOf(networks, raster, { middle, side: width * window, tilt })
    openness.push(sum / windows.length)
  }
  return Math.min(...openness)
}

async function openOf (networks: Networks, raster: Raster, { middle, side, tilt }: { readonly middle: Point, readonly side: number, readonly tilt: number }): Promise<number> {
  const [, height, width] = modelCards.eye.input
  const a = Math.cos(tilt) * side / width
  const b = Math.sin(tilt) * side / width
  const half = (width - 1) / 2
  const crop = cropOf(raster, { a, b, x0: middle.x - half * a + half * b, y0: middle.y - half * b - half * a, sx: 1, sy: 1 }, { width, height })
  const { output } = await networks.eye(tensorOf(crop, modelCards.eye))
  return 1 / (1 + Math.exp((output?.[0] ?? 0) - (output?.[1] ?? 0)))
}
