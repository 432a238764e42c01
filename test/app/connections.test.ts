import t from 'tap'
import { watchConnections, type Connections } from '../../app/compose/connections.ts'
import type { ConnectionStatus } from '../../core/operations/index.ts'
import { freshStore } from '../fixtures/store.ts'

const since = new Date('2027-03-01T00:00:00.000Z')
const is = (state: ConnectionStatus['state']): ConnectionStatus => ({ state, since, code: null, detail: null, lastAt: null })

t.test('a source that goes from one node to another and back → is told on all nodes as the node that reads it sees it', async (t) => {
  const store = await freshStore(t)
  const seenBy = { one: is('up'), other: is('paused'), third: is('paused') }
  const aNode = (name: keyof typeof seenBy): Connections => {
    const node = watchConnections([{ queue: 'source:north', status: () => seenBy[name] }], {
      inTransaction: store.inTransaction, inReading: store.inReading, pauses: { isPaused: () => false, refresh: async () => undefined }, clock: { now: () => since }, everyMs: 1, fault: (code) => { t.fail(code) }
    })
    t.teardown(node.stop)
    return node
  }
  const [third] = [aNode('third'), aNode('one'), aNode('other')]
  const told = async (state: ConnectionStatus['state']): Promise<void> => {
    while ((await third.all())[0]?.status.state !== state) await new Promise((resolve) => setImmediate(resolve))
    t.pass(state)
  }
  await told('up')
  Object.assign(seenBy, { one: is('paused'), other: is('down') })
  await told('down')
  Object.assign(seenBy, { one: is('up'), other: is('paused') })
  await told('up')
})
