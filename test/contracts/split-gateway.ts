import type { Test } from 'tap'
import type { WantedPayout, WantedSplit } from '../../core/escrow/index.ts'
import { fen } from '../../core/money.ts'
import type { PaymentOrder } from '../../core/payments/index.ts'
import { anOrder, aRefund, nobody, type ChannelUnderTest } from '../adapters/payments/a-channel.ts'

const requestedAt = new Date('2027-03-01T11:00:00+08:00')

/** One suite for every channel that keeps money back, splits it and pays out, against its simulator. `accounts`: one that stands, one that is closed. */
export function splitGatewayContract (t: Test, open: (t: Test) => Promise<ChannelUnderTest>, accounts: { readonly good: string, readonly closed: string }): void {
  const aSplit = (change: Partial<WantedSplit> = {}): WantedSplit => ({ number: 'split000000000000000000000000001', receiver: { account: accounts.good, amountFen: fen(11_000) }, requestedAt, ...change })
  const aPayout = (change: Partial<WantedPayout> = {}): WantedPayout => ({ number: 'payout00000000000000000000000001', account: accounts.good, holderName: null, amountFen: fen(5_000), requestedAt, ...change })
  const paid = async (t: Test, isHeld = true): Promise<ChannelUnderTest & { readonly order: PaymentOrder, readonly moved: (kind: 'split' | 'payout') => number }> => {
    const channel = await open(t)
    const order = anOrder({ channel: channel.gateway.channel, isHeld })
    await channel.gateway.create(order, nobody)
    await channel.simulator.act({ act: 'pay', key: order.orderNumber })
    const said = await channel.gateway.query(order)
    return { ...channel, order: { ...order, state: 'success', channelNumber: said?.channelNumber ?? null }, moved: (kind) => channel.simulator.items(null).filter((item) => item.kind === kind).length }
  }

  t.test('what is held is split once under its number, whatever is repeated, and nothing stays frozen', async (t) => {
    const { splits, order, moved } = await paid(t)
    if (splits.frozenFen !== undefined) t.equal(await splits.frozenFen(order), 12_345)
    t.equal(await splits.querySplit(aSplit(), order), null, 'not known before')
    for (const notice of [await splits.split(aSplit(), order), await splits.split(aSplit(), order), await splits.querySplit(aSplit(), order)]) t.match(notice, { number: aSplit().number, state: 'success', channelNumber: /^\d+/ })
    await t.rejects(splits.split(aSplit({ number: 'split000000000000000000000000002' }), order), { code: 'OUTSIDE_REFUSED' }, 'nothing is frozen any more')
    if (splits.frozenFen !== undefined) t.equal(await splits.frozenFen(order), 0)
    t.equal(moved('split'), 1)
  })

  t.test('without a receiver all of it is freed to the merchant', async (t) => {
    const { splits, order, moved } = await paid(t)
    t.match(await splits.split(aSplit({ receiver: null }), order), { state: 'success' })
    t.match(await splits.querySplit(aSplit({ receiver: null }), order), { state: 'success' })
    t.equal(moved('split'), 1)
  })

  t.test('more than is left after refunds, an order that was never held, and a closed account are refused', async (t) => {
    const { splits, gateway, order } = await paid(t)
    await gateway.refund(aRefund(), order)
    await t.rejects(splits.split(aSplit(), order), { code: 'OUTSIDE_REFUSED' })
    await t.rejects(splits.split(aSplit({ receiver: { account: accounts.closed, amountFen: fen(100) } }), order), { code: 'OUTSIDE_REFUSED' })
    t.equal(await splits.querySplit(aSplit(), order), null)
    t.match(await splits.split(aSplit({ receiver: { account: accounts.good, amountFen: fen(10_000) } }), order), { state: 'success' })
    const plain = await paid(t, false)
    await t.rejects(plain.splits.split(aSplit(), plain.order), { code: 'OUTSIDE_REFUSED' })
  })

  t.test('a payout goes once under its number; another sum or a closed account is refused [M15]', async (t) => {
    const { splits, clock, moved } = await paid(t)
    t.equal(await splits.queryPayOut(aPayout()), null)
    for (const notice of [await splits.payOut(aPayout()), await splits.payOut(aPayout()), await splits.queryPayOut(aPayout())]) t.match(notice, { number: aPayout().number, state: 'success', amountFen: 5_000, at: clock.at })
    const next = 'payout00000000000000000000000002'
    await t.rejects(splits.payOut(aPayout({ number: next, account: accounts.closed })), { code: 'OUTSIDE_REFUSED' })
    t.equal(await splits.queryPayOut(aPayout({ number: next })), null)
    t.equal(moved('payout'), 1)
  })

  t.test('an answer that does not come leaves the outcome open, and the same number finds it', async (t) => {
    const { splits, order, fail, simulator, moved } = await paid(t)
    fail('lost')
    await t.rejects(splits.payOut(aPayout()), { code: 'OUTSIDE_UNAVAILABLE' })
    t.match(await splits.queryPayOut(aPayout()), { state: 'success', amountFen: 5_000 })
    fail('dropped')
    await t.rejects(splits.split(aSplit({ receiver: null }), order), { code: 'OUTSIDE_UNAVAILABLE' })
    simulator.setFaults([])
    t.equal(await splits.querySplit(aSplit({ receiver: null }), order), null)
    fail('unavailable')
    await t.rejects(splits.querySplit(aSplit(), order), { code: 'OUTSIDE_UNAVAILABLE' })
    t.match(await splits.split(aSplit(), order), { state: 'success' })
    t.strictSame([moved('split'), moved('payout')], [1, 1])
  })
}
