import { isOneFace, type FaceFrame, type Frame } from './frames.ts'

/** What is asked of whoever stands before the camera: left and right are their own. */
export const challengeSteps = ['look_straight', 'turn_left', 'turn_right', 'blink'] as const
export type ChallengeStep = typeof challengeSteps[number]

/** 活体动作. A picture held before the camera does not do what nobody knew before. Used once, and soon. */
export interface Challenge {
  readonly id: string
  readonly sessionId: string
  readonly steps: readonly ChallengeStep[]
  readonly askedAt: Date
  readonly expiresAt: Date
}

export const challengeLivesMs = 60_000
const framesPerProbe = { least: 3, most: 12 } as const

/**
 * Head turned against the look straight ahead, degrees; eyes by the engine's openness, against the same person's open
 * eyes, since narrow eyes are not closed ones. This is a simple obstacle against photos, not a certified
 * detection of attacks (ISO/IEC 30107-3): a film that shows the same steps by chance passes.
 */
const rules = { straightYaw: 15, turnedBy: 15, eyesClosed: 0.4, eyesOpen: 0.6 } as const

/** Two of three motions in random order: 6 ways, so that a film made before fits once in six times. `random`: 0 ≤ x < 1. */
export function drawSteps (random: () => number): readonly ChallengeStep[] {
  const motions: ChallengeStep[] = ['turn_left', 'turn_right', 'blink']
  const drawn: ChallengeStep[] = []
  while (drawn.length < 2) drawn.push(...motions.splice(Math.floor(random() * motions.length), 1))
  return ['look_straight', ...drawn]
}

/** too_few: not enough frames with a face. repeated: the same picture again. several_people: not one face in all of them. */
export type Liveness =
  | { readonly kind: 'live' }
  | { readonly kind: 'not_live', readonly because: 'too_few' | 'repeated' | 'several_people' | 'steps_missing', readonly missing: readonly ChallengeStep[] }

/** Whether the frames, in their order, show one person doing the steps in theirs. */
export function judgeLiveness (frames: readonly Frame[], faces: readonly FaceFrame[], steps: readonly ChallengeStep[]): Liveness {
  if (new Set(frames.map(({ digest }) => digest)).size < frames.length) return notLive('repeated', steps)
  if (faces.length < framesPerProbe.least || faces.length * 2 < frames.length) return notLive('too_few', steps)
  if (!isOneFace(faces)) return notLive('several_people', steps)
  const done = stepsDone(faces, steps)
  return done === steps.length ? { kind: 'live' } : notLive('steps_missing', steps.slice(done))
}

const notLive = (because: Extract<Liveness, { kind: 'not_live' }>['because'], missing: readonly ChallengeStep[]): Liveness => ({ kind: 'not_live', because, missing })

interface Stance {
  /** Of the first look straight ahead; what follows is measured against it. */
  readonly yaw: number
  readonly eyesOpen: number
}

/** How many steps were done one after the other; each needs frames after those of the one before. */
function stepsDone (faces: readonly FaceFrame[], steps: readonly ChallengeStep[]): number {
  const start = faces.findIndex(({ quality }) => Math.abs(quality.yaw) <= rules.straightYaw && quality.eyesOpen > 0)
  const first = faces[start]
  if (first === undefined) return 0
  const ahead = faces.filter(({ quality }) => isStraight(quality.yaw, first.quality))
  const stance: Stance = { yaw: first.quality.yaw, eyesOpen: Math.max(...ahead.map(({ quality }) => quality.eyesOpen)) }
  let done = 1
  let at = start + 1
  for (const step of steps.slice(1)) {
    const after = endOfStep(faces, at, step, stance)
    if (after === null) return done
    done += 1
    at = after
  }
  return done
}

/** The place after the step; a blink is done when the eyes are open again. */
function endOfStep (faces: readonly FaceFrame[], from: number, step: ChallengeStep, stance: Stance): number | null {
  if (step === 'blink') {
    const closed = placeOf(faces, from, ({ quality }) => quality.eyesOpen <= stance.eyesOpen * rules.eyesClosed && isStraight(quality.yaw, stance))
    const open = closed === null ? null : placeOf(faces, closed + 1, ({ quality }) => quality.eyesOpen >= stance.eyesOpen * rules.eyesOpen)
    return open
  }
  const place = placeOf(faces, from, ({ quality: { yaw } }) => step === 'look_straight' ? isStraight(yaw, stance) : (step === 'turn_left' ? 1 : -1) * (yaw - stance.yaw) >= rules.turnedBy)
  return place === null ? null : place + 1
}

const isStraight = (yaw: number, stance: Pick<Stance, 'yaw'>): boolean => Math.abs(yaw - stance.yaw) < rules.turnedBy

function placeOf (faces: readonly FaceFrame[], from: number, holds: (face: FaceFrame) => boolean): number | null {
  const place = faces.findIndex((face, at) => at >= from && holds(face))
  return place < 0 ? null : place
}
