import type { Test } from 'tap'
import type { CalendarDate } from '../../core/clock.ts'
import { fen } from '../../core/money.ts'
import type { ClosedDay, Discrepancy, Reconciliation, StatementItem } from '../../core/payments/index.ts'
import type { OpenStore } from './store-under-test.ts'

const day = '2026-03-02' as CalendarDate
const at = new Date('2026-03-03T02:15:00.000Z')

function aReconciliation (given: Partial<Reconciliation> = {}): Reconciliation {
  return {
    id: 'wechat.2026-03-02', source: 'wechat', hospitalId: null, day, state: 'matching', sha256: 'ab', takenFrom: 'party', takenBy: null, lines: 3, matched: 2, ourFen: fen(9_000_000_000_000), theirFen: fen(3),
    feeFen: fen(-1), refusedBecause: null, attempts: 1, updatedAt: at, reconciledAt: null, ...given
  }
}

function aLine (line: number, given: Partial<StatementItem> = {}): StatementItem {
  return { line, kind: 'payment', key: `YQ${line}`, isDone: true, amountFen: fen(100), feeFen: fen(1), split: null, merchant: 'm', hospitalId: null, channelNumber: 'c', at, ...given }
}

function aDiscrepancy (given: Partial<Discrepancy> = {}): Discrepancy {
  return {
    reconciliationId: 'wechat.2026-03-02', number: 1, scope: 'wechat', day, kind: 'only_us', itemKind: 'payment', key: 'YQ1', line: null, hospitalId: 'east', ourFen: fen(1), theirFen: null, feeFen: fen(0), merchant: null,
    channelNumber: null, state: 'open', resolution: null, reason: null, proposedBy: null, decidedBy: null, openedAt: at, settledAt: null, ...given
  }
}

