import type { Test } from 'tap'
import type { CalendarDate } from '../../core/clock.ts'
import type { Charge } from '../../core/ledger/index.ts'
import { fen } from '../../core/money.ts'
import type { OpenStore } from './store-under-test.ts'

function aCharge (id: string, given: Partial<Charge> = {}): Charge {
  return {
    id,
    hospitalId: 'east',
    kind: 'charge',
    transactionId: `FT-${id}`,
    orderNumber: null,
    patientId: 'p1',
    visitId: 'v1',
    amountFen: fen(1250),
    occurredOn: '2026-03-02' as CalendarDate,
    code: '110100001',
    text: '挂号费',
    creditedBy: null,
    state: 'posted',
    receivedAt: new Date('2026-03-02T01:00:00Z'),
    ...given
  }
}

export function chargeStoreContract (t: Test, open: OpenStore): void {
  t.test('an order → is charged by a line of its visit that stands', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ charges }) => {
      await charges.save(aCharge('c1', { orderNumber: 'O1' }))
      await charges.save(aCharge('c2', { orderNumber: 'O2', state: 'reversed' }))
      t.match(await charges.find('c1'), { orderNumber: 'O1' })
      const asked = [['v1', 'O1'], ['v1', 'O2'], ['v1', 'O3'], ['v2', 'O1']] as const
      t.strictSame(await Promise.all(asked.map(([visitId, order]) => charges.isOrderCharged(visitId, order))), [true, false, false, false])
    })
  })

  t.test('a charge → is read back as saved, and replaced as a whole', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ charges }) => {
      const credited = aCharge('c1', { state: 'reversed', creditedBy: { transactionId: 'FT-9', amountFen: null, occurredOn: '2026-03-03' as CalendarDate } })
      const onlyCredited = aCharge('c1', { visitId: null, amountFen: null, occurredOn: null, code: null, text: null, state: 'awaiting_charge',
        creditedBy: { transactionId: 'FT-9', amountFen: fen(-1250), occurredOn: '2026-03-03' as CalendarDate } })
      for (const charge of [aCharge('c1'), aCharge('c1'), credited, onlyCredited]) {
        await charges.save(charge)
        t.strictSame(await charges.find('c1'), charge)
      }
      t.equal(await charges.find('nobody'), null)
    })
  })

  t.test('charges → are listed newest day first, narrowed by each filter', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ charges }) => {
      await charges.save(aCharge('c1'))
      await charges.save(aCharge('c2', { occurredOn: '2026-03-05' as CalendarDate, patientId: 'p2', visitId: 'v2' }))
      await charges.save(aCharge('c3', { occurredOn: null, hospitalId: 'west', state: 'awaiting_charge' }))
      await charges.save(aCharge('c4', { receivedAt: new Date('2026-03-02T02:00:00Z') }))
      const all = { patientIds: null, visitId: null, hospitalId: null, state: null }
      const found = async (filter: Partial<Parameters<typeof charges.list>[0]>, page = { limit: 10, offset: 0 }): Promise<string> =>
        (await charges.list({ ...all, ...filter }, page)).map(({ id }) => id).join(' ')
      t.strictSame([await found({}), await found({ patientIds: ['p1', 'p9'] }), await found({ patientIds: [] }), await found({ visitId: 'v2' }),
        await found({ hospitalId: 'west' }), await found({ state: 'awaiting_charge' }), await found({}, { limit: 2, offset: 1 })],
      ['c2 c4 c1 c3', 'c4 c1 c3', '', 'c2', 'c3', 'c3', 'c4 c1'])
      t.strictSame([await charges.countAwaiting(new Date('2027-01-01T00:00:00Z')), await charges.countAwaiting(new Date('2020-01-01T00:00:00Z'))], [1, 0])
    })
  })

  t.test('charges → are found by the transactions of their hospital, and by the day that they or their credits happened', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ charges }) => {
      const credited = aCharge('c2', { state: 'reversed', creditedBy: { transactionId: 'FT-9', amountFen: null, occurredOn: '2026-03-03' as CalendarDate } })
      for (const charge of [aCharge('c1'), credited, aCharge('c3', { hospitalId: 'west' }), aCharge('c4', { occurredOn: '2026-03-03' as CalendarDate })]) await charges.save(charge)
      t.strictSame([await charges.byTransaction('east', 'FT-c2'), await charges.byTransaction('east', 'FT-9'), await charges.byTransaction('west', 'FT-9')], [credited, credited, null])
      const on = async (day: string, by: 'charge' | 'credit', page = { limit: 10, after: null as string | null }): Promise<string> =>
        (await charges.occurredOn({ hospitalId: 'east', day: day as CalendarDate, by }, page)).map(({ id }) => id).join(' ')
      t.strictSame([await on('2026-03-02', 'charge'), await on('2026-03-03', 'charge'), await on('2026-03-03', 'credit'), await on('2026-03-02', 'charge', { limit: 1, after: 'c1' })], ['c1 c2', 'c4', 'c2', 'c2'])
    })
  })
}
