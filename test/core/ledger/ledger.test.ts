import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import type { CalendarDate } from '../../../core/clock.ts'
import { assertBalanced, owedByPerson, post, recordCharge, reversalOf, reverse, statement, trialBalance, type ChargeFacts, type Entry, type LedgerStore } from '../../../core/ledger/index.ts'
import { fen, negateFen } from '../../../core/money.ts'
import { freshStore } from '../../fixtures/store.ts'
import { at, depsOf } from '../intake/hospital-day.ts'

const store = await freshStore(t)
const day = '2027-03-01' as CalendarDate
const nextDay = '2027-03-02' as CalendarDate

function anEntry (id: string, { amountFen = 100, account = `AR:patient:${id}`, ...rest }: Partial<Entry> & { readonly amountFen?: number, readonly account?: string } = {}): Entry {
  return {
    id,
    hospitalId: 'east',
    kind: 'charge',
    sourceKey: `charge:${id}`,
    effectiveOn: day,
    postedAt: at,
    postings: [{ account, amountFen: fen(amountFen) }, { account: 'REV:unsettled', amountFen: fen(-amountFen) }],
    reverses: null,
    memo: null,
    ...rest
  }
}

const inBooks = <Result>(work: (deps: { readonly ledger: LedgerStore }) => Promise<Result>): Promise<Result> => store.inTransaction(work)
const balanceOf = (account: string): Promise<number> => inBooks(async ({ ledger }) => (await ledger.balances([account]))[0]?.balanceFen ?? 0)

t.test('an entry', async (t) => {
  t.test('that does not sum to zero, has one posting or an empty one → is refused [I-01]', async (t) => {
    const account = 'AR:patient:x'
    for (const postings of [[], [{ account, amountFen: fen(0) }], [{ account, amountFen: fen(1) }, { account, amountFen: fen(-2) }], [{ account, amountFen: fen(1) }, { account, amountFen: fen(-1) }, { account, amountFen: fen(0) }]]) {
      t.throws(() => { assertBalanced({ postings }) }, { code: 'ENTRY_UNBALANCED' })
      await t.rejects(inBooks((deps) => post(deps, anEntry('bad', { postings }))), { code: 'ENTRY_UNBALANCED' })
    }
  })

  t.test('posted again under its source key → changes nothing; with other content it is refused [I-05]', async (t) => {
    t.equal(await inBooks((deps) => post(deps, anEntry('a'))), true)
    t.equal(await inBooks((deps) => post(deps, anEntry('a2', { sourceKey: 'charge:a', account: 'AR:patient:a' }))), false)
    await t.rejects(inBooks((deps) => post(deps, anEntry('a3', { sourceKey: 'charge:a', account: 'AR:patient:a', amountFen: 101 }))), { code: 'ENTRY_ALREADY_POSTED' })
    t.equal(await balanceOf('AR:patient:a'), 100)
  })

  t.test('and its reversal → are nothing, whatever its postings', async (t) => {
    const amounts = fc.array(fc.integer({ min: -1e9, max: 1e9 }).filter((amount) => amount !== 0), { minLength: 1, maxLength: 5 }).filter((list) => list.reduce((sum, amount) => sum + amount, 0) !== 0)
    t.doesNotThrow(() => {
      fc.assert(fc.property(amounts, (list) => {
        const rest = fen(0 - list.reduce((sum, amount) => sum + amount, 0))
        const entry = anEntry('p', { postings: [...list.map((amount, place) => ({ account: `account ${place}`, amountFen: fen(amount) })), { account: 'rest', amountFen: rest }] })
        const reversal = reversalOf(entry, { id: 'r', sourceKey: 'reversal:p', effectiveOn: nextDay, postedAt: at, memo: null })
        assertBalanced(reversal)
        assert.strictEqual(reversal.reverses, 'p')
        assert.deepStrictEqual(reversal.postings, entry.postings.map(({ account, amountFen }) => ({ account, amountFen: negateFen(amountFen) })))
      }))
    })
  })

  t.test('is reversed once; the same command again changes nothing, another one is refused [I-06]', async (t) => {
    const command = { entryId: 'b', id: 'b-r', sourceKey: 'reversal:b', effectiveOn: nextDay, postedAt: at, memo: null }
    await inBooks((deps) => post(deps, anEntry('b')))
    t.equal(await inBooks((deps) => reverse(deps, command)), true)
    t.equal(await balanceOf('AR:patient:b'), 0)
    t.equal(await inBooks((deps) => reverse(deps, { ...command, id: 'b-r2' })), false)
    await t.rejects(inBooks((deps) => reverse(deps, { ...command, id: 'b-r3', sourceKey: 'reversal:b again' })), { code: 'ENTRY_ALREADY_REVERSED' })
    await t.rejects(inBooks((deps) => reverse(deps, { ...command, id: 'b-r4', entryId: 'b-r', sourceKey: 'reversal:b-r' })), { code: 'ENTRY_NOT_REVERSIBLE' })
    await t.rejects(inBooks((deps) => reverse(deps, { ...command, entryId: 'none' })), { code: 'ENTRY_NOT_FOUND' })
    t.equal(await balanceOf('AR:patient:b'), 0)
  })
})

