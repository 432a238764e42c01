import { openStore, type Store } from '../../adapters/store/index.ts'
import type { CalendarDate } from '../../core/clock.ts'
import { patientReceivable, post, unsettledRevenue, type Entry } from '../../core/ledger/index.ts'
import { fen, negateFen } from '../../core/money.ts'
import { horizonOf, sealChains } from '../../core/operations/index.ts'
import { createHash } from 'node:crypto'
import { rawInsertRate } from './disk.ts'
import { milliseconds, perSecond, usageOf, type BenchRow } from './row.ts'

const perTransaction = 50
const count = 40_000
const day = '2027-03-01' as CalendarDate
const at = new Date('2027-03-01T00:00:00Z')
const amount = fen(1250)

/** Entries of two postings each, durable, on the embedded store: spread over 100 hospitals, and all on one. */
export const postingsRow: BenchRow = {
  name: 'postings',
  run: async ({ folder }) => {
    const store = await openStore({ dataDir: folder })
    await store.migrate()
    try {
      const rounds = { spread: [] as number[], one: [] as number[] }
      for (let round = 0; round < 3; round += 1) {
        rounds.spread.push(await rateOf(store, `s${round}`, (index) => `h${index % 100}`))
        rounds.one.push(await rateOf(store, `o${round}`, () => 'h1'))
      }
      const [spread, one] = [Math.max(...rounds.spread), Math.max(...rounds.one)]
      const sealing = await usageOf(async () => { await sealChains({ ...store, hash: (text) => createHash('sha256').update(text).digest('hex') }, await horizonOf(store), at) })
      const bound = rawInsertRate(folder, perTransaction)
      return [
        { what: `SQLite, entries posted, ${perTransaction} a transaction, 100 hospitals`, value: perSecond(spread), against: `the same rows and a message, prepared and direct: ${perSecond(bound)}`, isMet: null },
        { what: 'SQLite, all on one hospital', value: perSecond(one), against: `goal 80 % of the spread case: ${Math.round(100 * one / spread)} %`, isMet: one >= 0.8 * spread },
        { what: `sealing ${(6 * count).toLocaleString('en')} entries afterwards`, value: milliseconds(sealing.wallMs), against: 'beside the postings, never within', isMet: null }
      ]
    } finally {
      await store.close()
    }
  }
}

async function rateOf (store: Store, run: string, hospitalOf: (index: number) => string): Promise<number> {
  const usage = await usageOf(async () => {
    for (let start = 0; start < count; start += perTransaction) {
      await store.inTransaction(async (stores) => {
        for (let index = start; index < start + perTransaction; index += 1) await post(stores, anEntry(`${run}-${index}`, hospitalOf(index), index % 5_000))
      })
    }
  })
  return count / (usage.wallMs / 1000)
}

function anEntry (id: string, hospitalId: string, patient: number): Entry {
  return {
    id, hospitalId, kind: 'charge', sourceKey: `charge:${id}`, effectiveOn: day, postedAt: at, reverses: null, memo: null,
    postings: [{ account: patientReceivable(`p${patient}`), amountFen: amount }, { account: unsettledRevenue, amountFen: negateFen(amount) }]
  }
}
