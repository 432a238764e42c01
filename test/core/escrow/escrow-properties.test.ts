import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import type { Stores } from '../../../adapters/store/index.ts'
import { calendarIn } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import { withdrawalParts } from '../../../core/escrow/withdrawal.ts'
import { heldFen, platformFee, returnFromEscrow, settleEscrow, type Escrow } from '../../../core/escrow/index.ts'
import { beancountAccount, channelClearing, escrowAccount, platformIncome, refundPayable, walletFrozen, walletPayable, type Entry } from '../../../core/ledger/index.ts'
import { fen } from '../../../core/money.ts'

const at = new Date('2027-03-01T01:00:00Z')
let count = 0
const tools = { ids: { next: () => `id-${String(++count)}` }, calendar: calendarIn('Asia/Shanghai') }

/** Books and one escrow in memory, for tens of thousands of orders in a few seconds. */
function aBook (paidFen: number) {
  const entries = new Map<string, Entry>()
  const state: { escrow: Escrow } = {
    escrow: { id: 'e', purpose: 'things', hospitalId: 'east', paymentOrderId: 'o', payer: { kind: 'person', patientId: 'anna' }, paidFen: fen(paidFen), returnedFen: fen(0), state: 'held', payee: null, feeFen: fen(0), paidAt: at, endedAt: null }
  }
  const messages: string[] = []
  const append = async (entry: Entry): Promise<boolean> => {
    assert(entry.postings.length >= 2 && entry.postings.every(({ amountFen }) => amountFen !== 0) && entry.postings.reduce((sum, { amountFen }) => sum + amountFen, 0) === 0)
    entries.set(entry.sourceKey, entry)
    return true
  }
  const stores = {
    escrows: { findForChange: async () => state.escrow, find: async () => state.escrow, save: async (escrow: Escrow) => { state.escrow = escrow }, saveSplit: async () => undefined },
    wallets: { accounts: async () => [] },
    payments: { find: async () => ({ id: 'o', isHeld: true, channel: 'wechat' }) },
    ledger: { append, bySourceKey: async (key: string) => entries.get(key) ?? null, closedUntil: async () => null },
    outbox: { add: async ({ key }: { readonly key: string }) => messages.push(key) > 0 }
  } as unknown as Stores
  const balance = (account: string): number => [...entries.values()].flatMap(({ postings }) => postings).reduce((sum, one) => one.account === account ? sum + one.amountFen : sum, 0)
  return { stores, state, entries, messages, balance, paid: () => append({ id: 'p', hospitalId: 'east', kind: 'escrow', sourceKey: 'escrow-paid:o', effectiveOn: tools.calendar(at), postedAt: at, reverses: null, memo: null, postings: [{ account: channelClearing('wechat'), amountFen: fen(paidFen) }, { account: escrowAccount('e'), amountFen: fen(0 - paidFen) }] }) }
}

type Event = { readonly kind: 'return', readonly amountFen: number | null, readonly key: string } | { readonly kind: 'settle', readonly permille: number }

async function happen ({ stores, state, entries, messages }: ReturnType<typeof aBook>, event: Event): Promise<'done' | 'refused'> {
  const before = [state.escrow, entries.size, messages.length]
  try {
    if (event.kind === 'settle') await settleEscrow(stores, tools, { id: 'e', payee: 'doctor:d', feePermille: event.permille }, at)
    else await returnFromEscrow(stores, tools, { id: 'e', amountFen: event.amountFen === null ? null : fen(event.amountFen), reason: 'x', key: event.key }, at)
    return 'done'
  } catch (error) {
    assert(error instanceof DomainError)
    assert.deepStrictEqual([state.escrow, entries.size, messages.length], before, 'a refused event changes nothing')
    return 'refused'
  }
}

const anEvent = (paidFen: number): fc.Arbitrary<Event> => fc.oneof(
  fc.record({ kind: fc.constant('return' as const), amountFen: fc.option(fc.integer({ min: 0, max: Math.ceil(paidFen * 1.2) })), key: fc.constantFrom('a', 'b', 'c', 'd') }),
  fc.record({ kind: fc.constant('settle' as const), permille: fc.integer({ min: 0, max: 1000 }) })
)

