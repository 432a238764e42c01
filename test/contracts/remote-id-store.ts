import type { Test } from 'tap'
import type { OpenStore } from './store-under-test.ts'

export function remoteIdStoreContract (t: Test, open: OpenStore): void {
  const name = { source: 'north', type: 'Patient', remoteId: '7' }

  t.test('a name given to a record → is found under its source, its type and its id only', async (t) => {
    const { inTransaction } = await open(t)
    const given = { ...name, recordId: 'p1', key: 'N000001' }
    const found = await inTransaction(async ({ remoteIds }) => {
      await remoteIds.add([given, { ...name, type: 'Encounter', recordId: 'e1', key: null }, { ...name, source: 'west', recordId: 'w1', key: null }])
      return remoteIds.find('north', [{ type: 'Patient', remoteId: '7' }, { type: 'Patient', remoteId: '8' }])
    })
    t.strictSame(found, [{ ...given, stated: null }])
    t.strictSame(await inTransaction(({ remoteIds }) => remoteIds.find('north', [])), [])
  })

  t.test('a record, once given, → stays; one that was not there → is put in when it comes', async (t) => {
    const { inTransaction } = await open(t)
    const recordOf = async (): Promise<unknown> => (await inTransaction(({ remoteIds }) => remoteIds.find('north', [name])))[0]?.recordId
    await inTransaction(({ remoteIds }) => remoteIds.add([{ ...name, recordId: null, key: null }]))
    t.equal(await recordOf(), null)
    await inTransaction(({ remoteIds }) => remoteIds.add([{ ...name, recordId: 'p0', key: null }, { ...name, recordId: 'p1', key: 'N000001' }]))
    t.equal(await recordOf(), 'p1', 'of two in one call the last')
    for (const recordId of ['p2', null]) await inTransaction(({ remoteIds }) => remoteIds.add([{ ...name, recordId, key: null }]))
    t.equal(await recordOf(), 'p1')
  })

  t.test('what was stated last → is read back as it was saved', async (t) => {
    const { inTransaction } = await open(t)
    const stated = { asOf: new Date('2027-03-01T01:02:03.004Z'), version: '3', slots: ['name', 'extension:urn:x'] }
    const [found] = await inTransaction(async ({ remoteIds }) => {
      await remoteIds.add([{ ...name, recordId: 'p1', key: null }])
      await remoteIds.saveStatement(name, { asOf: new Date(0), version: null, slots: [] })
      await remoteIds.saveStatement(name, stated)
      return remoteIds.find('north', [name])
    })
    t.strictSame(found?.stated, stated)
  })
}
