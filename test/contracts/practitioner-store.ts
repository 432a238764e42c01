import type { Test } from 'tap'
import type { OpenStore } from './store-under-test.ts'

export function practitionerStoreContract (t: Test, open: OpenStore): void {
  t.test('a practitioner → is read back as saved, and listed by hospital', async (t) => {
    const { inTransaction } = await open(t)
    const bare = { id: 'd1', hospitalId: 'east', name: null, department: null, active: false }
    const named = { id: 'd1', hospitalId: 'east', name: '测试医生', department: '内科', active: true }
    const other = { ...bare, id: 'd0', hospitalId: 'west' }
    await inTransaction(async ({ practitioners }) => {
      for (const practitioner of [bare, named]) {
        await practitioners.save(practitioner)
        t.strictSame(await practitioners.find('d1'), practitioner)
      }
      await practitioners.save(other)
      t.strictSame([await practitioners.list({ hospitalId: null }, { limit: 9, offset: 0 }), await practitioners.list({ hospitalId: 'west' }, { limit: 9, offset: 0 }),
        await practitioners.list({ hospitalId: null }, { limit: 1, offset: 1 }), await practitioners.find('nobody')], [[named, other], [other], [other], null])
    })
  })
}
