import t, { type Test } from 'tap'
import { compareFrozen, proveEscrows, readWallet, stuckMoney, type WalletId } from '../../../core/escrow/index.ts'
import { channelClearing, escrowAccount, platformIncome, refundPayable, trialBalance, walletFrozen, walletPayable } from '../../../core/ledger/index.ts'
import { fen } from '../../../core/money.ts'
import { freshStore } from '../../fixtures/store.ts'
import { anEscrowOffice, anna } from './an-escrow-office.ts'

const store = await freshStore(t)
const office = anEscrowOffice(store)
const { till, wechat, splits, bought, back, settle, drain, escrow } = office
const balance = till.balance
let doctors = 0
const aDoctor = (): WalletId => `doctor:d${++doctors}00`
const wallet = async (id: WalletId): Promise<readonly [number, number]> => {
  const { availableFen, frozenFen } = await store.inReading((stores) => readWallet(stores, id))
  return [availableFen, frozenFen]
}
const refundsOf = async (id: string): Promise<readonly string[]> => (await till.refundsOf((await escrow(id))?.paymentOrderId ?? '')).map(({ state, amountFen }) => `${state} ${amountFen}`).sort()
/** The last word of every group. */
const theBooksStand = (t: Test): unknown => t.test('and the books stand, and hold what the escrows hold', async (t) => {
  const { isProven } = await store.inReading((stores) => trialBalance(stores, null))
  const { wrong } = await proveEscrows({ inReading: store.inReading })
  t.strictSame([isProven, wrong], [true, []])
})

t.test('what is paid [C4]', async (t) => {
  t.test('is held: once, whatever how often the channel says so [acc:TM-07]', async (t) => {
    const id = office.offer(5_000)
    const order = await office.order(id)
    t.match(order, { isHeld: true, amountFen: 5_000, state: 'pending' })
    wechat.pay(order.orderNumber)
    for (let again = 0; again < 10; again += 1) await till.callBack(wechat.callbackOf(order.orderNumber))
    await drain()
    t.match(await escrow(id), { state: 'held', paidFen: 5_000, returnedFen: 0, payer: anna, purpose: 'things', hospitalId: 'east', paymentOrderId: order.id })
    t.equal(await balance(escrowAccount(id)), -5_000)
    await t.rejects(office.order(id), { code: 'PAYMENT_NOT_PAYABLE' }, 'it is paid')
  })

  t.test('is one thing as a whole, by a wallet or bank, which alone can keep it frozen', async (t) => {
    const id = office.offer(5_000)
    const given = { purpose: 'things', payer: anna, patientIds: ['anna'] }
    await t.rejects(till.create('anna', { ...given, items: null }), { code: 'REQUEST_INVALID' })
    await t.rejects(till.create('anna', { ...given, items: [{ referenceId: id, amountFen: fen(4_999) }] }), { code: 'PAYMENT_AMOUNT_INVALID' })
    const insured = till.create('anna', { ...given, items: [{ referenceId: id, amountFen: null }], channel: 'mixed', insuranceFen: fen(1) })
    await t.rejects(insured, { code: 'PAYMENT_NOT_HOLDABLE' })
  })

  t.test('by an organization is the organization\'s', async (t) => {
    const id = office.offer(700)
    const { orderNumber } = await office.order(id, { kind: 'organization', organizationId: 'west' })
    wechat.pay(orderNumber)
    await till.callBack(wechat.callbackOf(orderNumber))
    await drain()
    t.match(await escrow(id), { state: 'held', payer: { kind: 'organization', organizationId: 'west' } })
  })

  t.test('twice goes back by itself the second time; so does what nobody wants any more [M10]', async (t) => {
    const id = office.offer(800)
    const first = await office.order(id)
    const second = await till.create('anna', { purpose: 'things', payer: anna, patientIds: ['anna'], items: [{ referenceId: id, amountFen: null }], mode: 'app' })
    const before = await balance(channelClearing('wechat'))
    for (const { orderNumber } of [first, second]) {
      wechat.pay(orderNumber)
      await till.callBack(wechat.callbackOf(orderNumber))
    }
    await drain()
    t.match([await escrow(id), (await till.refundsOf(first.id)).length, await till.order(second.id)], [{ paymentOrderId: first.id, state: 'held' }, 0, { refundedFen: 800 }])
    const late = office.offer(900)
    const order = await office.order(late)
    const thing = office.things.get(late)
    if (thing !== undefined) thing.isWanted = false
    wechat.pay(order.orderNumber)
    await till.callBack(wechat.callbackOf(order.orderNumber))
    await drain()
    t.match([await escrow(late), await till.order(order.id)], [{ state: 'returned', returnedFen: 900 }, { refundedFen: 900 }])
    t.equal(await balance(channelClearing('wechat')) - before, 800)
  })

  theBooksStand(t)
})

