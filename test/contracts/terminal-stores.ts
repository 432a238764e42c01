import type { Test } from 'tap'
import { endSilentSessions, nextSilence, type FaceReview, type Identification, type TerminalSession } from '../../core/faces/index.ts'
import type { OpenStore } from './store-under-test.ts'

const at = (time: string): Date => new Date(`2027-03-01T${time}Z`)
const session: TerminalSession = { id: 's1', terminalId: 'kiosk-1', tokenId: 'k1', hospitalId: 'east', openedAt: at('08:00:00'), seenAt: at('08:00:00'), endedAt: null }
const look: Identification = {
  id: 'i1', sessionId: 's1', hospitalId: 'east', result: 'ambiguous', state: 'open', patientId: null, candidates: [{ patientId: 'anna', score: 0.625 }], frames: ['digest-1', 'digest-2'], askedAt: at('08:00:30'), readingId: null
}
const review: FaceReview = {
  id: 'r1', hospitalId: 'east', reason: 'not_me', patientId: 'anna', otherId: null, score: 0.5, terminalId: 'kiosk-1', sessionId: 's1', state: 'open', openedAt: at('08:01:00'), decidedBy: null, decidedAt: null
}

export function terminalStoreContract (t: Test, open: OpenStore): void {
  t.test('a session → is alive until it ends, and is found among those where nothing happens', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ terminals }) => {
      await terminals.openSession(session)
      await terminals.openSession({ ...session, id: 's2', terminalId: 'kiosk-2' })
      t.strictSame([await terminals.findSession('s1'), await terminals.findSession('s9')], [session, null])
      await terminals.seen('s1', at('08:01:00'))
      await terminals.seen('s1', at('08:00:30'))
      t.strictSame((await terminals.findSession('s1'))?.seenAt, at('08:01:00'), 'an earlier sign of life takes nothing away')
      t.strictSame((await terminals.silentSessions(at('08:00:30'), 9)).map(({ id }) => id), ['s2'])
      await terminals.endSession('s1', at('08:02:00'))
      await terminals.endSession('s1', at('08:03:00'))
      t.strictSame([(await terminals.findSession('s1'))?.endedAt, await terminals.openSessions({ tokenId: 'k1', terminalId: 'kiosk-1' })], [at('08:02:00'), []])
      t.strictSame((await terminals.openSessions({ tokenId: 'k1', terminalId: 'kiosk-2' })).map(({ id }) => id), ['s2'])
    })
  })

  t.test('a challenge → is taken once; of two at once one has it', async (t) => {
    const { inTransaction } = await open(t)
    const challenge = { id: 'c1', sessionId: 's1', steps: ['look_straight', 'blink'] as const, askedAt: at('08:00:00'), expiresAt: at('08:01:00') }
    await inTransaction(async ({ terminals }) => {
      await terminals.openSession(session)
      await terminals.addChallenge(challenge)
    })
    const taken = await Promise.all([1, 2, 3].map(() => inTransaction(({ terminals }) => terminals.takeChallenge('c1'))))
    t.strictSame(taken.filter((one) => one !== null), [challenge])
  })

  t.test('a look into the camera → changes from the state that is known, counts typed digits, and goes with its session', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ terminals }) => {
      await terminals.openSession(session)
      await terminals.addIdentification(look)
      await terminals.addIdentification({ ...look, id: 'i0', askedAt: at('08:00:10') })
      t.strictSame((await terminals.identificationsOf('s1')).map(({ id }) => id), ['i0', 'i1'])
      t.strictSame(await terminals.findIdentification('i1'), look)
      const matched = { id: 'i1', result: 'matched', state: 'pending', patientId: 'anna', readingId: null } as const
      t.strictSame([await terminals.changeIdentification(matched, 'open'), await terminals.changeIdentification(matched, 'open')], [true, false])
      t.strictSame([await terminals.countDigits('i1', 2), await terminals.countDigits('i1', 2), await terminals.countDigits('i1', 2)], [true, true, false])
      await terminals.noteReading('s1', 'reading-1')
      await terminals.noteReading('s1', 'reading-1')
      t.strictSame(await terminals.readingsOf('s1'), ['reading-1'])
      await terminals.dropBefore(at('08:00:00'))
      t.ok(await terminals.findSession('s1'))
      await terminals.dropBefore(at('08:00:01'))
      t.strictSame([await terminals.findSession('s1'), await terminals.findIdentification('i1'), await terminals.readingsOf('s1')], [null, null, []])
    })
  })

  t.test('whoever enrols at a hospital → waits for whoever began before', async (t) => {
    const { inTransaction } = await open(t)
    const order: string[] = []
    const enrol = (id: string) => inTransaction(async ({ terminals }) => {
      await terminals.inTurn('east')
      order.push(`${id} begins`)
      await terminals.openSession({ ...session, id })
      await terminals.findSession(id)
      order.push(`${id} ends`)
    })
    await Promise.all(['a', 'b', 'c'].map(enrol))
    t.ok([0, 2, 4].every((place) => order[place]?.replace('begins', 'ends') === order[place + 1]), order.join())
  })

  t.test('readings of a session → end with it, and those that ended stay as they were', async (t) => {
    const { inTransaction } = await open(t)
    const reading = { id: 'x1', tokenId: 'k1', hospitalId: 'east', kind: 'face', patientId: 'anna', unknownIdentifier: null, readAt: at('08:00:00'), expiresAt: at('08:10:00') } as const
    await inTransaction(async ({ readings }) => {
      await readings.add(reading)
      await readings.add({ ...reading, id: 'x2', expiresAt: at('08:01:00') })
      await readings.end(['x1', 'x2', 'x9'], at('08:02:00'))
      t.strictSame([(await readings.find('x1'))?.expiresAt, (await readings.find('x2'))?.expiresAt], [at('08:02:00'), at('08:01:00')])
    })
  })

  t.test('whoever walks away → is forgotten after two minutes, with what was read in the session', async (t) => {
    const { inTransaction } = await open(t)
    const reading = { id: 'x1', tokenId: 'k1', hospitalId: 'east', kind: 'face', patientId: 'anna', unknownIdentifier: null, readAt: at('08:00:00'), expiresAt: at('08:10:00') } as const
    const idleMs = 120_000
    await inTransaction(async (stores) => {
      t.equal(await nextSilence(stores, idleMs), null)
      await stores.terminals.openSession(session)
      await stores.terminals.openSession({ ...session, id: 's2', seenAt: at('08:01:00') })
      await stores.readings.add(reading)
      await stores.terminals.noteReading('s1', 'x1')
      const dueAt = await nextSilence(stores, idleMs) ?? at('00:00:00')
      t.strictSame(dueAt, new Date(at('08:02:00').getTime() + 1))
      t.strictSame(await endSilentSessions(stores, idleMs, dueAt), { ended: 1 })
      t.strictSame([(await stores.terminals.findSession('s1'))?.endedAt, (await stores.terminals.findSession('s2'))?.endedAt, (await stores.readings.find('x1'))?.expiresAt], [dueAt, null, dueAt])
      t.strictSame(await nextSilence(stores, idleMs), new Date(at('08:03:00').getTime() + 1))
    })
  })
}

