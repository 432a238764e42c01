import t from 'tap'
import { groupReceiver } from '../../../adapters/queue/group-commit.ts'
import type { Store } from '../../../adapters/store/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { NewMessage } from '../../../core/inbox/index.ts'
import type { InboxStore } from '../../../core/inbox/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { freshStore } from '../../fixtures/store.ts'
import { aMessage } from './fixtures.ts'

/** The store, with the size of each group that it was given. */
function counting (store: Store, before: (group: readonly NewMessage[]) => void = () => undefined): { readonly groups: number[], readonly inTransaction: InTransaction<{ inbox: InboxStore }> } {
  const groups: number[] = []
  return {
    groups,
    inTransaction: (work) => store.inTransaction(({ inbox }) => work({
      inbox: {
        ...inbox,
        receive: (messages) => {
          groups.push(messages.length)
          before(messages)
          return inbox.receive(messages)
        }
      }
    }))
  }
}

t.test('messages of many senders in one turn → are one transaction, answered in their order', async (t) => {
  const { groups, inTransaction } = counting(await freshStore(t))
  let told = 0
  const { receive, waiting } = groupReceiver({ inTransaction, stored: (messages) => { told += messages } })
  const receipts = Promise.all(Array.from({ length: 100 }, (_, place) => receive(aMessage({ id: `m${place}`, ack: Buffer.from(`ack ${place}`) }))))
  t.equal(waiting(), 100)
  t.strictSame((await receipts).map(({ kind, id, sequence, ack }) => `${kind} ${id} ${sequence} ${Buffer.from(ack).toString()}`),
    Array.from({ length: 100 }, (_, place) => `stored m${place} ${place + 1} ack ${place}`))
  t.strictSame({ groups, told, waiting: waiting() }, { groups: [64, 36], told: 100, waiting: 0 })
})

t.test('photos → few of them make a transaction', async (t) => {
  const { groups, inTransaction } = counting(await freshStore(t))
  const { receive } = groupReceiver({ inTransaction, maxGroupBytes: 3000 })
  await Promise.all([1000, 1000, 1000, 5000, 10].map((size) => receive(aMessage({ raw: Buffer.alloc(size) }))))
  t.strictSame(groups, [3, 1, 1])
})

t.test('a resend → gets the first acknowledgement, also within one group', async (t) => {
  const { receive } = groupReceiver({ inTransaction: (await freshStore(t)).inTransaction })
  const [first, again] = await Promise.all([
    receive(aMessage({ id: 'first', dedupeKey: 'k', text: 'same', ack: Buffer.from('one') })),
    receive(aMessage({ id: 'again', dedupeKey: 'k', text: 'same', ack: Buffer.from('two') }))
  ])
  t.strictSame([first.kind, again.kind, again.id, Buffer.from(again.ack).toString()], ['stored', 'duplicate', 'first', 'one'])
})

t.test('a store that is down → refuses the whole group, and takes the resend when it is back', async (t) => {
  let isDown = true
  const store = await freshStore(t)
  const { inTransaction } = counting(store, () => {
    if (isDown) throw new DomainError('STORE_UNAVAILABLE', 'The database does not answer.')
  })
  const { receive } = groupReceiver({ inTransaction })
  const messages = [aMessage(), aMessage(), aMessage()]
  const refused = await Promise.allSettled(messages.map(receive))
  t.strictSame(refused.map((outcome) => outcome.status === 'rejected' && (outcome.reason as DomainError).code), ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'])
  isDown = false
  t.strictSame((await Promise.all(messages.map(receive))).map(({ sequence }) => sequence), [1, 2, 3])
})

t.test('a message that the store cannot take → is refused alone', async (t) => {
  const { inTransaction } = counting(await freshStore(t), (group) => {
    if (group.some(({ source }) => source === 'cursed')) throw new Error('a value that no column takes')
  })
  const { receive } = groupReceiver({ inTransaction })
  const outcomes = await Promise.allSettled(['east', 'cursed', 'west'].map((source) => receive(aMessage({ source }))))
  t.strictSame(outcomes.map((outcome) => outcome.status === 'fulfilled' ? outcome.value.kind : (outcome.reason as DomainError).code), ['stored', 'STORE_UNAVAILABLE', 'stored'])
})

t.test('more than may wait → is refused at once, before the store is asked', async (t) => {
  const { groups, inTransaction } = counting(await freshStore(t))
  const { receive, drain } = groupReceiver({ inTransaction, maxWaiting: 2 })
  const taken = [receive(aMessage()), receive(aMessage())]
  await t.rejects(receive(aMessage()), { code: 'STORE_UNAVAILABLE' })
  await Promise.all(taken)
  await drain()
  t.equal((await receive(aMessage())).kind, 'stored')
  t.strictSame(groups, [2, 1])
})
