import fc from 'fast-check'
import t from 'tap'
import { policyFor } from '../../../core/faces/index.ts'
import { challengeSteps, drawSteps, judgeLiveness, type ChallengeStep } from '../../../core/faces/challenge.ts'
import { isUnder14 } from '../../../core/faces/is-under-14.ts'
import { decideAddedFace, decideNewFace } from '../../../core/faces/decide-enrolment.ts'
import { decideMatch, scoresByPerson, type Hit, type PersonScore } from '../../../core/faces/decide-match.ts'
import { commonFaults, cosine, faceFramesOf, faultsOfEnrolment, framesToKeep, isOneFace, meanTemplate, probeOf, type Frame } from '../../../core/faces/frames.ts'
import { isOver } from '../../../core/faces/terminal-session.ts'
import type { FaceQuality } from '../../../core/faces/index.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { maskedPerson } from '../../../core/identity/index.ts'

const policy = policyFor('fr_feature-test', 100_000)
const aPerson = (personId: string, score: number, isNarrowed = false): PersonScore => ({ personId, patientId: `${personId}-record`, score, isNarrowed })
const good: FaceQuality = { detectionScore: 0.99, faces: 1, isDominant: true, eyeDistancePx: 90, yaw: 0, pitch: 0, roll: 0, sharpness: 200, brightness: 120, contrast: 45, eyesOpen: 0.95 }

/** A template in a direction of its own, turned towards the next one by so much. */
function aTemplate (direction: number, towards = 0): Float32Array {
  const template = new Float32Array(8)
  template[direction] = Math.sqrt(1 - towards * towards)
  template[direction + 1] = towards
  return template
}
let pictures = 0
const aFrame = (quality: Partial<FaceQuality> = {}, template = aTemplate(0)): Frame => ({ digest: `picture-${pictures++}`, read: { kind: 'face', template, quality: { ...good, ...quality }, livenessScore: 0.9 } })

t.test('whose face it is → needs the threshold and the margin to the next other person, both', async (t) => {
  t.match(decideMatch([aPerson('anna', 0.62), aPerson('berta', 0.5)], policy), { kind: 'matched', person: { personId: 'anna' } })
  t.match(decideMatch([aPerson('anna', 0.62), aPerson('berta', 0.55)], policy), { kind: 'ambiguous', because: 'close', persons: [{ personId: 'anna' }, { personId: 'berta' }] })
  t.match(decideMatch([aPerson('anna', 0.54)], policy), { kind: 'ambiguous', because: 'uncertain', persons: [{ personId: 'anna' }] })
  t.strictSame(decideMatch([aPerson('anna', 0.47)], policy), { kind: 'no_match' })
  t.strictSame(decideMatch([], policy), { kind: 'no_match' })

  t.test('among the few who are expected → a lower threshold holds, but a stranger who is more alike is not overlooked', async (t) => {
    t.match(decideMatch([aPerson('anna', 0.46, true)], policy), { kind: 'matched' })
    t.match(decideMatch([aPerson('anna', 0.46)], policy), { kind: 'no_match' })
    t.match(decideMatch([aPerson('berta', 0.5), aPerson('anna', 0.46, true)], policy), { kind: 'ambiguous', because: 'close' })
    t.match(decideMatch([aPerson('berta', 0.65), aPerson('anna', 0.46, true)], policy), { kind: 'matched', person: { personId: 'berta' } })
  })
  t.test('the more faces are searched, the higher the thresholds; a model without measured ones is refused', async (t) => {
    const sizes = [10, 1_000, 5_000, 80_000, 900_000].map((faces) => policyFor('fr_feature-test', faces))
    for (const [place, { acceptScore, reviewScore, narrowedScore }] of sizes.entries()) {
      const before = sizes[place - 1]
      t.ok(before === undefined || (acceptScore >= before.acceptScore && reviewScore >= before.reviewScore))
      t.ok(reviewScore < acceptScore && narrowedScore < acceptScore)
    }
    t.throws(() => policyFor('another-network', 10), /another-network/)
  })
})