export function faceReviewStoreContract (t: Test, open: OpenStore): void {
  t.test('two records → are put before the desk once, in whichever order, and not again when they were found to differ', async (t) => {
    const { inTransaction } = await open(t)
    const pair: FaceReview = { ...review, id: 'r2', reason: 'resembles', otherId: 'berta', openedAt: at('08:02:00') }
    await inTransaction(async ({ faceReviews }) => {
      t.strictSame([await faceReviews.open(review), await faceReviews.open(pair), await faceReviews.open({ ...pair, id: 'r3', patientId: 'berta', otherId: 'anna' })], [true, true, false])
      t.strictSame(await faceReviews.find('r2'), pair)
      t.strictSame((await faceReviews.list({ hospitalId: 'east', state: 'open' }, { limit: 9, offset: 0 })).map(({ id }) => id), ['r2', 'r1'])
      t.strictSame(await faceReviews.list({ hospitalId: 'west', state: null }, { limit: 9, offset: 0 }), [])
      const decided = { id: 'r2', state: 'different', decidedBy: 'desk', decidedAt: at('09:00:00') } as const
      t.strictSame([await faceReviews.decide(decided), await faceReviews.decide(decided)], [true, false])
      t.equal(await faceReviews.open({ ...pair, id: 'r4' }), false, 'what is decided stays decided')
    })
  })

  t.test('a review without a name → gets one; where the two are known together already, it goes', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ faceReviews }) => {
      await faceReviews.open(review)
      await faceReviews.open({ ...review, id: 'r5', openedAt: at('08:03:00') })
      t.strictSame((await faceReviews.nameless('s1')).map(({ id }) => id), ['r1', 'r5'])
      t.equal(await faceReviews.name('r1', { patientId: 'anna', otherId: 'clara' }), true)
      t.equal(await faceReviews.name('r5', { patientId: 'anna', otherId: 'clara' }), false)
      t.strictSame([(await faceReviews.find('r1'))?.otherId, await faceReviews.find('r5'), await faceReviews.nameless('s1')], ['clara', null, []])
    })
  })
}
