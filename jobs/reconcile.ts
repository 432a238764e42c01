import { alertWhile, type AlertDeps, type Job, type SettingStore } from '../core/operations/index.ts'
import { reconcileParties, type Party, type ReconcileDeps, type ReconcileStores, type StatementSource } from '../core/payments/index.ts'

/** After the hour at which each party makes its statements, and again until the day's is there. HIS first, the bank last. */
const schedules: Readonly<Record<StatementSource, string>> = { his: '0 1,4,7,10-22/3 * * *', insurance: '30 9-21/2 * * *', wechat: '15 10-22 * * *', alipay: '20 10-22 * * *', bank: '30 10-22 * * *' }

/** 对账: the statements of one source against our side, for every day of the last 30 that is not reconciled. */
export function reconcile<Stores extends ReconcileStores & { readonly settings: SettingStore }> ({ source, parties, reconciling, ...alertDeps }: AlertDeps & {
  readonly source: StatementSource
  readonly parties: ReadonlyArray<Party<Stores>>
  readonly reconciling: ReconcileDeps<Stores>
}): Job {
  const name = `reconcile-${source}`
  return {
    name,
    schedule: schedules[source],
    requirements: ['K-09'],
    run: async (dueAt) => {
      const found = await reconcileParties(reconciling, parties, { job: name, at: dueAt })
      const detail = `${found.refused} statements of ${source} are refused, ${found.late} are late`
      await alertWhile(alertDeps, { key: `job:${name}`, detail, isTrouble: found.refused + found.late > 0, at: dueAt })
      return found
    }
  }
}
