import t from 'tap'
import { leaseHolder, outboxDispatcher } from '../../../adapters/queue/index.ts'
import { sendSms, type SmsMessage } from '../../../core/notifications/index.ts'
import { add, aNode, anEffect, counts, outboxEngineContract, type Cluster } from '../../contracts/outbox-engine.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'

const leaseMs = 86_400_000_000

async function aCluster (t: Teardown): Promise<Cluster> {
  const store = await freshStore(t)
  return {
    store,
    start: (work, node) => outboxDispatcher({ ...work, lease: leaseHolder({ inTransaction: store.inTransaction, name: 'outbox', holder: node, wallClock: work.wallClock, leaseMs }) })
  }
}

t.test('the engine in the process:', async (t) => { outboxEngineContract(t, aCluster) })

t.test('a text message → reaches the carrier with the key of its effect; one that is none is refused', async (t) => {
  const cluster = await aCluster(t)
  const sent: SmsMessage[] = []
  const node = aNode(t, cluster, { sms: sendSms({ send: async (message) => { sent.push(message) }, receipt: async () => ({ kind: 'not_known' }) }) })
  await add(cluster.store, anEffect('1', { payload: { to: '13x', templateId: 'ALERT_OPENED', params: { alert: 'queue-age' } } }), anEffect('2', { payload: { to: '13x' } }))
  await node.drain()
  t.strictSame(sent, [{ to: '13x', templateId: 'ALERT_OPENED', params: { alert: 'queue-age' }, key: 'key 1' }])
  t.strictSame(await counts(cluster.store), { waiting: 0, dead: 1, oldestAt: null })
})

t.test('of two nodes one carries out; the other takes over when it stops', async (t) => {
  const cluster = await aCluster(t)
  const sent: string[] = []
  const [one, other] = ['one', 'other'].map((node) => aNode(t, cluster, { sms: async ({ id }) => { sent.push(`${node} ${id}`) } }, { node }))
  await one?.drain()
  await add(cluster.store, anEffect('1'))
  await other?.drain()
  await one?.stop()
  await add(cluster.store, anEffect('2'))
  await other?.drain()
  t.strictSame(sent, ['one 1', 'other 2'])
})