export function reconciliationStoreContract (t: Test, open: OpenStore): void {
  t.test('a reconciliation → is read back as saved, and listed by day, source, state and hospital', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ reconciliations }) => {
      const his = aReconciliation({ id: 'his.east.2026-03-01', source: 'his', hospitalId: 'east', day: '2026-03-01' as CalendarDate, state: 'reconciled', takenFrom: 'upload', takenBy: 'f', refusedBecause: 'Line 2', reconciledAt: at })
      for (const one of [aReconciliation(), aReconciliation({ matched: 3 }), his]) {
        await reconciliations.save(one)
        t.strictSame([await reconciliations.find(one.id), await reconciliations.findForChange(one.id)], [one, one])
      }
      t.equal(await reconciliations.find('none'), null)
      t.strictSame([...await reconciliations.reconciledOf(['wechat.2026-03-02', 'his.east.2026-03-01', 'none'])], ['his.east.2026-03-01'])
      t.strictSame([...await reconciliations.reconciledOf([])], [])
      const all = { day: null, source: null, state: null, hospitalId: null }
      const listed = async (filter: Partial<Parameters<typeof reconciliations.list>[0]>, page = { limit: 10, offset: 0 }): Promise<string> => (await reconciliations.list({ ...all, ...filter }, page)).map(({ source }) => source).join(' ')
      t.strictSame([await listed({}), await listed({ day }), await listed({ source: 'his' }), await listed({ state: 'matching' }), await listed({ hospitalId: 'east' }), await listed({ hospitalId: 'west' }), await listed({}, { limit: 1, offset: 1 })],
        ['wechat his', 'wechat', 'his', 'wechat', 'wechat his', 'wechat', 'his'])
    })
  })

  t.test('lines of a statement → wait in their order until they are dropped', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ reconciliations }) => {
      const lines = [aLine(1), aLine(2, { key: 'YQ1', kind: 'refund', amountFen: fen(-100), feeFen: fen(-1), at: null }), aLine(3, { split: { fundFen: fen(1), accountFen: fen(2), cashFen: fen(3) }, merchant: null, hospitalId: 'east', channelNumber: null })]
      await reconciliations.addLines('a', lines)
      await reconciliations.addLines('b', [aLine(1)])
      t.strictSame(await reconciliations.lines('a', 10), lines)
      t.strictSame((await reconciliations.linesOf('a', ['YQ1', 'none'])).map(({ line }) => line), [1, 2])
      t.strictSame(await reconciliations.linesOf('a', []), [])
      await reconciliations.dropLines('a', [1, 3])
      t.strictSame((await reconciliations.lines('a', 10)).map(({ line }) => line), [2])
      await reconciliations.dropLines('a', null)
      t.strictSame([await reconciliations.lines('a', 10), (await reconciliations.lines('b', 10)).length], [[], 1])
    })
  })

  t.test('an item → is matched once in its scope, until it is forgotten [I-53]', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ reconciliations }) => {
      const item = (key: string, scope = 'wechat'): Parameters<typeof reconciliations.addMatched>[0][number] => ({ scope, key, reconciliationId: 'a', line: 1 })
      t.strictSame(await reconciliations.addMatched([item('1'), item('2')], at), ['1', '2'])
      t.strictSame(await reconciliations.addMatched([item('2'), item('3'), item('1', 'alipay')], at), ['3', '1'])
      t.strictSame([...await reconciliations.matchedOf('wechat', ['1', '3', '9'])].sort(), [['1', 'a'], ['3', 'a']])
      t.strictSame([await reconciliations.pruneMatched(at, 10), await reconciliations.pruneMatched(new Date(at.getTime() + 1), 3), (await reconciliations.matchedOf('wechat', ['1', '2', '3'])).size + (await reconciliations.matchedOf('alipay', ['1'])).size], [0, 3, 1])
    })
  })

  t.test('discrepancies → are numbered from 1, kept once for each item and line, and found by what is open', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ reconciliations }) => {
      const missing = aDiscrepancy()
      const listed = aDiscrepancy({ kind: 'amount_diff', key: 'YQ2', line: 7, theirFen: fen(2), feeFen: fen(1), merchant: 'm', channelNumber: 'c' })
      const elsewhere = aDiscrepancy({ reconciliationId: 'wechat.2026-03-03', day: '2026-03-03' as CalendarDate, key: 'YQ3', hospitalId: null })
      await reconciliations.addDiscrepancies([missing, listed])
      await reconciliations.addDiscrepancies([listed, aDiscrepancy({ key: 'YQ2', line: 8 }), missing])
      await reconciliations.addDiscrepancies([elsewhere])
      t.strictSame(await reconciliations.findDiscrepancy('wechat.2026-03-02', 2), { ...listed, number: 2 })
      t.strictSame((await reconciliations.discrepancies({ reconciliationId: 'wechat.2026-03-02', hospitalId: 'east' }, { limit: 10, offset: 0 })).map(({ number, key, line }) => [number, key, line]), [[1, 'YQ1', null], [2, 'YQ2', 7], [3, 'YQ2', 8]])
      t.strictSame(await reconciliations.discrepancies({ reconciliationId: 'wechat.2026-03-02', hospitalId: 'west' }, { limit: 10, offset: 0 }), [])
      const settled: Discrepancy = { ...missing, state: 'resolved', resolution: 'note', reason: 'r', proposedBy: 'a', decidedBy: 'b', settledAt: at }
      await reconciliations.saveDiscrepancy(settled)
      t.strictSame(await reconciliations.findDiscrepancy('wechat.2026-03-02', 1), settled)
      t.strictSame((await reconciliations.unsettledOf('wechat', ['YQ1', 'YQ2', 'YQ3'])).map(({ key, line }) => [key, line]), [['YQ2', 7], ['YQ2', 8], ['YQ3', null]])
      t.strictSame((await reconciliations.unsettled({ scope: 'wechat', kinds: ['only_us'], since: day }, { limit: 10, offset: 1 })).map(({ key }) => key), ['YQ3'])
      t.strictSame(await reconciliations.countsOf('wechat.2026-03-02'), [{ kind: 'amount_diff', state: 'open', isListed: true, count: 1 }, { kind: 'only_us', state: 'open', isListed: true, count: 1 }, { kind: 'only_us', state: 'resolved', isListed: false, count: 1 }])
      const blocking = (hospitalId: string, ids: readonly string[]): Promise<number> => reconciliations.countBlocking({ reconciliationIds: ids, hospitalId, kinds: ['only_us', 'amount_diff'] })
      t.strictSame([await blocking('east', ['wechat.2026-03-02', 'wechat.2026-03-03']), await blocking('west', ['wechat.2026-03-02', 'wechat.2026-03-03']), await blocking('east', ['other'])], [3, 1, 0])
    })
  })
}

export function dayStoreContract (t: Test, open: OpenStore): void {
  t.test('a day of a hospital → counts as reconciled while it is closed; everything up to it is closed until one is opened again', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ days }) => {
      const closed = (on: string, given: Partial<ClosedDay> = {}): ClosedDay => ({ day: on as CalendarDate, hospitalId: 'east', state: 'closed', by: 'close-day', reason: null, at, ...given })
      const stands = async (): Promise<unknown> => [await days.isReconciled(day, 'east'), await days.isReconciled(day, 'west'), await days.closedUntil('east')]
      t.strictSame(await stands(), [false, false, null])
      for (const on of ['2026-03-02', '2026-03-03']) await days.save(closed(on))
      t.strictSame(await days.find(day, 'east'), closed('2026-03-02'))
      t.strictSame(await stands(), [true, false, '2026-03-03'])
      await days.save(closed('2026-03-02', { state: 'reopened', by: 'f', reason: 'late' }))
      t.strictSame(await stands(), [false, false, '2026-03-01'])
      t.strictSame([...await days.closedOnce('east', '2026-03-02' as CalendarDate)].sort(), ['2026-03-02', '2026-03-03'])
      t.strictSame([[...await days.closedOnce('east', '2026-03-03' as CalendarDate)], [...await days.closedOnce('west', '2026-03-01' as CalendarDate)]], [['2026-03-03'], []])
      await days.save(closed('2026-03-02'))
      t.strictSame(await stands(), [true, false, '2026-03-03'])
    })
  })
}
