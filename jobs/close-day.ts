import type { Calendar } from '../core/clock.ts'
import { alertWhile, type AlertDeps, type Job, type SettingStore } from '../core/operations/index.ts'
import { closeHospitals, sinceOf, type ClosingRules, type ReconcileStores } from '../core/payments/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

/** 日结: after the statements, hourly; in order, so that a day that cannot be closed holds up those after it. */
export function closeDays<Stores extends ReconcileStores & { readonly settings: SettingStore }> ({ inTransaction, calendar, rules, hospitals, alerts }: {
  readonly inTransaction: InTransaction<Stores>
  readonly calendar: Calendar
  readonly rules: ClosingRules
  readonly hospitals: readonly string[]
  readonly alerts: AlertDeps
}): Job {
  return {
    name: 'close-day',
    schedule: '45 10-22 * * *',
    requirements: ['K-09'],
    run: async (dueAt) => {
      const since = await sinceOf({ inTransaction, calendar }, 'close-day', dueAt)
      const found = await closeHospitals(inTransaction, rules, { since, today: calendar(dueAt), hospitals, at: dueAt })
      await alertWhile(alerts, { key: 'job:close-day', detail: `${found.held} hospitals have a day that cannot be closed`, isTrouble: found.held > 0, at: dueAt })
      return found
    }
  }
}
