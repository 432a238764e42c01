import { DomainError } from '../errors.ts'
import { sumFen } from '../money.ts'
import type { PaymentOrder } from '../payments/index.ts'
import { heldFen, type Escrow } from './escrow.ts'
import type { EscrowStores, SplitGateway } from './ports.ts'
import type { TransferTools } from './transfer-tools.ts'

/** So many are asked for in one night, those that are held longest first. */
const mostAsked = 500
/** What was paid just now may be on its way still. */
const settlesMs = 3_600_000

export interface FrozenComparison {
  readonly asked: number
  /** Escrows of which the channel keeps another sum than we hold. */
  readonly differing: readonly string[]
}

/** 镜像核对 (D4). Held is what the channel has frozen: asked of those channels that can say so. One that does not answer is asked tomorrow. */
export async function compareFrozen<Stores extends EscrowStores> ({ inTransaction, splitGateways }: Pick<TransferTools<Stores>, 'inTransaction' | 'splitGateways'>, at: Date): Promise<FrozenComparison> {
  const held = await inTransaction(({ escrows }) => escrows.heldBefore(new Date(at.getTime() - settlesMs), mostAsked))
  const differing: string[] = []
  let asked = 0
  for (const escrow of held) {
    const order = await inTransaction((stores) => settledOrder(stores, escrow))
    const gateway = splitGateways.find(({ channel }) => channel === order?.channel)
    const frozen = order === null || gateway === undefined ? null : await askedFrom(gateway, order)
    if (frozen === null) continue
    asked += 1
    if (frozen !== heldFen(escrow)) differing.push(escrow.id)
  }
  return { asked, differing }
}

/** Null while money is on its way back: until then the two cannot agree. */
async function settledOrder ({ payments }: EscrowStores, escrow: Escrow): Promise<PaymentOrder | null> {
  const gone = sumFen((await payments.refundsOf(escrow.paymentOrderId)).filter(({ state }) => state === 'success').map(({ amountFen }) => amountFen))
  return gone === escrow.returnedFen ? await payments.find(escrow.paymentOrderId) : null
}

async function askedFrom (gateway: SplitGateway, order: PaymentOrder): Promise<number | null> {
  try {
    return await gateway.frozenFen?.(order) ?? null
  } catch (error) {
    // A channel that says no keeps nothing of it.
    if (error instanceof DomainError && error.code === 'OUTSIDE_REFUSED') return 0
    if (error instanceof DomainError && error.kind === 'unavailable' && !error.code.startsWith('STORE_')) return null
    throw error
  }
}
