import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { fictitiousResidentId } from '../../../adapters/simulators/hospital/resident-id.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { channelClearing, patientReceivable } from '../../../core/ledger/index.ts'
import { fen } from '../../../core/money.ts'
import { cancelPayment, learn, refundToSource, refundToSourceMessage, type PaymentOrder } from '../../../core/payments/index.ts'
import { freshStore } from '../../fixtures/store.ts'
import { aChannel, type ACallback, type AChannel, type Fault } from './a-channel.ts'
import { aTill, minutes, type ATill } from './a-till.ts'

const runs = Number(process.env['PROPERTY_RUNS'] ?? 25)

type Step =
  | { readonly does: 'create' | 'drain' | 'cancel' | 'statement' }
  | { readonly does: 'pay' | 'fail', readonly half: 'cash' | 'insurance' }
  | { readonly does: 'tell' }
  | { readonly does: 'again', readonly place: number }
  | { readonly does: 'forge', readonly wrong: 'signature' | 'amount' | 'merchant' | 'time' | 'key' }
  | { readonly does: 'wait', readonly ms: number }
  | { readonly does: 'fault', readonly fault: Fault }
  | { readonly does: 'refund', readonly amountFen: number, readonly key: number }

const halves = fc.constantFrom('cash' as const, 'insurance' as const)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constantFrom('create' as const, 'drain' as const, 'statement' as const) }),
  fc.record({ does: fc.constant('cancel' as const) }),
  { arbitrary: fc.record({ does: fc.constantFrom('pay' as const, 'pay' as const, 'pay' as const, 'fail' as const), half: halves }), weight: 5 },
  { arbitrary: fc.record({ does: fc.constant('tell' as const) }), weight: 2 },
  fc.record({ does: fc.constant('again' as const), place: fc.nat(5) }),
  fc.record({ does: fc.constant('forge' as const), wrong: fc.constantFrom('signature' as const, 'amount' as const, 'merchant' as const, 'time' as const, 'key' as const) }),
  fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 10_000, minutes(1), minutes(16)) }),
  fc.record({ does: fc.constant('fault' as const), fault: fc.constantFrom('down' as const, 'lost_answer' as const) }),
  { arbitrary: fc.record({ does: fc.constant('refund' as const), amountFen: fc.integer({ min: 1, max: 1200 }), key: fc.nat(3) }), weight: 3 }
)

/** One debt, whose payer, channel and network do as the steps say. */
interface World {
  readonly till: ATill
  readonly channel: AChannel
  readonly patientId: string
  order: PaymentOrder | null
  readonly told: ACallback[]
}

const refusalsAllowed = async (work: Promise<unknown>): Promise<void> => {
  await work.catch((error: unknown) => { assert(error instanceof Error && 'code' in error && String(error.code).match(/^(PAYMENT|REFUND|OUTSIDE)_/), String(error)) })
}

async function take (world: World, step: Step): Promise<void> {
  const { till, channel, order } = world
  const known = order !== null && channel.trades.has(order.orderNumber)
  switch (step.does) {
    case 'create':
      await refusalsAllowed(till.create(world.patientId, { channel: channel.gateway.channel, insuranceFen: fen(600), ...order === null ? {} : { amountFen: order.amountFen } }).then((made) => { world.order ??= made }))
      return
    case 'drain': await till.drain(); return
    case 'cancel': if (order !== null) await refusalsAllowed(cancelPayment(till.tools, order.id)); return
    case 'pay': if (known) channel.pay(order.orderNumber, channel.gateway.channel === 'mixed' ? step.half : 'cash'); return
    case 'fail': if (known && channel.gateway.channel === 'mixed') channel.fail(order.orderNumber, step.half); return
    case 'tell':
      if (!known) return
      world.told.push(channel.callbackOf(order.orderNumber))
      await till.callBack(world.told.at(-1) as ACallback)
      return
    case 'again': {
      const callback = world.told[step.place]
      if (callback !== undefined) await till.callBack(callback)
      return
    }
    case 'forge': if (known) await forge(world, step.wrong, order); return
    case 'wait': await till.wait(step.ms); return
    case 'fault': channel.faults.push(step.fault); return
    case 'statement': if (known) await state(world, order); return
    case 'refund': if (order !== null) await refusalsAllowed(till.refund(order.id, { amountFen: fen(step.amountFen), sourceKey: `${order.id} ${step.key}` }))
  }
}

/** I-52: nothing changes by it, whatever it says. */
async function forge ({ till, channel }: World, wrong: Extract<Step, { does: 'forge' }>['wrong'], order: PaymentOrder): Promise<void> {
  await till.drain()
  const before = [await till.order(order.id), await till.refundsOf(order.id), await till.balance(channelClearing('wechat'))]
  const answer = await till.callBack(channel.forged(channel.callbackOf(order.orderNumber), wrong))
  await till.drain()
  assert.strictEqual(answer.status, wrong === 'amount' ? 200 : 401)
  assert.deepStrictEqual([await till.order(order.id), await till.refundsOf(order.id), await till.balance(channelClearing('wechat'))], before)
}

async function state ({ till, channel }: World, order: PaymentOrder): Promise<void> {
  const notice = await channel.gateway.query(order).catch(() => null)
  if (notice !== null) await till.store.inTransaction((stores) => learn(stores, till.tools, { channel: order.channel, notice, at: till.now() }))
}

/** The network is well again and all that is due is done. */
async function settle ({ till, channel, order }: World): Promise<void> {
  channel.faults.length = 0
  if (order !== null && channel.trades.has(order.orderNumber)) await till.callBack(channel.callbackOf(order.orderNumber))
  await till.drain()
  await till.wait(minutes(60))
  await till.drain()
  await till.wait(minutes(400))
}

