/**
 * A scheduled job asks "what must be true at this due instant?" and closes the gap (decision 5). It may run 0, 1 or
 * 5 times for the same instant and never reads the clock.
 */
export interface Job {
  readonly name: string
  /** Cron with five fields, in the business zone. */
  readonly schedule: string
  /** Requirement ids from docs/requirements.csv. */
  readonly requirements: readonly string[]
  readonly run: (dueAt: Date) => Promise<JobResult>
}

/**
 * What is due by the data and not by a calendar: a hold that runs out, a deadline. After a run its next instant is a
 * later one or null.
 */
export interface Timer<Stores> {
  readonly name: string
  /** Asked in one reading transaction with all others. */
  readonly nextDue: (stores: Stores) => Promise<Date | null>
  readonly run: (dueAt: Date) => Promise<JobResult>
}

/** Counts for the run record, e.g. { pruned: 120 }. */
export type JobResult = Readonly<Record<string, number>>

export interface JobRun {
  readonly job: string
  readonly dueAt: Date
  readonly status: 'running' | 'done' | 'failed'
  readonly attempts: number
  readonly startedAt: Date
  readonly finishedAt: Date | null
  readonly result: JobResult | null
  /** Error code, no free text of the data. */
  readonly error: string | null
}