t.test('the books', async (t) => {
  t.test('are proven by recount, also at the end of a day', async (t) => {
    await inBooks((deps) => post(deps, anEntry('w1', { hospitalId: 'west', amountFen: 300 })))
    await inBooks((deps) => post(deps, anEntry('w2', { hospitalId: 'west', account: 'AR:patient:w1', amountFen: 40, effectiveOn: nextDay })))
    const proof = await inBooks((deps) => trialBalance(deps, null))
    t.strictSame({ ...proof, accounts: proof.accounts.filter(({ hospitalId }) => hospitalId === 'west') }, {
      effectiveUntil: null,
      isProven: true,
      hospitals: [{ hospitalId: 'east', sumFen: 0 }, { hospitalId: 'west', sumFen: 0 }],
      accounts: [{ hospitalId: 'west', account: 'AR:patient:w1', balanceFen: 340 }, { hospitalId: 'west', account: 'REV:unsettled', balanceFen: -340 }],
      unbalancedEntries: [],
      wrongBalances: []
    })
    const first = await inBooks((deps) => trialBalance(deps, day))
    t.ok(first.isProven)
    t.strictSame(first.accounts.find(({ account }) => account === 'AR:patient:w1')?.balanceFen, 300)
  })

  t.test('that were tampered with → fail each of the proofs', async (t) => {
    const account = { hospitalId: 'east', account: 'AR:patient:a', balanceFen: fen(1) }
    const tampered = { trialBalance: async () => [account], unbalancedEntries: async () => ['e1'], balances: async () => [{ ...account, balanceFen: fen(2) }] }
    const untouched = { trialBalance: async () => [], unbalancedEntries: async () => [], balances: async () => [] }
    t.ok((await trialBalance({ ledger: untouched }, null)).isProven)
    for (const fault of ['trialBalance', 'unbalancedEntries'] as const) {
      t.notOk((await trialBalance({ ledger: { ...untouched, [fault]: tampered[fault] } }, day)).isProven, fault)
    }
    const even = { ...untouched, trialBalance: async () => [account, { ...account, account: 'REV:unsettled', balanceFen: fen(-1) }] }
    t.ok((await trialBalance({ ledger: even }, day)).isProven)
    t.notOk((await trialBalance({ ledger: even }, null)).isProven, 'balances')
    t.strictSame(await trialBalance({ ledger: tampered }, null), {
      effectiveUntil: null,
      isProven: false,
      hospitals: [{ hospitalId: 'east', sumFen: 1 }],
      accounts: [account],
      unbalancedEntries: ['e1'],
      wrongBalances: [{ hospitalId: 'east', account: 'AR:patient:a', balanceFen: 2, recountFen: 1 }]
    })
  })

  t.test('of a person with records at two hospitals → show what is owed at each, with the lines', async (t) => {
    const patient = (id: string, hospitalId: string): Promise<void> => store.inTransaction(({ patients }) =>
      patients.save({ id, hospitalId, personId: 'n1', name: null, birthDate: null, gender: null, active: true, identifiers: [] }))
    await patient('n1', 'east')
    await patient('n2', 'west')
    await inBooks((deps) => post(deps, anEntry('n1', { amountFen: 500 })))
    await inBooks((deps) => post(deps, anEntry('n2', { amountFen: 70, hospitalId: 'west' })))
    const owed = await store.inReading((stores) => owedByPerson(stores, 'n2'))
    t.strictSame({ ...owed, hospitals: owed.hospitals.map(({ lines, ...sums }) => ({ ...sums, lines: lines.map(({ entryId, amountFen }) => [entryId, amountFen]) })) }, {
      patientIds: ['n1', 'n2'],
      owedFen: 570,
      hospitals: [{ hospitalId: 'east', owedFen: 500, lines: [['n1', 500]] }, { hospitalId: 'west', owedFen: 70, lines: [['n2', 70]] }]
    })
    t.strictSame((await store.inReading((stores) => statement(stores, 'n1', { limit: 1, offset: 1 }))).map(({ entryId }) => entryId), ['n2'])
  })
})

