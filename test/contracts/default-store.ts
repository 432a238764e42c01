import type { Test } from 'tap'
import type { CalendarDate } from '../../core/clock.ts'
import { fen } from '../../core/money.ts'
import type { CardLock, Dispute, Dunning } from '../../core/pay-after-care/index.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const at = new Date('2027-03-08T03:05:00Z')
const on = (day: string): CalendarDate => day as CalendarDate

function aDunning (given: Partial<Dunning> = {}): Dunning {
  return { contractId: 'c1', on: on('2027-03-02'), noticeKey: 'dunning:c1:2027-03-02', suppressedBecause: null, owedFen: fen(14830), at, ...given }
}

function aLock (id: string, given: Partial<CardLock> = {}): CardLock {
  return {
    id, contractId: 'c1', episode: on('2027-03-08'), state: 'lock_requested', legalBasis: 'an act', overdueFen: fen(14830), requestedAt: at, lockedAt: null, receiptId: null,
    unlockRequestedAt: null, unlockedAt: null, attempts: 0, ...given
  }
}

export function aDispute (id: string, given: Partial<Dispute> = {}): Dispute {
  return {
    id, contractId: 'c1', patientId: 'p1', billId: 'b1', hospitalId: 'east', disputedFen: fen(500), text: 'not mine', statement: null, state: 'open', openedAt: at, answerBy: on('2027-03-28'),
    answer: null, answeredAt: null, answeredBy: null, ...given
  }
}

export function defaultStoreContract (t: Test, open: OpenStore): void {
  t.test('the reminder of a person and day → is taken once, also by many at once [I-24]', async (t) => {
    const { inTransaction } = await open(t)
    const taken = await Promise.all(Array.from({ length: 10 }, () => inTransaction(({ defaults }) => defaults.takeDunning(aDunning()))))
    t.equal(taken.filter((isFirst) => isFirst).length, 1)
    await inTransaction(async ({ defaults }) => {
      const suppressed = aDunning({ on: on('2027-03-03'), noticeKey: null, suppressedBecause: 'dispute', owedFen: fen(0) })
      t.equal(await defaults.takeDunning(suppressed), true)
      t.equal(await defaults.takeDunning(aDunning({ contractId: 'c2' })), true)
      t.strictSame(await defaults.dunnings('c1', { limit: 10, offset: 0 }), [suppressed, aDunning()])
      t.strictSame(await defaults.dunnings('c1', { limit: 10, offset: 1 }), [aDunning()])
    })
  })

  t.test('a card lock → is replaced as a whole, one for an episode, and watched while something is to come', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ defaults }) => {
      const locked = aLock('l1', { state: 'locked', lockedAt: at, receiptId: 'r1', attempts: 1 })
      for (const lock of [aLock('l1'), locked]) {
        await defaults.saveLock(lock)
        t.strictSame(await defaults.findLock('l1'), lock)
      }
      const later = aLock('l2', { episode: on('2027-05-01'), requestedAt: new Date('2027-05-02T03:00:00Z'), state: 'unlocked', unlockRequestedAt: at, unlockedAt: at })
      await defaults.saveLock(later)
      await defaults.saveLock(aLock('l3', { contractId: 'c2', state: 'unlock_failed' }))
      t.strictSame((await defaults.locksOf('c1')).map(({ id }) => id), ['l2', 'l1'])
      t.strictSame((await defaults.locksToWatch({ limit: 10, after: null })).map(({ id }) => id), ['l1', 'l3'])
      t.strictSame((await defaults.locksToWatch({ limit: 10, after: 'l1' })).map(({ id }) => id), ['l3'])
      t.equal(await defaults.findLock('nobody'), null)
    })
    t.strictSame(refusals(await Promise.allSettled([inTransaction(({ defaults }) => defaults.saveLock(aLock('l9')))])), ['STORE_WRITE_CONFLICT'])
  })

  t.test('disputes → are listed newest first, narrowed by each filter', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ defaults }) => {
      const answered = aDispute('d2', { state: 'upheld', answer: 'the lines are right', answeredAt: at, answeredBy: 't1', openedAt: new Date('2027-03-09T03:00:00Z'), statement: 'I was not there' })
      const aboutReport = aDispute('d3', { contractId: 'c2', billId: null, hospitalId: null, disputedFen: fen(0), openedAt: new Date('2027-03-10T03:00:00Z') })
      for (const dispute of [aDispute('d1'), aDispute('d2'), answered, aboutReport]) await defaults.saveDispute(dispute)
      t.strictSame(await defaults.findDispute('d2'), answered)
      t.strictSame(await defaults.findDispute('d3'), aboutReport)
      t.equal(await defaults.findDispute('nobody'), null)
      const none = { contractId: null, isOpen: null, hospitalId: null }
      const found = async (filter: Partial<typeof none> | { readonly contractId?: string, readonly isOpen?: boolean, readonly hospitalId?: string }): Promise<string> =>
        (await defaults.disputes({ ...none, ...filter }, { limit: 10, offset: 0 })).map(({ id }) => id).join(' ')
      t.strictSame([await found({}), await found({ contractId: 'c1' }), await found({ isOpen: true }), await found({ isOpen: false }), await found({ hospitalId: 'east' })], ['d3 d2 d1', 'd2 d1', 'd3 d1', 'd2', 'd2 d1'])
      const ofEach = async (contractIds: readonly string[], most: number): Promise<string> => (await defaults.disputesOf(contractIds, most)).map(({ id }) => id).join(' ')
      t.strictSame([await ofEach(['c1', 'c2', 'nobody'], 2), await ofEach(['c1', 'c2'], 1), await ofEach(['c1'], 2), await ofEach([], 2)], ['d3 d2 d1', 'd3 d2', 'd2 d1', ''])
    })
  })
}
