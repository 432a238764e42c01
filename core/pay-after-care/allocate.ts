import { fen, type Fen } from '../money.ts'
import { payableOf, type Bill } from './bill.ts'

export interface Share {
  readonly bill: Bill
  readonly amountFen: Fen
}

/** The oldest deadline first, open visits last; by time of opening where that is the same. */
function oldestFirst (one: Bill, other: Bill): number {
  const [first, second] = [one.dueOn ?? '9999', other.dueOn ?? '9999']
  if (first !== second) return first < second ? -1 : 1
  return one.openedAt.getTime() - other.openedAt.getTime() || (one.id < other.id ? -1 : 1)
}

/** 分摊, oldest first (I-10): the shares and what is left sum to the amount, and no bill gets more than it can take. */
export function allocate (bills: readonly Bill[], amountFen: Fen, roomOf: (bill: Bill) => Fen = payableOf): { readonly shares: readonly Share[], readonly leftFen: Fen } {
  let left: number = amountFen
  const shares: Share[] = []
  for (const bill of [...bills].sort(oldestFirst)) {
    const share = Math.min(left, roomOf(bill))
    if (share <= 0) continue
    shares.push({ bill, amountFen: fen(share) })
    left -= share
  }
  return { shares, leftFen: fen(left) }
}