t.test('what is held goes back [M10]', async (t) => {
  t.test('in part and then in whole, each decision once, and never more than is held', async (t) => {
    const id = await bought(1_000)
    t.equal(await back({ id, amountFen: fen(300), key: 'cheaper' }), 300)
    t.equal(await back({ id, amountFen: fen(300), key: 'cheaper' }), 300, 'the same decision again')
    await t.rejects(back({ id, amountFen: fen(701), key: 'too much' }), { code: 'ESCROW_EXCEEDED' })
    t.match(await escrow(id), { state: 'held', returnedFen: 300 })
    t.equal(await back({ id, key: 'cancelled' }), 700)
    await t.rejects(back({ id, key: 'once more' }), { code: 'ESCROW_ENDED' })
    await t.rejects(settle({ id }), { code: 'ESCROW_ENDED' })
    await t.rejects(back({ id: 'nothing' }), { code: 'ESCROW_NOT_FOUND' })
    await drain()
    t.match([await escrow(id), await refundsOf(id)], [{ state: 'returned', returnedFen: 1_000 }, ['success 300', 'success 700']])
  })

  t.test('above the limit of refunds, too, without a second person: it is decided already', async (t) => {
    const id = await bought(100_001)
    await back({ id })
    await drain()
    t.strictSame(await refundsOf(id), ['success 100001'])
  })

  t.test('not by a refund that nobody decided on', async (t) => {
    const id = await bought(1_000)
    const orderId = (await escrow(id))?.paymentOrderId ?? ''
    await t.rejects(till.refund(orderId), { code: 'ESCROW_RETURN_NOT_DECIDED' })
    await t.rejects(till.refund((await escrow(await bought(200_000)))?.paymentOrderId ?? ''), { code: 'ESCROW_RETURN_NOT_DECIDED' }, 'nor does it wait for a second person')
    await back({ id, amountFen: fen(400), key: 'part' })
    await drain()
    await t.rejects(till.refund(orderId, { amountFen: fen(1) }), { code: 'ESCROW_RETURN_NOT_DECIDED' })
    t.strictSame(await refundsOf(id), ['success 400'])
  })

  t.test('and stays payable where the channel refuses, until finance asks again', async (t) => {
    const id = await bought(1_000)
    const payable = await balance(refundPayable)
    wechat.refuses = true
    await back({ id })
    await drain()
    t.strictSame([await refundsOf(id), await balance(refundPayable) - payable, await store.inReading(stuckMoney)], [['failed 1000'], -1_000, { refunds: 1, splits: 0 }])
    wechat.refuses = false
    await till.refund((await escrow(id))?.paymentOrderId ?? '')
    await drain()
    t.strictSame([await refundsOf(id), await balance(refundPayable) - payable, await store.inReading(stuckMoney)], [['failed 1000', 'success 1000'], 0, { refunds: 0, splits: 0 }])
  })

  theBooksStand(t)
})

t.test('what is done is settled [C10 M8]', async (t) => {
  t.test('the platform keeps its fee, the wallet holds the rest, and the channel frees it', async (t) => {
    const payee = aDoctor()
    const id = await bought(1_999)
    const before = await balance(platformIncome)
    t.match(await settle({ id, payee, feePermille: 150 }), { state: 'settled', feeFen: 299, payee })
    await drain()
    t.strictSame([await balance(platformIncome) - before, await wallet(payee), await balance(escrowAccount(id))], [-299, [1_700, 0], 0])
    const split = await store.inReading(({ escrows }) => escrows.findSplit(id))
    t.match([split, splits.splits.get(split?.number ?? '')], [{ state: 'done', receiver: null }, null])
  })

  t.test('the payee\'s own account at the channel gets it at once', async (t) => {
    const payee = aDoctor()
    await office.accounts(payee, { channel: 'wechat', account: 'openid-of-a-doctor', holderName: null, takesSplits: true })
    const id = await bought(1_000)
    await settle({ id, payee })
    t.strictSame(await wallet(payee), [0, 900], 'on its way, so nobody withdraws it')
    splits.faults.push('lost')
    await drain()
    t.strictSame(await wallet(payee), [0, 900], 'nobody knows yet')
    await office.wait(60_000)
    const number = (await store.inReading(({ escrows }) => escrows.findSplit(id)))?.number ?? ''
    t.strictSame([await wallet(payee), splits.splits.get(number), splits.calls.slice(-2)], [[0, 0], { account: 'openid-of-a-doctor', amountFen: 900 }, ['split', 'querySplit']])
  })

  t.test('an account that the channel refuses is left out, and the wallet holds it', async (t) => {
    const payee = aDoctor()
    splits.closed.add('closed-account-1')
    await office.accounts(payee, { channel: 'wechat', account: 'closed-account-1', holderName: null, takesSplits: true })
    const id = await bought(1_000)
    await settle({ id, payee })
    await drain()
    t.match([await wallet(payee), await store.inReading(({ escrows }) => escrows.findSplit(id))], [[900, 0], { state: 'done', receiver: null }])
  })

  t.test('once, of a hundred who settle it and give it back at once [acc:TM-07]', async (t) => {
    for (const id of [await bought(1_000), await bought(77)]) {
      const tries = Array.from({ length: 100 }, (_, place) => place % 2 === 0 ? settle({ id }) : back({ id, key: `try ${place}` }))
      const outcomes = await Promise.allSettled(tries)
      t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      t.strictSame([...new Set(outcomes.flatMap((outcome) => outcome.status === 'rejected' ? [(outcome.reason as { code: string }).code] : []))], ['ESCROW_ENDED'])
    }
    await drain()
  })

  theBooksStand(t)
})

