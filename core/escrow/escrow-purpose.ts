import { DomainError } from '../errors.ts'
import { channelClearing, escrowAccount, refundPayable } from '../ledger/index.ts'
import { fen, negateFen, sumFen, type Fen } from '../money.ts'
import { payerOf, refundToSourceMessage, type Payable, type Payer, type PaymentOrder, type Purpose, type Refund, type WantedPayment } from '../payments/index.ts'
import type { Escrow } from './escrow.ts'
import { bookOnce, type EscrowTools } from './escrow-tools.ts'
import type { EscrowStores, EscrowSubject } from './ports.ts'
import { returnFromEscrow } from './return-from-escrow.ts'

/**
 * 担保支付. Makes something that is bought a purpose of payments: what is paid for it is held until it is settled or goes
 * back. Refunds are decided on what was bought and booked there and then; here they only leave through the channel.
 */
export function escrowPurpose<Stores extends EscrowStores> (tools: EscrowTools, subject: EscrowSubject<Stores>): Purpose<Stores> {
  return {
    payables: { owed: (stores, payer, wanted) => owedFor(stores, subject, payer, wanted) },
    payee: {
      paid: (stores, order, at) => takeIntoEscrow(stores, tools, { subject, order }, at),
      asked: (stores, refund, order) => refuseUndecided(stores, refund, order),
      // It is booked since the decision.
      refunding: async () => undefined,
      refunded: (stores, refund, order, at) => endReturn(stores, tools, { refund, order }, at)
    }
  }
}

async function owedFor<Stores extends EscrowStores> (stores: Stores, subject: EscrowSubject<Stores>, payer: Payer, { items, amountFen: wantedFen, patientIds, at }: WantedPayment): Promise<Payable> {
  const [item, ...others] = items ?? []
  if (item === undefined || others.length > 0) throw new DomainError('REQUEST_INVALID', 'Name the one thing that is to be paid.', 'items')
  const { amountFen, hospitalId, patientId, description } = await subject.owed(stores, { id: item.referenceId, payer, patientIds, at })
  if (amountFen <= 0 || await stores.escrows.find(item.referenceId) !== null) throw new DomainError('PAYMENT_NOT_PAYABLE', 'Nothing is to be paid for this.')
  if ((item.amountFen ?? wantedFen ?? amountFen) !== amountFen) throw new DomainError('PAYMENT_AMOUNT_INVALID', 'This is paid as a whole. Leave the amount out, or read the price again.', 'amountFen')
  return { subjectId: item.referenceId, parts: [{ hospitalId, referenceId: item.referenceId, patientId, amountFen }], description, insuranceFen: null, isHeld: true }
}

/** Once for each order, whatever how often it is told (C4). A second payment for the same thing goes back. */
async function takeIntoEscrow<Stores extends EscrowStores> (stores: Stores, tools: EscrowTools, { subject, order }: { readonly subject: EscrowSubject<Stores>, readonly order: PaymentOrder }, at: Date): Promise<void> {
  const standing = await stores.escrows.findForChange(order.subjectId)
  if (standing?.paymentOrderId === order.id) return
  if (standing !== null) {
    await giveBackUnwanted(stores, tools, order, at)
    return
  }
  const escrow = escrowOf(subject.purpose, order, at)
  await bookOnce(stores, tools, {
    kind: 'escrow', hospitalId: escrow.hospitalId, sourceKey: `escrow-paid:${order.id}`, memo: escrow.id,
    postings: [{ account: channelClearing(order.channel), amountFen: escrow.paidFen }, { account: escrowAccount(escrow.id), amountFen: negateFen(escrow.paidFen) }]
  }, order.paidAt ?? at)
  await stores.escrows.save(escrow)
  if (!await subject.paid(stores, escrow, at)) await returnFromEscrow(stores, tools, { id: escrow.id, amountFen: null, reason: 'not_wanted_any_more', key: 'unwanted' }, at)
}

function escrowOf (purpose: string, order: PaymentOrder, at: Date): Escrow {
  return {
    id: order.subjectId, purpose, hospitalId: hospitalOf(order), paymentOrderId: order.id, payer: payerOf(order), paidFen: order.amountFen, returnedFen: fen(0),
    state: 'held', payee: null, feeFen: fen(0), paidAt: order.paidAt ?? at, endedAt: null
  }
}

function hospitalOf ({ parts: [part] }: Pick<PaymentOrder, 'parts'>): string {
  if (part === undefined) throw new DomainError('PAYMENT_NOT_PAYABLE', 'Nothing is to be paid for this.')
  return part.hospitalId
}

async function giveBackUnwanted (stores: EscrowStores, tools: EscrowTools, order: PaymentOrder, at: Date): Promise<void> {
  const isNews = await bookOnce(stores, tools, {
    kind: 'refund', hospitalId: hospitalOf(order), sourceKey: `escrow-unwanted:${order.id}`, memo: order.subjectId,
    postings: [{ account: channelClearing(order.channel), amountFen: order.amountFen }, { account: refundPayable, amountFen: negateFen(order.amountFen) }]
  }, order.paidAt ?? at)
  if (isNews) await stores.outbox.add(refundToSourceMessage({ orderId: order.id, amountFen: order.amountFen, parts: null, reason: 'paid_twice', isDecided: true }, { id: tools.ids.next(), key: `unwanted:${order.id}`, at }))
}

/** How much of an order it is decided to give back. */
async function decidedFen ({ escrows }: EscrowStores, order: PaymentOrder): Promise<Fen> {
  const escrow = await escrows.find(order.subjectId)
  return escrow?.paymentOrderId === order.id ? escrow.returnedFen : order.amountFen
}

/** Never more leaves than was decided; so a refund that failed may be asked for again, and no other. */
async function refuseUndecided (stores: EscrowStores, refund: Refund, order: PaymentOrder): Promise<void> {
  const leaving = (await stores.payments.refundsOf(order.id)).filter(({ state }) => state !== 'failed')
  if (sumFen([refund.amountFen, ...leaving.map(({ amountFen }) => amountFen)]) > await decidedFen(stores, order)) {
    throw new DomainError('ESCROW_RETURN_NOT_DECIDED', 'This money is held until the service is done. Cancel what was bought, or decide on its refund request.')
  }
}

/** 已退回. A refund that failed stays payable: the order of business has gone on, so it never comes back into escrow. */
async function endReturn (stores: EscrowStores, tools: EscrowTools, { refund, order }: { readonly refund: Refund, readonly order: PaymentOrder }, at: Date): Promise<void> {
  if (refund.state !== 'success') return
  await bookOnce(stores, tools, {
    kind: 'refund', hospitalId: hospitalOf(order), sourceKey: `escrow-returned:${refund.id}`, memo: order.subjectId,
    postings: [{ account: refundPayable, amountFen: refund.amountFen }, { account: channelClearing(order.channel), amountFen: negateFen(refund.amountFen) }]
  }, refund.doneAt ?? at)
}
