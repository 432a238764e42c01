import type { Test } from 'tap'
import type { SeenRow } from '../../core/inbox/index.ts'
import type { OpenStore } from './store-under-test.ts'

const at = (time: string): Date => new Date(`2027-03-02T${time}:00Z`)
const patients = { source: 'south', view: 'patients' }
const aRow = (key: string, given: Partial<SeenRow> = {}): SeenRow => ({ key, hash: `hash of ${key}`, revision: 1, ...given })
const byKey = (rows: readonly SeenRow[]): readonly SeenRow[] => [...rows].sort((one, other) => one.key < other.key ? -1 : 1)

export function viewRowStoreContract (t: Test, open: OpenStore): void {
  t.test('rows that were seen → are found by their keys, as they were seen last', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ viewRows }) => {
      t.strictSame(await viewRows.find(patients, ['S1', 'S2']), [])
      await viewRows.save(patients, [aRow('S1'), aRow('S2')], at('01:00'))
      await viewRows.save(patients, [aRow('S2', { hash: 'other', revision: 2 })], at('01:05'))
      await viewRows.save(patients, [], at('01:05'))
      t.strictSame(byKey(await viewRows.find(patients, ['S1', 'S2', 'S3'])), [aRow('S1'), aRow('S2', { hash: 'other', revision: 2 })])
      t.strictSame(await viewRows.find({ source: 'south', view: 'visits' }, ['S1']), [], 'another view has keys of its own')
      t.strictSame(await viewRows.find({ source: 'north', view: 'patients' }, ['S1']), [], 'another source, too')
    })
  })

  t.test('rows that a comparison did not see → have vanished, until they are seen again', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ viewRows }) => {
      await viewRows.save(patients, ['S1', 'S2', 'S3'].map((key) => aRow(key)), at('01:00'))
      await viewRows.save({ source: 'south', view: 'visits' }, [aRow('V1')], at('01:00'))
      await viewRows.save(patients, [aRow('S2')], at('02:30'))
      t.equal(await viewRows.markVanished(patients, { before: at('02:30'), at: at('02:30') }), 2)
      t.equal(await viewRows.markVanished(patients, { before: at('02:30'), at: at('02:40') }), 0, 'each is told once')
      t.strictSame(await viewRows.vanished(patients, 1), { count: 2, keys: ['S1'] })
      await viewRows.save(patients, [aRow('S1')], at('03:00'))
      t.strictSame(await viewRows.vanished(patients, 9), { count: 1, keys: ['S3'] })
      t.strictSame(await viewRows.vanished({ source: 'south', view: 'visits' }, 9), { count: 0, keys: [] })
      t.strictSame(await viewRows.find(patients, ['S3']), [aRow('S3')], 'what has vanished is not forgotten')
    })
  })
}
