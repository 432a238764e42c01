import { compareFrozen, proveEscrows, type EscrowStores, type TransferTools } from '../core/escrow/index.ts'
import { alertWhile, type AlertDeps, type Job } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

type Deps = AlertDeps & { readonly inReading: InTransaction<Pick<EscrowStores, 'escrows' | 'ledger'>>, readonly transfers: Pick<TransferTools<EscrowStores>, 'inTransaction' | 'splitGateways'> }

/** 担保核对. The books, what the escrows hold, and what the channels keep frozen are the same; an alert stands for as long as they are not. */
export function proveEscrow ({ inReading, transfers, ...alertDeps }: Deps): Job {
  return {
    name: 'prove-escrow',
    schedule: '40 2 * * *',
    requirements: ['C4', 'C10', 'M10'],
    run: async (dueAt) => {
      const { escrows, heldFen, wrong } = await proveEscrows({ inReading })
      const { asked, differing } = await compareFrozen(transfers, dueAt)
      const detail = `${wrong.length} of ${escrows} escrows differ from the books, ${differing.length} of ${asked} from the channel`
      await alertWhile(alertDeps, { key: 'job:prove-escrow', detail, isTrouble: wrong.length + differing.length > 0, at: dueAt })
      return { escrows, heldFen, wrong: wrong.length, asked, differing: differing.length }
    }
  }
}
