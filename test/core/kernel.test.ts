import t from 'tap'
import { calendarIn } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { fen, negateFen, sumFen } from '../../core/money.ts'
import { canonicalJson, sameJson } from '../../core/same-json.ts'

t.test('money', async (t) => {
  t.test('is whole fen within ±9e15', async (t) => {
    t.strictSame([fen(0), fen(9e15), fen(-9e15)], [0, 9e15, -9e15])
    for (const value of [0.5, Number.NaN, Infinity, 9e15 + 2]) t.throws(() => fen(value), { message: /integer of fen/ })
  })

  t.test('adds up and turns its sign, without a negative zero', async (t) => {
    t.equal(sumFen([fen(1), fen(2), fen(-3)]), 0)
    t.equal(sumFen([]), 0)
    t.ok(Object.is(negateFen(fen(0)), 0))
  })
})

t.test('a day of the business zone → begins at its own midnight', async (t) => {
  const calendar = calendarIn('Asia/Shanghai')
  t.strictSame([calendar(new Date('2027-02-28T15:59:59.999Z')), calendar(new Date('2027-02-28T16:00:00Z'))], ['2027-02-28', '2027-03-01'])
})

t.test('a refusal → carries its kind and its place', async (t) => {
  const { code, kind, place } = new DomainError('CHARGE_CREDIT_DIFFERS', 'Send an adjustment.', 'FT1-11')
  t.strictSame({ code, kind, place }, { code: 'CHARGE_CREDIT_DIFFERS', kind: 'conflict', place: 'FT1-11' })
})

t.test('two JSON values', async (t) => {
  t.test('say the same in whatever order their members stand', async (t) => {
    t.ok(sameJson({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] }))
    t.equal(canonicalJson({ b: 1, a: { d: 1, c: 2 } }), canonicalJson({ a: { c: 2, d: 1 }, b: 1 }))
  })

  t.test('differ by value, type, length and members', async (t) => {
    const pairs = [[1, '1'], [null, {}], [[1], [1, 2]], [[1], { 0: 1 }], [{ a: 1 }, { b: 1 }], [{ a: 1 }, { a: 1, b: 2 }], [{}, []]]
    t.strictSame(pairs.filter(([one, other]) => sameJson(one, other) || sameJson(other, one)), [])
  })
})
