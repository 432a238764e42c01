import { alertWhile, chainNames, proveChain, type AlertDeps, type Job, type SealStore } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

/** 审计链校验 (I-14): recounts both chains every night; an alert stands for as long as a seal does not hold. */
export function proveSeals ({ inReading, hash, breathe, ...alertDeps }: AlertDeps & {
  readonly inReading: InTransaction<{ seals: SealStore }>
  readonly hash: (text: string) => string
  readonly breathe: () => Promise<unknown>
}): Job {
  return {
    name: 'prove-seals',
    schedule: '50 2 * * *',
    requirements: [],
    run: async (dueAt) => {
      let seals = 0
      const broken: string[] = []
      for (const chain of chainNames) {
        const proof = await proveChain({ inReading, hash, breathe }, chain)
        seals += proof.seals
        if (proof.broken !== null) broken.push(`${chain} ${proof.broken.number}: ${proof.broken.fault}`)
      }
      await alertWhile(alertDeps, { key: 'job:prove-seals', detail: broken.length === 0 ? 'all seals hold' : `a seal does not hold: ${broken.join(', ')}`, isTrouble: broken.length > 0, at: dueAt })
      return { seals, broken: broken.length }
    }
  }
}