t.test('fifty thousand random orders → the books sum to 0, nothing is left in escrow at the end, a refusal changes nothing [C10 M10 acc:TM-07]', async (t) => {
  const told = { done: 0, refused: 0 }
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 5_000_000 }).chain((paidFen) => fc.tuple(fc.constant(paidFen), fc.array(anEvent(paidFen), { maxLength: 7 }), fc.boolean())),
    async ([paidFen, events, isDone]) => {
      const book = aBook(paidFen)
      await book.paid()
      for (const event of events) {
        told[await happen(book, event)] += 1
        assert.strictEqual(book.balance(escrowAccount('e')), 0 - heldFen(book.state.escrow), 'the books hold what the escrow holds')
      }
      if (book.state.escrow.state === 'held') told[await happen(book, isDone ? { kind: 'settle', permille: 80 } : { kind: 'return', amountFen: null, key: 'last' })] += 1
      const { escrow } = book.state
      const [back, fee, payee] = [refundPayable, platformIncome, walletPayable('doctor:d')].map((account) => 0 - book.balance(account)) as [number, number, number]
      assert.notStrictEqual(escrow.state, 'held')
      assert.deepStrictEqual([book.balance(escrowAccount('e')), back + fee + payee, back, fee], [0, paidFen, escrow.returnedFen, escrow.feeFen])
      assert.strictEqual(book.messages.length, book.entries.size - 1, 'one word to the channel for each movement')
    }
  ), { numRuns: 50_000, endOnFailure: true })
  t.comment(told)
  t.ok(told.refused > 10_000 && told.done > 50_000)
})

t.test('the fee and the payee\'s part are the price, for every price from 1 to 50,000 fen and every fee up to 30 % [C10 M8 acc:TM-07]', async (t) => {
  for (let price = 1; price <= 50_000; price += 1) {
    for (let permille = 0; permille <= 300; permille += 10) {
      const fee = platformFee(fen(price), permille)
      if (fee < 0 || fee > price || fee * 1000 > price * permille || (fee + 1) * 1000 <= price * permille) t.fail(`a fee of ${fee} for ${price} at ${permille}`)
    }
  }
  t.pass()
})

t.test('a withdrawal → takes the whole sum from the books that owe it, from none more than it owes, and no more than all of them do [M15]', async (t) => {
  const balances = fc.uniqueArray(fc.record({ hospitalId: fc.stringMatching(/^[a-z]{1,3}$/), owedFen: fc.nat({ max: 1_000 }) }), { selector: ({ hospitalId }) => hospitalId, maxLength: 5 })
  fc.assert(fc.property(balances, fc.nat({ max: 5_000 }), (owed, amountFen) => {
    const books = owed.map(({ hospitalId, owedFen }) => ({ hospitalId, account: walletPayable('doctor:d'), balanceFen: fen(0 - owedFen) }))
    if (amountFen === 0 || owed.reduce((sum, { owedFen }) => sum + owedFen, 0) < amountFen) {
      t.throws(() => withdrawalParts(books, fen(amountFen)), { code: 'WALLET_SHORT' })
      return
    }
    const parts = withdrawalParts(books, fen(amountFen))
    assert.strictEqual(parts.reduce((sum, part) => sum + part.amountFen, 0), amountFen)
    assert(parts.every((part) => part.amountFen > 0 && part.amountFen <= (owed.find(({ hospitalId }) => hospitalId === part.hospitalId)?.owedFen ?? 0)))
  }), { numRuns: 300 })
})

t.test('the accounts of escrow have names of their own in an export', async (t) => {
  t.strictSame([escrowAccount('c-1'), walletPayable('doctor:d1'), walletFrozen('hospital:west'), platformIncome].map(beancountAccount),
    ['Liabilities:Escrow:Ec-1', 'Liabilities:Payable:Pdoctor-x3a-d1', 'Liabilities:PayableFrozen:Phospital-x3a-west', 'Income:Iplatform-x5f-fee'])
})
