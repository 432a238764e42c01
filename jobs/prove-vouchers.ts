import { alertWhile, type AlertDeps, type Job } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'
import { proveStatistics, type VoucherCopyStore, type VoucherStatisticsStore } from '../core/vouchers/index.ts'

type Stores = { readonly voucherStatistics: VoucherStatisticsStore, readonly voucherCopies: VoucherCopyStore }

const mostDiffering = 1_000

/** 服务券核对. Counts against events and vouchers, and what person, back office and community keep; an alert stands for as long as they differ. */
export function proveVouchers ({ inReading, ...alertDeps }: AlertDeps & { readonly inReading: InTransaction<Stores> }): Job {
  return {
    name: 'prove-vouchers',
    schedule: '50 3 * * *',
    requirements: ['V-07', 'V-08', 'V-14'],
    run: async (dueAt) => {
      const { wrongCounts, wrongStates, differing } = await inReading(async (stores) => ({ ...await proveStatistics(stores), differing: (await stores.voucherCopies.differing(mostDiffering)).length }))
      const detail = `${wrongCounts} wrong counts, ${wrongStates} wrong states, ${differing} copies that differ`
      await alertWhile(alertDeps, { key: 'job:prove-vouchers', detail, isTrouble: wrongCounts + wrongStates + differing > 0, at: dueAt })
      return { wrongCounts, wrongStates, differing }
    }
  }
}
