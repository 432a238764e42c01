import fc from 'fast-check'
import t from 'tap'
import type { CalendarDate } from '../../../core/clock.ts'
import { beancountAccount, exportBeancount, type Entry } from '../../../core/ledger/index.ts'
import { fen } from '../../../core/money.ts'
import { checkBeancount } from '../../fixtures/beancount-checker.ts'
import { freshStore } from '../../fixtures/store.ts'

const store = await freshStore(t)
const days = ['2027-03-01', '2027-03-02', '2027-03-05'] as CalendarDate[]
const accounts = ['AR:patient:p1', 'AR:patient:p_2', 'REV:unsettled', 'CLEAR:wechat', 'CREDIT_BAL:patient:p1', 'REFUND_PAYABLE', 'SUSPENSE:alipay', 'BADDEBT', 'FEE:bank', 'AR:insurance:310000', 'BANK:6222', 'ADJ:rounding']

async function exported (hospitalId: string, until: CalendarDate | null = null): Promise<string> {
  let text = ''
  for await (const piece of exportBeancount({ inReading: store.inReading }, hospitalId, until)) text += piece
  return text
}

t.test('the books of a hospital as beancount text', async (t) => {
  t.test('→ are accepted by an independent checker, with a balance for each account and day, and equal the ledger\'s own [acc:C-26]', async (t) => {
    const chance = fc.sample(fc.tuple(fc.nat({ max: accounts.length - 1 }), fc.nat({ max: accounts.length - 2 }), fc.integer({ min: 1, max: 1e9 }), fc.nat({ max: 2 })), { numRuns: 1_200, seed: 7 })
    const entries = chance.map(([one, other, amount, day], place): Entry => {
      const [debit, credit] = [accounts[one] ?? '', accounts.filter((_, index) => index !== one)[other] ?? '']
      return { id: `e${place}`, hospitalId: 'east', kind: 'charge', sourceKey: `k"${place}`, effectiveOn: days[day] ?? '2027-03-01' as CalendarDate, postedAt: new Date('2027-03-01T00:00:00Z'), reverses: null, memo: null,
        postings: [{ account: debit, amountFen: fen(amount) }, { account: credit, amountFen: fen(-amount) }] }
    })
    await store.inTransaction(async ({ ledger }) => { for (const entry of entries) await ledger.append(entry) })
    const checked = checkBeancount(await exported('east'))
    t.strictSame(checked.faults, [])
    t.equal(checked.transactions, 1_200)
    t.equal(checked.assertions, 3 * accounts.length)
    const own = await store.inReading(({ ledger }) => ledger.balances(accounts))
    t.strictSame(own.map(({ account, balanceFen }) => [account, BigInt(balanceFen)]), own.map(({ account }) => [account, checked.balances.get(beancountAccount(account))]))
    t.equal(checkBeancount(await exported('east', days[0])).transactions, entries.filter(({ effectiveOn }) => effectiveOn === days[0]).length, 'up to a day')
    t.equal(checkBeancount(await exported('west')).transactions, 0)
  })

  t.test('with one amount changed → is refused by the checker', async (t) => {
    const text = await exported('east')
    const place = text.indexOf('.', text.indexOf('  Assets:')) + 1
    const changed = `${text.slice(0, place)}${text.charAt(place) === '9' ? '8' : '9'}${text.slice(place + 1)}`
    t.ok(checkBeancount(changed).faults.length > 0)
  })
})
