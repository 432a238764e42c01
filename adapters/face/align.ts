import { modelCards } from './model-card.ts'
import type { Networks } from './models.ts'
import { cropOf, placingOfBox, type Box, type Placing, type Point, type Raster } from './raster.ts'
import { tensorOf } from './tensor.ts'

/** Where the network for features was taught to find eyes, nose and mouth in its 112 × 112 pixels (ArcFace's five points). */
const taughtPlaces: readonly Point[] = [
  { x: 38.2946, y: 51.6963 }, { x: 73.5318, y: 51.5014 }, { x: 56.0252, y: 71.7366 }, { x: 41.5493, y: 92.3655 }, { x: 70.7299, y: 92.2041 }
]

/** 68 points in the picture, by the order of iBUG 300-W: 36–41 and 42–47 the eyes, 30 the tip of the nose, 48 and 54 the mouth. */
export type Landmarks = readonly Point[]

/**
 * Twice: the second time in the box that the first landmarks span, upright by the line of the eyes. The network was taught
 * upright faces; a template of a head tilted by 20° then is as like as 0.99 to that of the upright one, where it was 0.89.
 */
export async function landmarksOf (networks: Networks, raster: Raster, box: Box): Promise<Landmarks> {
  const first = await landmarksIn(networks, raster, box, 0)
  const { eyes: [left, right] } = fivePointsOf(first)
  const tilt = Math.atan2(right.y - left.y, right.x - left.x)
  return landmarksIn(networks, raster, spannedBox(first.map((point) => turned(point, -tilt))), tilt)
}

/** Of the detector's boxes, which the network was taught with, this share lies above the brows (median of 16 faces). */
const forehead = 0.31

function spannedBox (landmarks: Landmarks): Box {
  const [across, down] = [landmarks.map(({ x }) => x), landmarks.map(({ y }) => y)]
  const [left, top] = [Math.min(...across), Math.min(...down)]
  const [width, height] = [Math.max(...across) - left, Math.max(...down) - top]
  return { left, top: top - forehead * height, width, height: (1 + forehead) * height }
}

/** The box is that of the picture turned by −`tilt` about its corner. */
async function landmarksIn (networks: Networks, raster: Raster, box: Box, tilt: number): Promise<Landmarks> {
  const [, height, width] = modelCards.landmark.input
  const upright = placingOfBox(box, { width, height })
  const corner = turned({ x: upright.x0, y: upright.y0 }, tilt)
  const placing: Placing = { a: Math.cos(tilt), b: Math.sin(tilt), x0: corner.x, y0: corner.y, sx: upright.sx, sy: upright.sy }
  const { output } = await networks.landmark(tensorOf(cropOf(raster, placing, { width, height }), modelCards.landmark))
  return Array.from({ length: 68 }, (_, index) => turned({ x: box.left + (output?.[index * 2] ?? 0) * box.width, y: box.top + (output?.[index * 2 + 1] ?? 0) * box.height }, tilt))
}

function turned ({ x, y }: Point, by: number): Point {
  return { x: x * Math.cos(by) - y * Math.sin(by), y: x * Math.sin(by) + y * Math.cos(by) }
}

export interface FivePoints {
  /** As seen: the eye at the left of the picture is the person's right one. */
  readonly eyes: readonly [Point, Point]
  readonly nose: Point
  readonly mouth: readonly [Point, Point]
}

export function fivePointsOf (landmarks: Landmarks): FivePoints {
  const meanOf = (...indices: readonly number[]): Point => {
    const points = indices.map((index) => landmarks[index] ?? { x: 0, y: 0 })
    return { x: points.reduce((sum, { x }) => sum + x, 0) / points.length, y: points.reduce((sum, { y }) => sum + y, 0) / points.length }
  }
  return { eyes: [meanOf(36, 37, 38, 39, 40, 41), meanOf(42, 43, 44, 45, 46, 47)], nose: meanOf(30), mouth: [meanOf(48), meanOf(54)] }
}

/**
 * Turn, stretch and shift that bring the taught places onto the five points with the least squared distance. No mirroring
 * and no skew: those would change the face.
 */
export function placingOfFace ({ eyes, nose, mouth }: FivePoints): Placing {
  const to = [...eyes, nose, ...mouth]
  const [fromMean, toMean] = [middleOf(taughtPlaces), middleOf(to)]
  let [along, across, spread] = [0, 0, 0]
  taughtPlaces.forEach((taught, index) => {
    const point = to[index] ?? toMean
    const [u, v, x, y] = [taught.x - fromMean.x, taught.y - fromMean.y, point.x - toMean.x, point.y - toMean.y]
    along += u * x + v * y
    across += u * y - v * x
    spread += u * u + v * v
  })
  const [a, b] = [along / spread, across / spread]
  return { a, b, x0: toMean.x - a * fromMean.x + b * fromMean.y, y0: toMean.y - b * fromMean.x - a * fromMean.y, sx: 1, sy: 1 }
}

function middleOf (points: readonly Point[]): Point {
  return { x: points.reduce((sum, { x }) => sum + x, 0) / points.length, y: points.reduce((sum, { y }) => sum + y, 0) / points.length }
}
