import type { PictureRead } from '../../core/faces/index.ts'
import { fivePointsOf, landmarksOf, placingOfFace } from './align.ts'
import { decodePicture } from './decode-picture.ts'
import { eyesOpenOf } from './eyes-open.ts'
import { chooseFace, findFaces } from './find-faces.ts'
import { headPoseOf } from './head-pose.ts'
import { livenessOf } from './liveness.ts'
import { measureCrop } from './measure-crop.ts'
import { modelCards } from './model-card.ts'
import type { Networks } from './models.ts'
import { cropOf, greyOf } from './raster.ts'
import { tensorOf } from './tensor.ts'

const side = modelCards.feature.input[1]

/** Everything the engine says about one picture. Keeps nothing. */
export async function readPicture (networks: Networks, bytes: Uint8Array): Promise<PictureRead> {
  const decoded = await decodePicture(bytes)
  if (decoded === null) return { kind: 'unreadable' }
  const { raster, shrunkBy } = decoded
  const found = await findFaces(networks, decoded)
  const chosen = chooseFace(found, raster)
  if (chosen === null) return { kind: 'no_face' }
  const landmarks = await landmarksOf(networks, raster, chosen.face)
  const five = fivePointsOf(landmarks)
  const crop = cropOf(raster, placingOfFace(five), { width: side, height: side })
  const { output } = await networks.feature(tensorOf(crop, modelCards.feature))
  const [left, right] = five.eyes
  return {
    kind: 'face',
    template: ofUnitLength(output ?? new Float32Array()),
    quality: {
      detectionScore: chosen.face.score,
      faces: found.length,
      isDominant: chosen.isDominant,
      eyeDistancePx: Math.hypot(right.x - left.x, right.y - left.y) * shrunkBy,
      ...headPoseOf(landmarks, five),
      ...measureCrop(greyOf(crop), side),
      eyesOpen: await eyesOpenOf(networks, raster, landmarks)
    },
    livenessScore: await livenessOf(networks, raster, chosen.face)
  }
}

function ofUnitLength (numbers: Float32Array): Float32Array {
  const length = Math.hypot(...numbers)
  return length === 0 ? numbers : numbers.map((number) => number / length)
}
