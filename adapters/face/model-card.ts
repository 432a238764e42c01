/**
 * 模型卡. What the engine computes with: file, source, licence, hash, input and output of each network. docs/faces.md shows
 * the same to people. A hash that differs stops the engine: numbers of another file are not comparable.
 */
export interface ModelCard {
  readonly name: ModelName
  readonly file: string
  readonly sha256: string
  /** channels × height × width */
  readonly input: readonly [number, number, number]
  readonly order: 'RGB' | 'BGR' | 'grey'
  /** (value − mean) / scale of grey values 0–255, for each channel. */
  readonly normalisation: { readonly mean: number, readonly scale: number }
  /** What comes out, by the name it has in the file. */
  readonly outputs: readonly string[]
  readonly meaning: string
}

export type ModelName = 'detect' | 'landmark' | 'feature' | 'liveness' | 'eye'

/** Declared MIT by package.json and LICENSE; who trained the networks on what is not stated (docs/faces.md, risks). */
export const modelSource = { package: 'faceplugin-face-recognition-js', version: '0.0.1', licence: 'MIT (declared)', folder: 'model' } as const

export const modelCards: Readonly<Record<ModelName, ModelCard>> = {
  detect: {
    name: 'detect', file: 'fr_detect.onnx', sha256: '6c0256ccd3164f844736a401faf936ec2930764a87ae39442180887d0c5c8854',
    input: [3, 240, 320], order: 'RGB', normalisation: { mean: 127, scale: 128 },
    outputs: ['scores', 'boxes'], meaning: '4,420 places: score of a face, and its box as shares of the picture (Ultra-Light RFB-320)'
  },
  landmark: {
    name: 'landmark', file: 'fr_landmark.onnx', sha256: 'f10b0ba1d2a8a099adefede1ebf3733e44fe370715e7303dbeb7f59c02142258',
    input: [1, 64, 64], order: 'grey', normalisation: { mean: 0, scale: 256 },
    outputs: ['output'], meaning: '68 points (iBUG 300-W order) as shares of the box'
  },
  feature: {
    name: 'feature', file: 'fr_feature.onnx', sha256: '87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581',
    input: [3, 112, 112], order: 'BGR', normalisation: { mean: 127.5, scale: 128 },
    outputs: ['output'], meaning: '512 numbers, brought to unit length; the inner product of two is their likeness'
  },
  liveness: {
    name: 'liveness', file: 'fr_liveness.onnx', sha256: 'afa783b7e902fdfcf323a7240cac2a1c580c25314ea4161129dc1b0d100dc32d',
    input: [3, 128, 128], order: 'BGR', normalisation: { mean: 0, scale: 1 },
    outputs: ['output'], meaning: 'three classes; the first is taken as alive, not validated against attacks'
  },
  eye: {
    name: 'eye', file: 'fr_eye.onnx', sha256: '1afcea006abc1ccac3c517022abde0aa092bed74ff3c9fe6878483ef9e6e38de',
    input: [1, 24, 24], order: 'grey', normalisation: { mean: 0, scale: 255 },
    outputs: ['output'], meaning: 'two classes: closed, open'
  }
}

const feature = modelCards.feature

/**
 * Changes whenever the same picture would give other numbers: file, order of channels, and how the face is cut out
 * (the last figure). It begins with the name by which core knows the thresholds.
 */
export const faceModel = { id: `${feature.file.replace('.onnx', '')}-${feature.sha256.slice(0, 8)}-${feature.order.toLowerCase()}-1`, dimension: 512 } as const
