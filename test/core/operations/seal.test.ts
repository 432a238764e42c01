import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { faultOf, sealOf, type Seal, type Sealable } from '../../../core/operations/index.ts'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const at = new Date('2027-03-01T01:00:00Z')

function chainOf (batches: ReadonlyArray<readonly Sealable[]>): readonly Seal[] {
  return batches.reduce<readonly Seal[]>((seals, rows) => [...seals, sealOf('ledger', seals.at(-1) ?? null, rows, { hash, at })], [])
}

/** Batches of numbered rows, one after the other. */
const batches = fc.array(fc.array(fc.string(), { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 4 }).map((texts) => {
  let sequence = 0
  return texts.map((batch) => batch.map((content) => ({ sequence: (sequence += 1), content })))
})

const fault = (seals: readonly Seal[], place: number, rows: readonly Sealable[]): ReturnType<typeof faultOf> => {
  const seal = seals[place]
  if (seal === undefined) throw new RangeError('there is a seal at every place')
  return faultOf(seal, seals[place - 1] ?? null, rows, hash)
}

t.test('a chain of seals', async (t) => {
  t.test('holds for what was sealed', async (t) => {
    fc.assert(fc.property(batches, (all) => { if (all.some((rows, place) => fault(chainOf(all), place, rows) !== null)) throw new Error('a seal does not hold') }))
    t.pass('any batches')
  })

  t.test('is broken by a changed byte, a missing row, one more and two that changed places [I-14]', async (t) => {
    fc.assert(fc.property(batches, fc.nat(), fc.nat(), fc.constantFrom('change', 'drop', 'add', 'swap'), (all, one, other, how) => {
      const place = one % all.length
      const rows = all[place] ?? []
      const row = other % rows.length
      const tampered = tamper(rows, row, how)
      if (tampered !== null && fault(chainOf(all), place, tampered) === null) throw new Error(`${how} was not seen`)
    }), { numRuns: 500 })
    t.pass('500 tampered batches')
  })

  t.test('whose seal was made anew after a change → breaks at the next one, and at a head that was kept elsewhere', async (t) => {
    const rows = [[{ sequence: 1, content: 'a' }], [{ sequence: 2, content: 'b' }]]
    const kept = chainOf(rows)
    const [forged] = chainOf([[{ sequence: 1, content: 'x' }]])
    t.equal(forged && faultOf(kept[1] as Seal, forged, rows[1] ?? [], hash), 'order')
    t.not(forged?.head, kept[0]?.head)
    t.equal(faultOf({ ...kept[0] as Seal, count: 2 }, null, rows[0] ?? [], hash), 'head')
  })
})

function tamper (rows: readonly Sealable[], at: number, how: 'change' | 'drop' | 'add' | 'swap'): readonly Sealable[] | null {
  const row = rows[at]
  if (row === undefined) return null
  if (how === 'change') return rows.map((one) => one === row ? { ...one, content: `${one.content}.` } : one)
  if (how === 'drop') return rows.filter((one) => one !== row)
  if (how === 'add') return [...rows, { sequence: row.sequence, content: 'one more' }]
  const [first, second] = [rows[0], rows[1]]
  return first === undefined || second === undefined || first.content === second.content ? null : [second, first, ...rows.slice(2)]
}