t.test('for any scores → nobody is matched below threshold or margin, and more pictures of the best make them no less known', async () => {
  const score = fc.double({ min: -1, max: 1, noNaN: true })
  const hits = fc.array(fc.record({ personId: fc.constantFrom('anna', 'berta', 'clara', 'dora'), score, isExpected: fc.boolean() }), { maxLength: 20 })
  const rank = { no_match: 0, ambiguous: 1, matched: 2 } as const
  fc.assert(fc.property(hits, fc.constantFrom(10, 5_000, 80_000, 900_000), score, (found, faces, more) => {
    const rules = policyFor('fr_feature-test', faces)
    const expected = new Set<string>(found.filter(({ isExpected }) => isExpected).map(({ personId }) => personId))
    const all: readonly Hit[] = found.map(({ personId, score }, place) => ({ personId, score, patientId: `${personId}-${place}` }))
    const personsOf = (some: readonly Hit[]): readonly PersonScore[] => scoresByPerson(some, ({ personId }) => expected.has(personId))
    const persons = personsOf(all)
    const decision = decideMatch(persons, rules)
    const [best] = persons
    if (decision.kind === 'matched') {
      const { person } = decision
      if (person.score < (person.isNarrowed ? rules.narrowedScore : rules.acceptScore)) return false
      if (persons.some((other) => other.personId !== person.personId && person.score - other.score < rules.margin)) return false
    }
    if (best === undefined) return decision.kind === 'no_match'
    const again = decideMatch(personsOf([...all, { personId: best.personId, patientId: 'another picture', score: more }]), rules)
    return rank[again.kind] >= rank[decision.kind]
  }), { numRuns: 2_000 })
})

t.test('a face for a new number → is kept only where it is nobody\'s', async (t) => {
  t.strictSame(decideNewFace([aPerson('anna', 0.3)], policy), { kind: 'keep' })
  t.match(decideNewFace([aPerson('anna', 0.7)], policy), { kind: 'known', person: { personId: 'anna' } })
  t.match(decideNewFace([aPerson('anna', 0.5)], policy), { kind: 'uncertain' }, 'the middle zone enrols nobody')
  t.match(decideNewFace([aPerson('anna', 0.7), aPerson('berta', 0.69)], policy), { kind: 'uncertain' })
})

t.test('a face for a record whose document was shown → is kept, unless faces speak against it', async (t) => {
  const anna = { personId: 'anna', hasFaces: true }
  t.strictSame(decideAddedFace([], { personId: 'anna', hasFaces: false }, policy), { kind: 'keep' })
  t.strictSame(decideAddedFace([aPerson('anna', 0.5)], anna, policy), { kind: 'keep' }, 'older pictures are less alike')
  t.strictSame(decideAddedFace([], anna, policy), { kind: 'differs', other: null }, 'a borrowed card')
  t.match(decideAddedFace([aPerson('berta', 0.6)], { personId: 'anna', hasFaces: false }, policy), { kind: 'resembles', other: { personId: 'berta' } }, 'two records of one person, or a borrowed card')
  t.match(decideAddedFace([aPerson('berta', 0.6), aPerson('anna', 0.58)], anna, policy), { kind: 'resembles' })
  t.match(decideAddedFace([aPerson('anna', 0.7), aPerson('berta', 0.6)], anna, policy), { kind: 'keep' })
})

t.test('pictures of no use → say what to do about it, the commonest first; of the others the mean is searched', async (t) => {
  const none: Frame = { digest: 'x', read: { kind: 'no_face' } }
  t.strictSame(commonFaults([none, aFrame({ brightness: 20 }), aFrame({ brightness: 30, eyeDistancePx: 20 }), aFrame({ brightness: 10, eyeDistancePx: 20 })]), ['too_dark', 'too_far', 'no_face'])
  t.equal(probeOf(faceFramesOf([none, aFrame({ isDominant: false })])), null)
  const probe = probeOf(faceFramesOf([aFrame(), aFrame({ yaw: 40 }, aTemplate(4)), aFrame({}, aTemplate(0, 0.3))]))
  t.ok(probe !== null && Math.abs(cosine(probe, probe) - 1) < 1e-6 && cosine(probe, aTemplate(4)) === 0, 'of unit length, without the one that looks away')
  t.ok(isOneFace(faceFramesOf([aFrame(), aFrame({}, aTemplate(0, 0.5))])))
  t.notOk(isOneFace(faceFramesOf([aFrame(), aFrame(), aFrame({}, aTemplate(4))])))
  t.strictSame(faultsOfEnrolment({ ...good, eyeDistancePx: 50, yaw: 22, eyesOpen: 0.1 }), ['too_far', 'turned_away', 'eyes_closed'])
  const kept = framesToKeep(faceFramesOf([aFrame({ sharpness: 150 }, aTemplate(0, 0.1)), aFrame({ sharpness: 300 }), aFrame({ sharpness: 150 }, aTemplate(0, 0.6)), aFrame({ sharpness: 150 }, aTemplate(0, 0.4)), aFrame({ yaw: 25 })]))
  t.strictSame(kept.map(({ template }) => Math.round((template[1] ?? 0) * 10) / 10), [0, 0.6, 0.4], 'the sharpest, then those least like it')
  t.ok(Math.abs(cosine(meanTemplate([aTemplate(0), aTemplate(2)]), aTemplate(0)) - Math.SQRT1_2) < 1e-6)
})