const store = await freshStore(t)
let count = 0

/** An insurance account is found by name and resident id. */
const known = (id: string): Promise<void> => store.inTransaction(({ patients }) => patients.save({
  id, hospitalId: 'east', personId: id, name: '许样例', birthDate: '1990-03-15' as CalendarDate, gender: 'male', active: true,
  identifiers: [{ system: 'urn:oid:2.16.156.10011.1.3', value: fictitiousResidentId('1990-03-15', 481, 'male'), type: 'NI' }]
}))

function aWorld (kind: 'wechat' | 'mixed'): (patientId: string) => World {
  const clock = { now: () => new Date(0) }
  const channel = aChannel(kind, () => clock.now())
  const till = aTill(store, (now) => {
    clock.now = now
    return [channel.gateway]
  })
  return (patientId) => ({ till, channel, patientId, order: null, told: [] })
}

const postingsOf = async ({ till }: World, order: PaymentOrder): Promise<number> => (await till.store.inReading(({ ledger }) => ledger.bySourceKey(`payment:${order.id}`))) === null ? 0 : 1

t.test('whatever payer, channel and network do with a payment → a success at the channel is in the books once, forged call-backs change nothing, no more goes back than came [I-09] [I-50] [I-52]', async (t) => {
  const inWorld = aWorld('wechat')
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
    const patientId = `whole ${++count}`
    const world = inWorld(patientId)
    await world.till.owe(patientId, 1000)
    for (const one of [{ does: 'create' } as const, ...steps]) await take(world, one)
    await settle(world)
    if (world.order === null) return
    const order = await world.till.order(world.order.id)
    const trade = world.channel.trades.get(order.orderNumber)
    const isPaid = trade?.halves.get('cash') === 'paid'
    const backFen = [...trade?.refunds.values() ?? []].reduce((sum, { amountFen }) => sum + amountFen, 0)
    assert.deepStrictEqual({ state: order.state === 'success', entries: await postingsOf(world, order), refunded: order.refundedFen }, { state: isPaid, entries: isPaid ? 1 : 0, refunded: backFen })
    assert(backFen <= (isPaid ? order.amountFen : 0))
    assert.strictEqual(await world.till.balance(channelClearing('wechat')), world.channel.heldFen())
  }), { numRuns: runs })
  t.pass(`${runs} histories`)
})

t.test('whatever happens to a mixed payment → it is paid with both halves, or nothing stays with anybody [I-51]', async (t) => {
  const inWorld = aWorld('mixed')
  const before = await inWorld('nobody').till.balance(channelClearing('wechat'))
  await fc.assert(fc.asyncProperty(fc.array(step.filter(({ does }) => does !== 'refund'), { minLength: 3, maxLength: 25 }), async (steps) => {
    const patientId = `mixed ${++count}`
    await known(patientId)
    const world = inWorld(patientId)
    await world.till.owe(patientId, 1000)
    const heldFen = world.channel.heldFen()
    for (const one of [{ does: 'create' } as const, ...steps]) await take(world, one)
    await settle(world)
    if (world.order === null) return
    const order = await world.till.order(world.order.id)
    const isPaid = order.state === 'success'
    assert.deepStrictEqual({
      held: world.channel.heldFen() - heldFen, owed: await world.till.balance(patientReceivable(patientId)), entries: await postingsOf(world, order), isOpen: ['created', 'pending', 'unknown'].includes(order.state)
    }, { held: isPaid ? 1000 : 0, owed: isPaid ? 0 : 1000, entries: isPaid ? 1 : 0, isOpen: false })
  }), { numRuns: runs })
  const clearing = await inWorld('nobody').till.balance(channelClearing('wechat')) - before + await inWorld('nobody').till.balance(channelClearing('insurance'))
  t.equal(clearing, inWorld('nobody').channel.heldFen(), `${runs} histories`)
})

t.test('more than the cash of a mixed payment goes back → as its whole insurance half and the rest in cash, once; what cannot be made of that is refused and left to finance', async (t) => {
  await known('mixed back')
  const { till, channel, patientId } = aWorld('mixed')('mixed back')
  await till.owe(patientId, 9_973)
  const { id, orderNumber } = await till.create(patientId, { channel: 'mixed', mode: 'app', insuranceFen: fen(3_324), openid: 'o' })
  for (const half of ['cash', 'insurance'] as const) channel.pay(orderNumber, half)
  await till.callBack(channel.callbackOf(orderNumber))
  await till.drain()
  const back = async (key: string, amountFen: number): Promise<void> => {
    const message = refundToSourceMessage({ orderId: id, amountFen: fen(amountFen), parts: [{ hospitalId: 'east', referenceId: 'debt', patientId, amountFen: fen(amountFen) }], reason: 'not_owed_any_more', isDecided: true }, { id: key, key, at: till.now() })
    await till.store.inTransaction((stores) => refundToSource(stores, till.tools, message, till.now()))
  }
  await back('first', 1_502)
  await back('second', 7_394)
  await back('second', 7_394)
  t.same(await till.drain(), [])
  t.strictSame((await till.refundsOf(id)).map(({ amountFen, half, state }) => `${half ?? 'whole'} ${amountFen} ${state}`).sort(), ['cash 1502 success', 'cash 4070 success', 'insurance 3324 success'])
  t.strictSame([channel.heldFen('cash'), channel.heldFen('insurance')], [1_077, 0])
  await t.rejects(back('third', 1_078), { code: 'REFUND_EXCEEDS_PAYMENT' })
})
