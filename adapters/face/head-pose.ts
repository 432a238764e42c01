import type { FivePoints, Landmarks } from './align.ts'

/** Degrees: yaw > 0 turns to the person's left, pitch > 0 up, roll > 0 clockwise as seen in the picture. */
export interface HeadPose { readonly yaw: number, readonly pitch: number, readonly roll: number }

type Vector = readonly [number, number, number]

/**
 * Six points of a general head that keep their places (nose, chin, outer corners of the eyes, corners of the mouth), in any
 * unit: right in the picture, up, towards the camera. Depth is 1.35 times that of the usual table of these points: with it
 * the angles agree with those of the network fr_pose on the 22 faces that were compared (docs/faces.md).
 */
const headPoints: ReadonlyArray<readonly [landmark: number, place: Vector]> = [
  [30, [0, 0, 0]], [8, [0, -330, -88]], [36, [-225, 170, -182]], [45, [225, 170, -182]], [48, [-150, -150, -169]], [54, [150, -150, -169]]
]

const middle = meanOf(headPoints.map(([, place]) => place))
const spread = headPoints.map(([landmark, place]) => ({ landmark, place: minus(place, middle) }))
const inverse = inverseOf(spread.map(({ place }) => place))

/**
 * Where a head far enough from the camera looks: the two rows of its turning that fit the points best. From landmarks
 * rather than from fr_pose, which costs 7 ms more, errs twice as much in roll, and answers otherwise for the mirrored picture.
 */
export function headPoseOf (landmarks: Landmarks, { eyes: [seenLeft, seenRight] }: Pick<FivePoints, 'eyes'>): HeadPose {
  const at = spread.map(({ landmark }) => landmarks[landmark] ?? { x: 0, y: 0 })
  const meanX = at.reduce((sum, { x }) => sum + x, 0) / at.length
  const meanY = at.reduce((sum, { y }) => sum + y, 0) / at.length
  const across = unit(fit(at.map(({ x }) => x - meanX)))
  const upward = unit(fit(at.map(({ y }) => meanY - y)))
  // The third row looks at the camera; its parts are how far the nose points aside and up.
  const roll = Math.atan2(seenRight.y - seenLeft.y, seenRight.x - seenLeft.x)
  const [aside, up] = [across[2], upward[2]]
  // Aside and up are those of the picture; a tilted head turns about its own axis.
  return {
    yaw: degrees(Math.asin(clamp(aside * Math.cos(roll) - up * Math.sin(roll)))),
    pitch: degrees(Math.asin(clamp(aside * Math.sin(roll) + up * Math.cos(roll)))),
    roll: degrees(roll)
  }
}

/** Least squares: the row r for which r · place comes nearest to the values. */
function fit (values: readonly number[]): Vector {
  const sums: Vector = [0, 1, 2].map((part) => spread.reduce((sum, { place }, index) => sum + (place[part] ?? 0) * (values[index] ?? 0), 0)) as unknown as Vector
  return [dot(inverse[0], sums), dot(inverse[1], sums), dot(inverse[2], sums)]
}

/** Inverse of the sum of the places' outer products. */
function inverseOf (places: readonly Vector[]): readonly [Vector, Vector, Vector] {
  const sum = (one: 0 | 1 | 2, other: 0 | 1 | 2): number => places.reduce((total, place) => total + place[one] * place[other], 0)
  const rows: readonly [Vector, Vector, Vector] = [[sum(0, 0), sum(0, 1), sum(0, 2)], [sum(1, 0), sum(1, 1), sum(1, 2)], [sum(2, 0), sum(2, 1), sum(2, 2)]]
  // Of a symmetric matrix: the cross products of its rows by its determinant.
  const [first, second, third] = [cross(rows[1], rows[2]), cross(rows[2], rows[0]), cross(rows[0], rows[1])]
  const determinant = dot(rows[0], first)
  return [scaled(first, 1 / determinant), scaled(second, 1 / determinant), scaled(third, 1 / determinant)]
}

function meanOf (places: readonly Vector[]): Vector {
  const sum = places.reduce<Vector>((total, place) => [total[0] + place[0], total[1] + place[1], total[2] + place[2]], [0, 0, 0])
  return scaled(sum, 1 / places.length)
}

function minus (one: Vector, other: Vector): Vector {
  return [one[0] - other[0], one[1] - other[1], one[2] - other[2]]
}

function dot (one: Vector, other: Vector): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
}

function cross (one: Vector, other: Vector): Vector {
  return [one[1] * other[2] - one[2] * other[1], one[2] * other[0] - one[0] * other[2], one[0] * other[1] - one[1] * other[0]]
}

function scaled (vector: Vector, by: number): Vector {
  return [vector[0] * by, vector[1] * by, vector[2] * by]
}

function unit (vector: Vector): Vector {
  return scaled(vector, 1 / Math.max(Math.sqrt(dot(vector, vector)), Number.EPSILON))
}

const clamp = (value: number): number => Math.max(-1, Math.min(1, value))
const degrees = (radians: number): number => radians * 180 / Math.PI
