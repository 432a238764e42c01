import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import type { CalendarDate } from '../../core/clock.ts'
import type { Entry } from '../../core/ledger/index.ts'
import { fen } from '../../core/money.ts'
import { horizonOf, proveChain, proveNightly, sealChains, type Seal } from '../../core/operations/index.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const at = new Date('2027-03-01T01:00:00Z')
const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const breathe = async (): Promise<void> => undefined

function anEntry (number: number): Entry {
  return {
    id: `e${number}`, hospitalId: 'east', kind: 'charge', sourceKey: `charge:${number}`, effectiveOn: '2027-03-01' as CalendarDate, postedAt: at, reverses: null, memo: null,
    postings: [{ account: 'AR:patient:p1', amountFen: fen(number) }, { account: 'REV:unsettled', amountFen: fen(-number) }]
  }
}

function aSeal (number: number, given: Partial<Seal> = {}): Seal {
  return { chain: 'ledger', number, fromSequence: 1, toSequence: 2, count: 2, root: 'r', previousHead: 'p', head: 'h', sealedAt: at, ...given }
}

export function sealStoreContract (t: Test, open: OpenStore): void {
  t.test('a seal → is kept for good under its number', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ seals }) => {
      t.equal(await seals.last('ledger'), null)
      for (const seal of [aSeal(1), aSeal(2), aSeal(1, { chain: 'access' })]) await seals.add(seal)
      t.strictSame([await seals.find('ledger', 1), await seals.last('ledger'), await seals.last('access')], [aSeal(1), aSeal(2), aSeal(1, { chain: 'access' })])
      t.strictSame((await seals.list('ledger', { limit: 10, after: 1 })).map(({ number }) => number), [2])
    })
    t.strictSame(refusals(await Promise.allSettled([inTransaction(({ seals }) => seals.add(aSeal(2, { head: 'another' })))])), ['STORE_WRITE_CONFLICT'])
  })

  t.test('both chains → are sealed up to a horizon, and proven from what stands [I-14]', async (t) => {
    const { inTransaction, inReading } = await open(t)
    await inTransaction(async ({ ledger, audit }) => {
      for (let number = 1; number <= 2_300; number += 1) await ledger.append(anEntry(number))
      await audit.append([{ id: 'a1', at, tokenId: null, role: null, personId: null, action: 'read', target: 'Patient', targetId: null, patientId: null, outcome: 'allowed', requestId: 'r1' }])
    })
    const horizon = await horizonOf({ inReading })
    await inTransaction(({ ledger }) => ledger.append(anEntry(9_999)))
    t.equal(await sealChains({ inTransaction, inReading, hash }, horizon, at), 2_301, 'what came after the horizon waits')
    t.equal(await sealChains({ inTransaction, inReading, hash }, horizon, at), 0, 'once')
    t.equal(await sealChains({ inTransaction, inReading, hash }, await horizonOf({ inReading }), at), 1)
    const { head, ...proof } = await proveChain({ inReading, hash, breathe }, 'ledger')
    t.strictSame(proof, { chain: 'ledger', seals: 4, rows: 2_301, broken: null })
    t.equal(head?.number, 4)
    t.match(await proveChain({ inReading, hash, breathe }, 'access'), { seals: 1, rows: 1, broken: null })
    const nightly = async (isWhole: boolean): Promise<unknown> => {
      const { seals, broken } = await proveNightly({ inTransaction, inReading, hash, breathe }, 'ledger', { isWhole })
      return [seals, broken]
    }
    t.strictSame([await nightly(false), await nightly(true), await nightly(false)], [[4, null], [4, null], [0, null]], 'what came since the whole proof')
    await inTransaction(async ({ seals }) => {
      await seals.add(aSeal(5, { fromSequence: 2_302, toSequence: 2_302, count: 1 }))
    })
    const broken = { number: 5, fault: 'order' }
    t.strictSame([await nightly(false), await nightly(false), await nightly(true), await nightly(false)], [[0, broken], [0, broken], [4, broken], [0, broken]], 'what is broken is found again every night')
  })
}