t.test('every night what is held is compared with what the channel keeps frozen [C4]', async (t) => {
  const id = await bought(1_000)
  await back({ id, amountFen: fen(400), key: 'part' })
  await drain()
  till.pass(2 * 3_600_000)
  const compared = async (): Promise<readonly [number, boolean]> => {
    const { differing } = await compareFrozen(office.tools, till.now())
    return [differing.length, differing.includes(id)]
  }
  t.strictSame(await compared(), [0, false])
  office.strayFen.fen = 1
  t.strictSame((await compared())[1], true)
  office.strayFen.fen = 0

  theBooksStand(t)
})

t.test('a withdrawal [M15]', async (t) => {
  const rich = async (amountFen: number): Promise<WalletId> => {
    const payee = aDoctor()
    await office.accounts(payee, { channel: 'wechat', account: 'openid-of-a-doctor', holderName: '医生', takesSplits: false })
    await settle({ id: await bought(amountFen), payee, feePermille: 0 })
    await drain()
    return payee
  }

  t.test('of little is approved at once and paid', async (t) => {
    const payee = await rich(1_000)
    const { id, state, masked } = await office.withdraw({ walletId: payee, amountFen: fen(600) })
    t.strictSame([state, masked, await wallet(payee)], ['approved', '****ctor', [400, 600]])
    await drain()
    const paid = await store.inReading(({ wallets }) => wallets.findWithdrawal(id))
    t.match([paid, await wallet(payee), splits.payouts.get(paid?.payoutNumber ?? '')], [{ state: 'paid', channelNumber: /^P-/ }, [400, 0], { account: 'openid-of-a-doctor', amountFen: 600 }])
    await t.rejects(office.withdraw({ walletId: payee, amountFen: fen(401) }), { code: 'WALLET_SHORT' })
    await t.rejects(office.withdraw({ walletId: payee, channel: 'bank' }), { code: 'PAYOUT_ACCOUNT_MISSING' })
  })

  t.test('of much waits for another person, whose no makes it available again', async (t) => {
    const payee = await rich(200_000)
    const asked = await office.withdraw({ walletId: payee, amountFen: fen(50_001) })
    t.strictSame([asked.state, await wallet(payee)], ['requested', [149_999, 50_001]])
    await t.rejects(office.decide(asked.id, true, 'd1'), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
    t.match(await office.decide(asked.id, false), { state: 'failed', reason: 'declined' })
    t.match([await office.decide(asked.id, false), await wallet(payee)], [{ state: 'failed' }, [200_000, 0]], 'the same word again')
    await t.rejects(office.decide(asked.id, true), { code: 'DECISION_MADE' })
    const other = await office.withdraw({ walletId: payee, amountFen: fen(200_000) })
    t.match(await office.decide(other.id, true), { state: 'approved', decidedBy: 'finance-1' })
    await drain()
    t.strictSame([await wallet(payee), await balance(walletPayable(payee)), await balance(walletFrozen(payee))], [[0, 0], 0, 0])
    await t.rejects(office.decide('nothing', true), { code: 'WITHDRAWAL_NOT_FOUND' })
  })

  t.test('whose answer is lost is asked for under its number, and moves nothing twice; one that is refused is available again', async (t) => {
    const payee = await rich(1_000)
    splits.faults.push('lost', 'down')
    const { id, payoutNumber } = await office.withdraw({ walletId: payee, amountFen: fen(1_000) })
    await drain()
    await office.wait(60_000)
    t.match([await store.inReading(({ wallets }) => wallets.findWithdrawal(id)), await wallet(payee)], [{ state: 'paying' }, [0, 1_000]])
    const { size } = splits.payouts
    await office.wait(6 * 60_000)
    t.match([await store.inReading(({ wallets }) => wallets.findWithdrawal(id)), await wallet(payee), splits.payouts.size, splits.payouts.has(payoutNumber)], [{ state: 'paid' }, [0, 0], size, true])
    const next = await rich(500)
    splits.closed.add('closed-account-2')
    await office.accounts(next, { channel: 'wechat', account: 'closed-account-2', holderName: null, takesSplits: false })
    const refused = await office.withdraw({ walletId: next, amountFen: fen(500) })
    await drain()
    t.match([await store.inReading(({ wallets }) => wallets.findWithdrawal(refused.id)), await wallet(next)], [{ state: 'failed', reason: 'refused_by_channel' }, [500, 0]])
  })

  t.test('of the whole, by a hundred at once, is one', async (t) => {
    const payee = await rich(1_000)
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => office.withdraw({ walletId: payee, amountFen: fen(1_000) })))
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    await drain()
    t.strictSame(await wallet(payee), [0, 0])
  })

  theBooksStand(t)
})
