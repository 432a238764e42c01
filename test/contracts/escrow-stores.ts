import type { Test } from 'tap'
import type { Escrow, EscrowFilter, EscrowSplit, PayoutAccount, Withdrawal } from '../../core/escrow/index.ts'
import { fen } from '../../core/money.ts'
import type { PaymentOrder, Refund } from '../../core/payments/index.ts'
import type { OpenStore } from './store-under-test.ts'

const at = new Date('2027-03-01T01:00:00Z')
const later = (minutes: number): Date => new Date(at.getTime() + minutes * 60_000)
const page = { limit: 10, offset: 0 }

const anEscrow = (id: string, given: Partial<Escrow> = {}): Escrow => ({
  id, purpose: 'consultations', hospitalId: 'east', paymentOrderId: `order of ${id}`, payer: { kind: 'person', patientId: 'anna' }, paidFen: fen(1000), returnedFen: fen(0), state: 'held', payee: null, feeFen: fen(0), paidAt: at, endedAt: null, ...given
})
const aSplit = (escrowId: string, given: Partial<EscrowSplit> = {}): EscrowSplit => ({
  escrowId, orderId: `order of ${escrowId}`, hospitalId: 'east', walletId: 'doctor:d1', channel: 'wechat', number: `split of ${escrowId}`, receiver: { account: 'sealed:x', amountFen: fen(900) }, state: 'waiting', createdAt: at, doneAt: null, queries: 0, nextQueryAt: null, ...given
})
const anAccount = (given: Partial<PayoutAccount> = {}): PayoutAccount => ({ walletId: 'doctor:d1', channel: 'wechat', account: 'sealed:a', holderName: null, masked: '****0001', takesSplits: true, changedAt: at, ...given })
const aWithdrawal = (id: string, given: Partial<Withdrawal> = {}): Withdrawal => ({
  id, walletId: 'doctor:d1', channel: 'bank', amountFen: fen(300), parts: [{ hospitalId: 'east', amountFen: fen(200) }, { hospitalId: 'west', amountFen: fen(100) }], state: 'requested', payoutNumber: `N${id}`, account: 'sealed:a', holderName: 'sealed:b',
  masked: '****0001', requestedBy: 'd1', requestedAt: at, decidedBy: null, decidedAt: null, channelNumber: null, reason: null, doneAt: null, queries: 0, nextQueryAt: null, ...given
})