t.test('a line of the HIS', async (t) => {
  const aLine = (id: string, line: Partial<ChargeFacts> = {}): ChargeFacts => ({
    id, hospitalId: 'east', kind: 'charge', transactionId: id, patientId: id, visitId: null, amountFen: fen(900), occurredOn: null, code: null, text: null, creditedBy: null, ...line
  })
  let run = 0
  const record = (facts: ChargeFacts, isNew = false): Promise<unknown> => store.inTransaction((stores) => {
    run += 1
    const ids = { next: () => `line-${run}-${facts.id}-${Math.random()}` }
    return recordCharge({ ...depsOf(stores), ids }, { facts, overruled: [], isNew }, at)
  })

  t.test('without a day of its own → takes effect on the day it came', async (t) => {
    await record(aLine('l1'), true)
    t.equal((await inBooks(({ ledger }) => ledger.bySourceKey('charge:l1')))?.effectiveOn, '2027-03-01')
  })

  t.test('without an amount → is kept, and posted when a later message tells it', async (t) => {
    await record(aLine('l2', { amountFen: null }), true)
    t.equal(await balanceOf('AR:patient:l2'), 0)
    await record(aLine('l2'))
    t.equal(await balanceOf('AR:patient:l2'), 900)
  })

  t.test('that is an adjustment or a payment → is posted with its sign, and can be credited too', async (t) => {
    await record(aLine('l3', { kind: 'adjustment', amountFen: fen(-50) }), true)
    await record(aLine('l4', { kind: 'payment', amountFen: fen(20), patientId: 'l3' }), true)
    t.strictSame([await balanceOf('AR:patient:l3'), await balanceOf('CLEAR:window')], [-70, 20])
    const credited = aLine('l3', { amountFen: fen(-50), creditedBy: { transactionId: 'x', amountFen: fen(50), occurredOn: nextDay } })
    await record(credited)
    t.equal(await balanceOf('AR:patient:l3'), -20)
    const [entry, reversal] = await inBooks(async ({ ledger }) => [await ledger.bySourceKey('adjustment:l3'), await ledger.bySourceKey('credit:l3')] as const)
    t.equal(reversal?.reverses, entry?.id)
    t.match(await store.inReading(({ charges }) => charges.find('l3')), { kind: 'adjustment', state: 'reversed' })
    await record({ ...credited, creditedBy: { transactionId: 'y', amountFen: fen(50), occurredOn: day } })
    t.equal(await balanceOf('AR:patient:l3'), -20)
    t.ok((await inBooks((deps) => trialBalance(deps, null))).isProven)
  })

  t.test('whose text or visit is told later → is brought up to date, and its entry stays', async (t) => {
    await record(aLine('l5'), true)
    await record(aLine('l5', { visitId: 'v', text: 'Consultation' }))
    t.match(await store.inReading(({ charges }) => charges.find('l5')), { visitId: 'v', text: 'Consultation', state: 'posted' })
    t.equal(await balanceOf('AR:patient:l5'), 900)
  })

  t.test('sent again with another day → keeps the day of its entry; as another kind of line it is refused', async (t) => {
    await record(aLine('l6', { occurredOn: day }), true)
    await record(aLine('l6', { occurredOn: nextDay }))
    t.equal((await store.inReading(({ charges }) => charges.find('l6')))?.occurredOn, day)
    await t.rejects(record(aLine('l6', { kind: 'adjustment' })), { code: 'CHARGE_ALREADY_POSTED' })
  })
})

t.test('a line that is told late of a closed day → takes effect on the first open one, with its own day as memo; told again it is the same entry [I-08]', async (t) => {
  await store.inTransaction(({ days }) => days.save({ day: nextDay, hospitalId: 'closing', state: 'closed', by: 'finance', reason: null, at }))
  const late = anEntry('late', { hospitalId: 'closing' })
  t.equal(await inBooks((deps) => post(deps, late)), true)
  t.match(await inBooks(({ ledger }) => ledger.byId('late')), { effectiveOn: '2027-03-03', memo: `of ${day}` })
  await store.inTransaction(({ days }) => days.save({ day: '2027-03-03' as CalendarDate, hospitalId: 'closing', state: 'closed', by: 'finance', reason: null, at }))
  t.equal(await inBooks((deps) => post(deps, { ...late, id: 'late again' })), false)
  await t.rejects(inBooks((deps) => post(deps, { ...anEntry('late other', { hospitalId: 'closing', amountFen: 7 }), sourceKey: late.sourceKey })), { code: 'ENTRY_ALREADY_POSTED' })
  const before = await inBooks(({ ledger }) => ledger.trialBalance(nextDay))
  await inBooks((deps) => post(deps, anEntry('later', { hospitalId: 'closing' })))
  t.strictSame(await inBooks(({ ledger }) => ledger.trialBalance(nextDay)), before, 'the closed day stays as it was')
  t.match(await inBooks(({ ledger }) => ledger.byId('later')), { effectiveOn: '2027-03-04' })
})
