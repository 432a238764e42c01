import { alertWhile, type AlertDeps, type Job, type JobResult } from '../core/operations/index.ts'

/**
 * Every night all rows of a hospital's views are compared with what was taken in: what was missed or has changed is
 * taken in now. Rows that are gone are told to whoever is on call; nothing is deleted, because nobody knows whether the
 * hospital took them back.
 */
export function compareViews ({ source, compareAt, compare, ...alertDeps }: AlertDeps & {
  readonly source: string
  /** HH:MM, business time. */
  readonly compareAt: string
  readonly compare: (dueAt: Date) => Promise<JobResult & { readonly vanished: number }>
}): Job {
  const [hour, minute] = compareAt.split(':').map(Number)
  return {
    name: `compare-views-${source}`,
    schedule: `${minute ?? 0} ${hour ?? 0} * * *`,
    requirements: ['K-03'],
    run: async (dueAt) => {
      const found = await compare(dueAt)
      const detail = `${found.vanished} rows of ${source} are gone from its views since the comparison before`
      await alertWhile(alertDeps, { key: `job:compare-views-${source}`, detail, isTrouble: found.vanished > 0, at: dueAt })
      return found
    }
  }
}