/** A film of somebody who does these steps. */
const filmOf = (steps: readonly ChallengeStep[], template = aTemplate(0)): readonly Frame[] => steps.flatMap((step) => ({
  look_straight: [aFrame({ yaw: 2 }, template)],
  turn_left: [aFrame({ yaw: 12 }, template), aFrame({ yaw: 24 }, template), aFrame({ yaw: 1 }, template)],
  turn_right: [aFrame({ yaw: -23 }, template), aFrame({ yaw: -1 }, template)],
  blink: [aFrame({ eyesOpen: 0.1 }, template), aFrame({}, template)]
}[step]))

t.test('motions before the camera → are drawn at random, begin straight, and never ask for one twice', async () => {
  const draws = new Set<string>()
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 999 }).map((thousandths) => thousandths / 1000), { minLength: 2, maxLength: 2 }), (given) => {
    const values = [...given]
    const steps = drawSteps(() => values.shift() ?? 0)
    draws.add(steps.join())
    return steps[0] === 'look_straight' && new Set(steps).size === 3 && steps.every((step) => challengeSteps.includes(step))
  }), { numRuns: 500 })
  t.equal(draws.size, 6)
})

t.test('whoever does the steps in their order → is taken as alive; a photo, another order, another person is not', async (t) => {
  const judge = (frames: readonly Frame[], steps: readonly ChallengeStep[]) => judgeLiveness(frames, faceFramesOf(frames), steps)
  for (const first of ['turn_left', 'turn_right', 'blink'] as const) {
    for (const second of (['turn_left', 'turn_right', 'blink'] as const).filter((step) => step !== first)) {
      const steps = ['look_straight', first, second] as const
      t.strictSame(judge(filmOf(steps), steps), { kind: 'live' })
      t.match(judge(filmOf(['look_straight', second, first]), steps), { kind: 'not_live', because: 'steps_missing', missing: [second] }, `${second} before ${first}`)
    }
  }
  const steps = ['look_straight', 'turn_left', 'blink'] as const
  const still = [aFrame(), aFrame(), aFrame(), aFrame()]
  t.match(judge(still, steps), { kind: 'not_live', because: 'steps_missing', missing: ['turn_left', 'blink'] }, 'a photo held before the camera')
  t.match(judge([...filmOf(steps), ...still.slice(0, 1), ...still.slice(0, 1)], steps), { because: 'repeated' })
  t.match(judge(filmOf(steps).slice(0, 2), steps), { because: 'too_few' })
  t.match(judge([...filmOf(steps).slice(0, 4), ...filmOf(['blink'], aTemplate(4))], steps), { because: 'several_people' }, 'somebody else blinks')
  t.match(judge(filmOf(['turn_left', 'blink']).filter(({ read }) => read.kind === 'face' && Math.abs(read.quality.yaw) > 5), steps), { kind: 'not_live' }, 'nobody looks straight')
  t.match(judge(filmOf(steps).map((frame) => ({ ...frame, read: frame.read.kind === 'face' ? { ...frame.read, quality: { ...frame.read.quality, eyesOpen: 0.1 } } : frame.read })), steps), { missing: ['blink'] }, 'eyes that never open do not blink')
})

t.test('a session → ends when nothing happens in it; a child consents from the 14th birthday on', async (t) => {
  const at = (seconds: number): Date => new Date(Date.UTC(2027, 2, 1, 0, 0, seconds))
  const session = { id: 's', terminalId: 't', tokenId: 'k', hospitalId: 'east', openedAt: at(0), seenAt: at(10), endedAt: null }
  t.strictSame([isOver(session, 120_000, at(130)), isOver(session, 120_000, at(131)), isOver({ ...session, endedAt: at(11) }, 120_000, at(12))], [false, true, true])
  t.strictSame(['2013-03-02', '2013-03-01', '2012-02-29'].map((born) => isUnder14(born, '2027-03-01' as CalendarDate)), [true, false, false])
})

t.test('before anybody has confirmed → a name and a number are told in part', async (t) => {
  const masked = (name: string | null, value: string, type = 'MR') => maskedPerson({ name, identifiers: [{ system: 'urn:x', value, type }] })
  t.strictSame(masked('张样三', 'E1000567'), { maskedName: '张*三', numberTail: '0567' })
  t.strictSame(masked('张三', 'E100'), { maskedName: '张*', numberTail: null }, 'a short number would be told by its end')
  t.strictSame(masked('诸葛明样', 'E1000567').maskedName, '诸**样')
  t.strictSame(masked(null, '').maskedName, null)
})
