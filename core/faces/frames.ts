import type { FaceQuality, PictureRead } from './face-engine.ts'
import { sameSittingScore } from './match-policy.ts'

/** One picture of the camera, read. `digest` is SHA-256 of its bytes: the picture itself is not kept. */
export interface Frame {
  readonly digest: string
  readonly read: PictureRead
}

export interface FaceFrame {
  readonly digest: string
  readonly template: Float32Array
  readonly quality: FaceQuality
  readonly livenessScore: number
}

/** Why a picture is of no use, so that whoever stands there can do something about it. */
export type FrameFault = 'unreadable' | 'no_face' | 'several_faces' | 'too_far' | 'blurred' | 'too_dark' | 'too_bright' | 'low_contrast' | 'turned_away' | 'eyes_closed'

interface FrameGate {
  readonly detectionScore: number
  readonly eyeDistancePx: number
  readonly yaw: number
  readonly pitch: number
  readonly roll: number
  readonly sharpness: number
  readonly brightness: { readonly from: number, readonly to: number }
  readonly contrast: number
  readonly eyesOpen: number
}

/** Figures of docs/faces.md: whoever is looked for may stand further away than whoever is enrolled. */
const probeGate: FrameGate = { detectionScore: 0.8, eyeDistancePx: 40, yaw: 25, pitch: 25, roll: 30, sharpness: 30, brightness: { from: 40, to: 220 }, contrast: 18, eyesOpen: 0 }
const enrolmentGate: FrameGate = { detectionScore: 0.8, eyeDistancePx: 60, yaw: 20, pitch: 20, roll: 20, sharpness: 60, brightness: { from: 60, to: 200 }, contrast: 25, eyesOpen: 0.3 }

export const faceFramesOf = (frames: readonly Frame[]): readonly FaceFrame[] => frames.flatMap(({ digest, read }) => read.kind === 'face' ? [{ digest, template: read.template, quality: read.quality, livenessScore: read.livenessScore }] : [])

export const faultsOfProbe = (quality: FaceQuality): readonly FrameFault[] => faultsOf(quality, probeGate)
/** `eyeDistancePx`: a photo of a hospital's archive may be smaller than what a terminal's camera takes. */
export const faultsOfEnrolment = (quality: FaceQuality, eyeDistancePx = enrolmentGate.eyeDistancePx): readonly FrameFault[] => faultsOf(quality, { ...enrolmentGate, eyeDistancePx })

function faultsOf (quality: FaceQuality, gate: FrameGate): readonly FrameFault[] {
  const rules: ReadonlyArray<readonly [FrameFault, boolean]> = [
    ['no_face', quality.detectionScore < gate.detectionScore],
    ['several_faces', !quality.isDominant],
    ['too_far', quality.eyeDistancePx < gate.eyeDistancePx],
    ['blurred', quality.sharpness < gate.sharpness],
    ['too_dark', quality.brightness < gate.brightness.from],
    ['too_bright', quality.brightness > gate.brightness.to],
    ['low_contrast', quality.contrast < gate.contrast],
    ['turned_away', Math.abs(quality.yaw) > gate.yaw || Math.abs(quality.pitch) > gate.pitch || Math.abs(quality.roll) > gate.roll],
    ['eyes_closed', quality.eyesOpen < gate.eyesOpen]
  ]
  return rules.flatMap(([fault, holds]) => holds ? [fault] : [])
}

/** What is wrong with pictures of which none is of use, the commonest first. */
export function commonFaults (frames: readonly Frame[]): readonly FrameFault[] {
  const count = new Map<FrameFault, number>()
  for (const { read } of frames) {
    const faults = read.kind === 'face' ? faultsOfProbe(read.quality) : [read.kind]
    for (const fault of faults) count.set(fault, (count.get(fault) ?? 0) + 1)
  }
  return [...count].sort(([, one], [, other]) => other - one).map(([fault]) => fault)
}

export function cosine (one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let place = 0; place < one.length; place++) sum += (one[place] ?? 0) * (other[place] ?? 0)
  return sum
}

/** Of unit length. */
export function meanTemplate (templates: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(templates[0]?.length ?? 0)
  for (const template of templates) for (let place = 0; place < sum.length; place++) sum[place] = (sum[place] ?? 0) + (template[place] ?? 0)
  const length = Math.sqrt(cosine(sum, sum))
  return length === 0 ? sum : sum.map((value) => value / length)
}

/** Whether all frames show one face: each is like the one that the straight ones are most like. A mean would lean towards whoever was put in. */
export function isOneFace (frames: readonly FaceFrame[]): boolean {
  const straight = frames.filter(({ quality }) => faultsOfProbe(quality).length === 0)
  const chosen = straight.length > 0 ? straight : frames
  const likeness = ({ template }: FaceFrame): number => chosen.reduce((sum, other) => sum + cosine(template, other.template), 0)
  const [first, ...others] = chosen
  if (first === undefined) return true
  const anchor = others.reduce((best, frame) => likeness(frame) > likeness(best) ? frame : best, first)
  return frames.every(({ template }) => cosine(template, anchor.template) >= sameSittingScore)
}

/** 探针. The mean of the frames that are good enough to be searched with; null where none is. */
export function probeOf (frames: readonly FaceFrame[]): Float32Array | null {
  const good = frames.filter(({ quality }) => faultsOfProbe(quality).length === 0)
  return good.length === 0 ? null : meanTemplate(good.map(({ template }) => template))
}

const mostTemplates = 3

/**
 * The frames whose templates are kept: the sharpest, then those least like what is chosen already, since pictures that
 * differ find a person in more situations than three of one moment (face.md: rank 1 from 97.9 to 98.8 %).
 */
export function framesToKeep (frames: readonly FaceFrame[]): readonly FaceFrame[] {
  const good = [...frames.filter(({ quality }) => faultsOfEnrolment(quality).length === 0)].sort((one, other) => other.quality.sharpness - one.quality.sharpness)
  const chosen: FaceFrame[] = []
  while (chosen.length < mostTemplates && chosen.length < good.length) {
    const [first, ...others] = good.filter((frame) => !chosen.includes(frame))
    if (first === undefined) break
    const likeness = (frame: FaceFrame): number => Math.max(...chosen.map(({ template }) => cosine(template, frame.template)))
    chosen.push(chosen.length === 0 ? first : others.reduce((best, frame) => likeness(frame) < likeness(best) ? frame : best, first))
  }
  return chosen
}
