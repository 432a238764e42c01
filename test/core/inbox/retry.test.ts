import t from 'tap'
import { DomainError } from '../../../core/errors.ts'
import { failureOf } from '../../../core/inbox/index.ts'
import { afterFailure } from '../../../core/inbox/retry.ts'

const now = new Date('2026-03-02T12:00:00.000Z')
const unavailable = new DomainError('OUTSIDE_UNAVAILABLE', 'The other party does not answer.')

/** Waits in seconds until each next attempt, then what it ends as. */
function course (error: unknown, random: number): Array<number | string> {
  const waits: Array<number | string> = []
  for (let attempts = 0; attempts < 20; attempts += 1) {
    const after = afterFailure(error, attempts, { now, random })
    if (after.kind !== 'retry') return [...waits, after.kind]
    waits.push((after.nextAt.getTime() - now.getTime()) / 1000)
  }
  return waits
}

t.test('a fault that may pass is tried again after 1 s, 5 s, 30 s, 5 min and 1 h, then it is a dead letter', async (t) => {
  t.strictSame(course(unavailable, 0), [1, 5, 30, 300, 3600, 'dead'])
  t.strictSame(course(new TypeError('x is undefined'), 0), [1, 5, 30, 300, 3600, 'dead'])
  t.strictSame(course(unavailable, 0.5), [1.1, 5.5, 33, 330, 3960, 'dead'], 'not all at the same instant')
})

t.test('a refusal of the message itself is a dead letter at once', async (t) => {
  for (const code of ['MAPPING_VALUE_MISSING', 'MAPPING_SITE_UNKNOWN', 'CHARGE_CREDIT_DIFFERS', 'ACCESS_DENIED'] as const) {
    t.strictSame(course(new DomainError(code, 'Correct the message.'), 0), ['dead'], code)
  }
  const mappingError = Object.assign(new Error('PID-3 has no record number.'), { code: 'MAPPING_VALUE_MISSING', place: 'PID-3' })
  t.strictSame(afterFailure(mappingError, 2, { now, random: 0 }), {
    kind: 'dead', attempts: 3, failure: { code: 'MAPPING_VALUE_MISSING', detail: 'PID-3 has no record number.', place: 'PID-3' }
  })
})

t.test('an outage of the store counts as no attempt, however often it happens', async (t) => {
  for (const code of ['STORE_UNAVAILABLE', 'STORE_WRITE_CONFLICT'] as const) {
    t.strictSame(afterFailure(new DomainError(code, 'Try again.'), 5, { now, random: 0 }), { kind: 'again' }, code)
  }
})

t.test('what is kept of a surprise names its place in the program and quotes nothing', async (t) => {
  const failure = failureOf(new TypeError('cannot read Wang Wu\n    of undefined'))
  t.equal(failure.code, 'UNEXPECTED')
  t.match(failure.detail, /^An unexpected fault: TypeError at retry\.test\.ts:\d+:\d+\.$/)
  t.strictSame(failureOf('a thrown text'), { code: 'UNEXPECTED', detail: 'An unexpected fault: not an error.', place: null })
})
