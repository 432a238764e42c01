import type { Calendar } from '../core/clock.ts'
import { weekdayOf } from '../core/days.ts'
import { alertWhile, chainNames, proveNightly, type AlertDeps, type Job, type SealStore, type SettingStore } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

/** 审计链校验 (I-14): recounts both chains, every night what was sealed since Sunday, on Sundays all; an alert stands for as long as a seal does not hold. */
export function proveSeals ({ proving, calendar, ...alertDeps }: AlertDeps & {
  readonly proving: {
    readonly inTransaction: InTransaction<{ settings: SettingStore }>
    readonly inReading: InTransaction<{ seals: SealStore }>
    readonly hash: (text: string) => string
    readonly breathe: () => Promise<unknown>
  }
  readonly calendar: Calendar
}): Job {
  return {
    name: 'prove-seals',
    schedule: '50 2 * * *',
    requirements: [],
    run: async (dueAt) => {
      let seals = 0
      const broken: string[] = []
      for (const chain of chainNames) {
        const proof = await proveNightly(proving, chain, { isWhole: weekdayOf(calendar(dueAt)) === 0 })
        seals += proof.seals
        if (proof.broken !== null) broken.push(`${chain} ${proof.broken.number}: ${proof.broken.fault}`)
      }
      await alertWhile(alertDeps, { key: 'job:prove-seals', detail: broken.length === 0 ? 'all seals hold' : `a seal does not hold: ${broken.join(', ')}`, isTrouble: broken.length > 0, at: dueAt })
      return { seals, broken: broken.length }
    }
  }
}
