import fc from 'fast-check'
import type { Test } from 'tap'
import type { CalendarDate } from '../../core/clock.ts'
import { reversalOf, type Entry } from '../../core/ledger/index.ts'
import { fen } from '../../core/money.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const on = (day: string): CalendarDate => day as CalendarDate

function anEntry (given: Partial<Entry> = {}): Entry {
  const id = given.id ?? 'entry-1'
  return {
    id,
    hospitalId: 'east',
    kind: 'charge',
    sourceKey: `charge:${id}`,
    effectiveOn: on('2026-03-02'),
    postedAt: new Date('2026-03-02T01:00:00Z'),
    postings: [{ account: 'AR:patient:p1', amountFen: fen(1250) }, { account: 'REV:unsettled', amountFen: fen(-1250) }],
    reverses: null,
    memo: 'FT-1',
    ...given
  }
}

function reversed (entry: Entry, id: string): Entry {
  return reversalOf(entry, { id, sourceKey: `credit:${id}`, effectiveOn: on('2026-03-03'), postedAt: new Date('2026-03-03T01:00:00Z'), memo: null })
}

export function ledgerStoreContract (t: Test, open: OpenStore): void {
  t.test('an entry', async (t) => {
    t.test('→ is read back as it was posted, by its key, by its id and as a statement', async (t) => {
      const { inTransaction } = await open(t)
      const entry = anEntry()
      t.equal(await inTransaction(({ ledger }) => ledger.append(entry)), true)
      await inTransaction(async ({ ledger }) => {
        t.strictSame(await ledger.bySourceKey('charge:entry-1'), entry)
        t.strictSame(await ledger.byId('entry-1'), entry)
        t.strictSame(await ledger.bySourceKey('charge:nobody'), null)
        const { postings, id, ...shown } = entry
        t.strictSame(await ledger.statement(['AR:patient:p1'], { limit: 10, offset: 0 }), [{ entryId: id, ...shown, ...postings[0] }])
        t.strictSame(await ledger.statement(['AR:patient:p1'], { limit: 10, offset: 1 }), [])
      })
    })

    t.test('posted again under the same key → changes nothing [I-05]', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(({ ledger }) => ledger.append(anEntry()))
      const again = anEntry({ id: 'entry-2', sourceKey: 'charge:entry-1', postedAt: new Date('2026-03-04T01:00:00Z'), memo: null })
      t.equal(await inTransaction(({ ledger }) => ledger.append(again)), false)
      t.strictSame(await inTransaction(({ ledger }) => ledger.balances(['AR:patient:p1'])), [{ hospitalId: 'east', account: 'AR:patient:p1', balanceFen: fen(1250) }])
    })

    t.test('with another content under the same key → is refused, and nothing changes [I-05]', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(({ ledger }) => ledger.append(anEntry()))
      const others: readonly Entry[] = [
        anEntry({ id: 'entry-2', sourceKey: 'charge:entry-1', effectiveOn: on('2026-03-05') }),
        anEntry({ id: 'entry-2', sourceKey: 'charge:entry-1', hospitalId: 'west' }),
        anEntry({ id: 'entry-2', sourceKey: 'charge:entry-1', postings: [{ account: 'AR:patient:p1', amountFen: fen(1) }, { account: 'REV:unsettled', amountFen: fen(-1) }] })
      ]
      for (const other of others) await t.rejects(inTransaction(({ ledger }) => ledger.append(other)), { code: 'ENTRY_ALREADY_POSTED' })
      await t.rejects(inTransaction(({ ledger }) => ledger.append(anEntry({ sourceKey: 'charge:other' }))), { code: 'ENTRY_ALREADY_POSTED' }, 'its id is taken')
      t.strictSame(await inTransaction(({ ledger }) => ledger.bySourceKey('charge:entry-1')), anEntry())
    })

    t.test('that does not balance → is refused [I-01]', async (t) => {
      const { inTransaction } = await open(t)
      for (const postings of [[], [{ account: 'a', amountFen: fen(0) }, { account: 'b', amountFen: fen(0) }], [{ account: 'a', amountFen: fen(2) }, { account: 'b', amountFen: fen(-1) }]]) {
        await t.rejects(inTransaction(({ ledger }) => ledger.append(anEntry({ postings }))), { code: 'ENTRY_UNBALANCED' })
      }
      t.strictSame(await inTransaction(({ ledger }) => ledger.trialBalance(null)), [])
    })

    t.test('of the largest amount → comes back exactly', async (t) => {
      const { inTransaction } = await open(t)
      const postings = [{ account: 'AR:patient:p1', amountFen: fen(9e15) }, { account: 'REV:unsettled', amountFen: fen(-9e15) }]
      await inTransaction(({ ledger }) => ledger.append(anEntry({ postings })))
      t.strictSame((await inTransaction(({ ledger }) => ledger.byId('entry-1')))?.postings, postings)
    })
  })

  t.test('a reversal', async (t) => {
    t.test('→ leaves nothing of the entry, and is found from it', async (t) => {
      const { inTransaction } = await open(t)
      const reversal = reversed(anEntry(), 'reversal-1')
      await inTransaction(async ({ ledger }) => { await ledger.append(anEntry()); await ledger.append(reversal) })
      await inTransaction(async ({ ledger }) => {
        t.strictSame(await ledger.reversalOf('entry-1'), reversal)
        t.strictSame(await ledger.reversalOf('reversal-1'), null)
        t.strictSame(await ledger.balances(['AR:patient:p1', 'REV:unsettled']), [
          { hospitalId: 'east', account: 'AR:patient:p1', balanceFen: fen(0) }, { hospitalId: 'east', account: 'REV:unsettled', balanceFen: fen(0) }])
        t.strictSame(await ledger.trialBalance(on('2026-03-02')), [
          { hospitalId: 'east', account: 'AR:patient:p1', balanceFen: fen(1250) }, { hospitalId: 'east', account: 'REV:unsettled', balanceFen: fen(-1250) }])
      })
    })

    t.test('of an entry that is reversed already → is refused [I-06]', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(async ({ ledger }) => { await ledger.append(anEntry()); await ledger.append(reversed(anEntry(), 'reversal-1')) })
      await t.rejects(inTransaction(({ ledger }) => ledger.append(reversed(anEntry(), 'reversal-2'))), { code: 'ENTRY_ALREADY_REVERSED' })
    })

    t.test('by two at once → happens once [I-06]', async (t) => {
      const { inTransaction } = await open(t)
      await inTransaction(({ ledger }) => ledger.append(anEntry()))
      const outcomes = await Promise.allSettled(['reversal-1', 'reversal-2'].map((id) => inTransaction(({ ledger }) => ledger.append(reversed(anEntry(), id)))))
      t.strictSame(refusals(outcomes), ['ENTRY_ALREADY_REVERSED'])
      t.strictSame((await inTransaction(({ ledger }) => ledger.balances(['AR:patient:p1']))).map(({ balanceFen }) => balanceFen), [0])
    })
  })

  t.test('one charge posted by eight at once → is one entry [I-05]', async (t) => {
    const { inTransaction } = await open(t)
    const posted = await Promise.all(Array.from({ length: 8 }, (_, place) =>
      inTransaction(({ ledger }) => ledger.append(anEntry({ id: `entry-${place}`, sourceKey: 'charge:FT-1' })))))
    t.equal(posted.filter((isNew) => isNew).length, 1)
    t.strictSame((await inTransaction(({ ledger }) => ledger.statement(['AR:patient:p1'], { limit: 10, offset: 0 }))).length, 1)
  })

  t.test('the books of two hospitals → stand apart', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ ledger }) => {
      await ledger.append(anEntry({ id: 'e1', hospitalId: 'east' }))
      await ledger.append(anEntry({ id: 'e2', hospitalId: 'west' }))
      t.strictSame((await ledger.balances(['REV:unsettled'])), [
        { hospitalId: 'east', account: 'REV:unsettled', balanceFen: fen(-1250) }, { hospitalId: 'west', account: 'REV:unsettled', balanceFen: fen(-1250) }])
      t.strictSame(await ledger.balances([]), [])
      t.strictSame(await ledger.unbalancedEntries(), [])
    })
  })

  t.test('any sequence of charges, resends and reversals → a trial balance of zero that says what was posted [I-01 I-02 I-05 I-06]', async (t) => {
    const { inTransaction } = await open(t)
    let run = 0
    const step = fc.record({ key: fc.integer({ min: 0, max: 5 }), act: fc.constantFrom('post', 'reverse') })
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 6, maxLength: 6 }), async (steps, amounts) => {
      const hospitalId = `hospital-${run++}`
      const charge = (key: number): Entry => anEntry({
        id: `${hospitalId}-${key}`,
        hospitalId,
        postings: [{ account: `AR:${key % 2}`, amountFen: fen(amounts[key] ?? 1) }, { account: 'REV', amountFen: fen(-(amounts[key] ?? 1)) }]
      })
      const standing = new Map<number, 'posted' | 'reversed'>()
      for (const { key, act } of steps) {
        if (act === 'reverse' && !standing.has(key)) continue
        const entry = act === 'post' ? charge(key) : reversed(charge(key), `${hospitalId}-${key}-reversal`)
        const isNew = await inTransaction(({ ledger }) => ledger.append(entry))
        t.equal(isNew, act === 'post' ? !standing.has(key) : standing.get(key) === 'posted')
        if (act === 'reverse') standing.set(key, 'reversed')
        else if (!standing.has(key)) standing.set(key, 'posted')
      }
      const balances = (await inTransaction(({ ledger }) => ledger.trialBalance(null))).filter((balance) => balance.hospitalId === hospitalId)
      t.equal(balances.reduce((sum, { balanceFen }) => sum + balanceFen, 0), 0)
      const owed = [...standing].reduce((sum, [key, state]) => sum + (state === 'posted' ? amounts[key] ?? 1 : 0), 0)
      t.equal(balances.filter(({ account }) => account !== 'REV').reduce((sum, { balanceFen }) => sum + balanceFen, 0), owed)
      t.strictSame(await inTransaction(({ ledger }) => ledger.unbalancedEntries()), [])
    }), { numRuns: 25 })
  })
}
