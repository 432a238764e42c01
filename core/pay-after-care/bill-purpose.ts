import { DomainError } from '../errors.ts'
import { fen, sumFen, type Fen } from '../money.ts'
import type { Payable, PaymentPart, Purpose, WantedPayment } from '../payments/index.ts'
import { allocate, type Share } from './allocate.ts'
import { payableOf, recoverableOf, type Bill } from './bill.ts'
import { standingOf } from './end-contract.ts'
import type { BillTools } from './keep-bill.ts'
import type { ContractStore } from './ports.ts'
import { takePayment } from './take-payment.ts'
import { endRefund, reserveRefund, type RefundStores } from './take-refund.ts'

export interface PurposeStores extends RefundStores {
  readonly contracts: RefundStores['contracts'] & Pick<ContractStore, 'ofPatient'>
}

/** 医后付账单: several bills of several hospitals are paid at once. */
export function billPurpose <Stores extends PurposeStores> (tools: BillTools): Purpose<Stores> {
  return {
    payables: { owed: (stores, payer, wanted) => {
        if (payer.kind === 'organization') throw new DomainError('PAYMENT_NOT_PAYABLE', 'Bills are paid by persons.')
        return owedOn(stores, payer.patientId, wanted)
      } },
    payee: {
      paid: (stores, order, at) => takePayment(stores, tools, order, at),
      refunding: (stores, refund, order, at) => reserveRefund(stores, tools, { refund, order }, at),
      refunded: (stores, refund, order, at) => endRefund(stores, tools, { refund, order }, at)
    }
  }
}

async function owedOn ({ contracts, bills }: PurposeStores, patientId: string, wanted: WantedPayment): Promise<Payable> {
  const signed = await contracts.ofPatient(patientId)
  const subject = standingOf(signed) ?? signed[0]
  if (subject === undefined) throw new DomainError('PAYMENT_NOT_PAYABLE', 'The person has no pay-after-care contract, so there are no bills to pay.')
  const open: Bill[] = []
  for (const { id } of signed) open.push(...await bills.outstanding(id))
  const visible = open.filter((bill) => wanted.patientIds.includes(bill.patientId))
  const shares = wanted.items === null ? oldestShares(visible, wanted.amountFen) : await namedShares(bills, signed.map(({ id }) => id), wanted)
  if (shares.length === 0) throw new DomainError('PAYMENT_NOT_PAYABLE', 'Nothing is owed here.')
  return { subjectId: subject.id, parts: shares.map(partOf), description: '医后付账单', insuranceFen: null }
}

const partOf = ({ bill, amountFen }: Share): PaymentPart => ({ hospitalId: bill.hospitalId, referenceId: bill.id, patientId: bill.patientId, amountFen })

function oldestShares (bills: readonly Bill[], wantedFen: Fen | null): readonly Share[] {
  const owedFen = sumFen(bills.map(payableOf))
  if (wantedFen !== null && (wantedFen <= 0 || wantedFen > owedFen)) throw amountInvalid()
  return allocate(bills, wantedFen ?? owedFen).shares
}

/** Bills by name, also of what was given up (recovery). */
async function namedShares (bills: PurposeStores['bills'], contractIds: readonly string[], { items, patientIds }: WantedPayment): Promise<readonly Share[]> {
  const shares: Share[] = []
  for (const { referenceId, amountFen } of items ?? []) {
    const bill = await bills.find(referenceId)
    if (bill === null || !patientIds.includes(bill.patientId) || !contractIds.includes(bill.contractId)) throw new DomainError('BILL_NOT_FOUND', 'No bill has this id; list the bills of the person.', 'items')
    const mostFen = fen(payableOf(bill) + recoverableOf(bill))
    const share = amountFen ?? mostFen
    if (share <= 0 || share > mostFen || shares.some((other) => other.bill.id === bill.id)) throw amountInvalid()
    shares.push({ bill, amountFen: share })
  }
  return shares
}

const amountInvalid = (): DomainError => new DomainError('PAYMENT_AMOUNT_INVALID', 'Pay more than nothing and at most what is owed, each bill once. Read the bills again.', 'amountFen')
