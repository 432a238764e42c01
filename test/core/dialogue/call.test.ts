import fc from 'fast-check'
import t from 'tap'
import { callModes, callStates, type Call, type CallEvent } from '../../../core/dialogue/index.ts'
import { decideCall, noCall, refuseUnlessMay } from '../../../core/dialogue/call.ts'

const settings = { ringSeconds: 60, absentMinutes: 15 }
const at = new Date('2027-03-01T01:00:00.000Z')
const after = (ms: number): Date => new Date(at.getTime() + ms)
const played = (...events: readonly CallEvent[]): Call => events.reduce((call, event) => decideCall(call, event, at, settings), noCall('order-1', 'text', at))
const start: CallEvent = { kind: 'start', mode: 'video' }
const kinds = ['start', 'accept', 'decline', 'connected', 'dropped', 'hang_up', 'finish', 'no_answer', 'absent', 'mode', 'presence'] as const
const anEvent: fc.Arbitrary<CallEvent> = fc.constantFrom(...kinds).chain((kind): fc.Arbitrary<CallEvent> => {
  if (kind === 'start' || kind === 'mode') return fc.constantFrom(...callModes).map((mode) => ({ kind, mode }))
  return kind === 'presence' ? fc.boolean().map((isAnybodyThere) => ({ kind, isAnybodyThere })) : fc.constant({ kind })
})

t.test('a call', async (t) => {
  t.test('rings, is accepted, connects, breaks and comes back', async (t) => {
    const states = [start, { kind: 'accept' }, { kind: 'connected' }, { kind: 'dropped' }, { kind: 'connected' }].map((_, place, all) => played(...all.slice(0, place + 1) as CallEvent[]).state)
    t.strictSame(states, ['ringing', 'connecting', 'live', 'reconnecting', 'live'])
  })

  t.test('that nobody answers within 60 seconds, or that is declined → is idle again and may ring anew', async (t) => {
    t.strictSame(played(start).dueAt, after(60_000))
    t.match(played(start, { kind: 'no_answer' }), { state: 'idle', outcome: 'no_answer', dueAt: null })
    t.match(played(start, { kind: 'decline' }, start), { state: 'ringing', attempt: 2, outcome: null })
  })

  t.test('rung again while it rings → is the same ring, in the other mode', async (t) => {
    t.match(played(start, { kind: 'start', mode: 'voice' }), { state: 'ringing', attempt: 1, mode: 'voice', dueAt: after(60_000) })
  })

  t.test('with both sides away for 15 minutes → is idle again; somebody back before that stops the clock', async (t) => {
    const alone = played(start, { kind: 'accept' }, { kind: 'connected' }, { kind: 'presence', isAnybodyThere: false })
    t.match(alone, { state: 'live', dueAt: after(900_000), dueFor: 'return' })
    t.match(decideCall(alone, { kind: 'presence', isAnybodyThere: true }, after(1), settings), { state: 'live', dueAt: null })
    t.match(decideCall(alone, { kind: 'absent' }, after(900_000), settings), { state: 'idle', outcome: 'absent' })
    t.strictSame(decideCall(alone, { kind: 'presence', isAnybodyThere: false }, after(1), settings), alone, 'and it does not begin anew')
  })

  t.test('goes on with less at any time [T11]', async (t) => {
    t.strictSame(['voice', 'text', 'video'].map((mode) => played(start, { kind: 'accept' }, { kind: 'connected' }, { kind: 'mode', mode: mode as 'text' }).mode), ['voice', 'text', 'video'])
  })

  t.test('whatever happens to it → ends by the end of the visit only, and what is refused changes nothing [C7]', async () => {
    fc.assert(fc.property(fc.array(anEvent, { maxLength: 60 }), (events) => {
      let call = noCall('order-1', 'text', at)
      for (const event of events) {
        const before = structuredClone(call)
        try {
          const next = decideCall(call, event, at, settings)
          if (next.state === 'ended' && call.state !== 'ended' && event.kind !== 'finish') return false
          if (next.attempt < call.attempt || !callStates.includes(next.state)) return false
          if ((next.dueAt === null) !== (next.dueFor === null)) return false
          if (next.state === 'ringing' && next.dueFor !== 'answer') return false
          call = next
        } catch (error) {
          if ((error as { code?: string }).code !== 'CALL_STATE_REFUSED') throw error
        }
        if (call.state === before.state && JSON.stringify(call) !== JSON.stringify(before) && !['mode', 'presence', 'start'].includes(event.kind)) return false
      }
      return true
    }), { numRuns: 3_000 })
  })

  t.test('is started by the doctor and answered by the other side [C7]', async (t) => {
    t.throws(() => { refuseUnlessMay({ kind: 'patient', id: 'anna' }, start) }, { code: 'CALL_PARTY_REFUSED' })
    t.throws(() => { refuseUnlessMay({ kind: 'doctor', id: 'bo' }, { kind: 'accept' }) }, { code: 'CALL_PARTY_REFUSED' })
    t.doesNotThrow(() => { refuseUnlessMay({ kind: 'patient', id: 'anna' }, { kind: 'mode', mode: 'text' }) })
  })
})