export function escrowStoreContract (t: Test, open: OpenStore): void {
  t.test('an escrow is kept as it is, and as it becomes; an order has one', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ escrows }) => {
      t.equal(await escrows.findForChange('c1'), null)
      await escrows.save(anEscrow('c1'))
      t.strictSame([await escrows.find('c1'), await escrows.findForChange('c1')], [anEscrow('c1'), anEscrow('c1')])
      const settled = anEscrow('c1', { state: 'settled', returnedFen: fen(200), payee: 'doctor:d1', feeFen: fen(80), endedAt: later(5) })
      await escrows.save(settled)
      t.strictSame(await escrows.find('c1'), settled)
      await escrows.save(anEscrow('i1', { payer: { kind: 'organization', organizationId: 'west' } }))
      t.strictSame((await escrows.find('i1'))?.payer, { kind: 'organization', organizationId: 'west' })
    })
    await t.rejects(inTransaction(({ escrows }) => escrows.save(anEscrow('c2', { paymentOrderId: 'order of c1' }))))
    await t.rejects(inTransaction(({ escrows }) => escrows.save(anEscrow('c3', { returnedFen: fen(1001) }))), 'never more back than was paid')
  })

  t.test('lists are of a payer, a payee, a hospital or a purpose, the newest first; a walk is by id', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ escrows }) => {
      await escrows.save(anEscrow('a', { paidAt: later(1) }))
      await escrows.save(anEscrow('b', { paidAt: later(2), payer: { kind: 'person', patientId: 'bo' }, purpose: 'drugs' }))
      await escrows.save(anEscrow('c', { paidAt: later(3), payer: { kind: 'organization', organizationId: 'west' }, hospitalId: 'north' }))
      await escrows.save(anEscrow('d', { paidAt: later(4), state: 'settled', payee: 'doctor:d1', endedAt: later(5) }))
      const all: EscrowFilter = { payerPatientIds: null, payerOrganizationId: null, payee: null, hospitalId: null, purpose: null }
      const listed = async (filter: Partial<EscrowFilter>): Promise<string> => (await escrows.list({ ...all, ...filter }, page)).map(({ id }) => id).join('')
      t.equal(await listed({}), 'dcba')
      t.strictSame([await listed({ payerPatientIds: ['anna', 'x'] }), await listed({ payerPatientIds: [] }), await listed({ payerOrganizationId: 'west' }), await listed({ payee: 'doctor:d1' }), await listed({ hospitalId: 'north' }), await listed({ purpose: 'drugs' })], ['da', '', 'c', 'd', 'c', 'b'])
      t.strictSame([(await escrows.heldBefore(later(3), 5)).map(({ id }) => id), (await escrows.heldBefore(later(9), 1)).map(({ id }) => id)], [['a', 'b'], ['a']])
      t.strictSame((await escrows.inOrder({ after: 'a', limit: 2 })).map(({ id }) => id), ['b', 'c'])
    })
  })

  t.test('a split is queried when it is due; one that failed is shown to people', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ escrows }) => {
      for (const id of ['a', 'b']) await escrows.save(anEscrow(id))
      t.strictSame([await escrows.findSplit('a'), await escrows.nextSplitQueryAt()], [null, null])
      await escrows.saveSplit(aSplit('a', { state: 'submitted', queries: 1, nextQueryAt: later(1) }))
      await escrows.saveSplit(aSplit('b', { receiver: null }))
      t.strictSame([await escrows.findSplit('b'), await escrows.nextSplitQueryAt()], [aSplit('b', { receiver: null }), later(1)])
      t.strictSame([(await escrows.splitsToQuery(at, 5)).length, (await escrows.splitsToQuery(later(1), 5)).map(({ escrowId }) => escrowId)], [0, ['a']])
      const failed = aSplit('b', { receiver: null, number: 'another', state: 'failed', doneAt: later(2) })
      await escrows.saveSplit(failed)
      t.strictSame(await escrows.failedSplits(5), [failed])
    })
  })

  t.test('what was to go back and was refused is shown, until as much is on its way again', async (t) => {
    const { inTransaction } = await open(t)
    const order: PaymentOrder = {
      id: 'o1', orderNumber: 'N1', purpose: 'consultations', subjectId: 'c1', payerPatientId: 'anna', channel: 'wechat', mode: 'qr', amountFen: fen(1000), parts: [{ hospitalId: 'east', referenceId: 'c1', patientId: 'anna', amountFen: fen(1000) }],
      state: 'success', cashFen: fen(1000), insuranceFen: fen(0), cashState: null, insuranceState: null, channelNumber: 'x', prepay: null, isHeld: true, createdAt: at, expiresAt: later(15), paidAt: at, refundedFen: fen(0), queries: 0, nextQueryAt: null
    }
    const refund: Refund = { id: 'r1', orderId: 'o1', refundNumber: 'R1', sourceKey: 'k1', amountFen: fen(400), parts: [], reason: 'x', state: 'submitted', requestedBy: 'system', requestedAt: at, approvedBy: null, channelNumber: null, doneAt: null, queries: 0, nextQueryAt: null }
    await inTransaction(async ({ escrows, payments }) => {
      await payments.save(order)
      await escrows.save(anEscrow('c1', { paymentOrderId: 'o1', returnedFen: fen(400) }))
      await payments.saveRefund(refund)
      t.strictSame(await escrows.unreturned(5), [])
      await payments.saveRefund({ ...refund, state: 'failed' })
      t.strictSame(await escrows.unreturned(5), ['o1'])
      await payments.saveRefund({ ...refund, id: 'r2', refundNumber: 'R2', sourceKey: 'k2' })
      t.strictSame(await escrows.unreturned(5), [])
    })
  })

  t.test('a payment of an organization is listed as such, with nobody as its patient', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ payments }) => {
      const order: PaymentOrder = {
        id: 'o2', orderNumber: 'N2', purpose: 'invitations', subjectId: 'i1', payerPatientId: null, payerOrganizationId: 'west', channel: 'bank', mode: 'app', amountFen: fen(10), parts: [{ hospitalId: 'east', referenceId: 'i1', patientId: null, amountFen: fen(10) }],
        state: 'pending', cashFen: fen(10), insuranceFen: fen(0), cashState: null, insuranceState: null, channelNumber: null, prepay: null, walletKey: null, isHeld: true, createdAt: at, expiresAt: later(15), paidAt: null, paidOn: null, refundedFen: fen(0), queries: 0, nextQueryAt: null
      }
      await payments.save(order)
      t.strictSame(await payments.find('o2'), order)
      const filter = { payerPatientIds: null, subjectId: null, states: null }
      t.strictSame([(await payments.list({ ...filter, payerOrganizationId: 'west' }, page)).length, (await payments.list({ ...filter, payerOrganizationId: 'east' }, page)).length], [1, 0])
    })
  })
}

export function walletStoreContract (t: Test, open: OpenStore): void {
  t.test('a wallet has one account of each channel, until it is removed', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ wallets }) => {
      await wallets.lock('doctor:d1')
      await wallets.saveAccount(anAccount())
      await wallets.saveAccount(anAccount({ account: 'sealed:new', takesSplits: false, holderName: 'sealed:n' }))
      await wallets.saveAccount(anAccount({ channel: 'bank' }))
      await wallets.saveAccount(anAccount({ walletId: 'hospital:west' }))
      t.strictSame(await wallets.accounts('doctor:d1'), [anAccount({ channel: 'bank' }), anAccount({ account: 'sealed:new', takesSplits: false, holderName: 'sealed:n' })])
      await wallets.removeAccount('doctor:d1', 'bank')
      t.equal((await wallets.accounts('doctor:d1')).length, 1)
    })
  })

  t.test('withdrawals are kept as they become, listed by wallet and state, and queried when due', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ wallets }) => {
      t.strictSame([await wallets.findWithdrawal('w1'), await wallets.nextWithdrawalQueryAt()], [null, null])
      await wallets.saveWithdrawal(aWithdrawal('w1'))
      const paying = aWithdrawal('w1', { state: 'paying', decidedBy: 'f1', decidedAt: later(1), queries: 1, nextQueryAt: later(2) })
      await wallets.saveWithdrawal(paying)
      await wallets.saveWithdrawal(aWithdrawal('w2', { walletId: 'hospital:west', requestedAt: later(3) }))
      t.strictSame(await wallets.findWithdrawal('w1'), paying)
      t.strictSame([(await wallets.withdrawalsToQuery(later(1), 5)).length, await wallets.withdrawalsToQuery(later(2), 5), await wallets.nextWithdrawalQueryAt()], [0, [paying], later(2)])
      const listed = async (filter: Partial<Parameters<typeof wallets.withdrawals>[0]>): Promise<readonly string[]> => (await wallets.withdrawals({ walletId: null, state: null, ...filter }, page)).map(({ id }) => id)
      t.strictSame([await listed({}), await listed({ walletId: 'doctor:d1' }), await listed({ state: 'requested' })], [['w2', 'w1'], ['w1'], ['w2']])
    })
  })
}
