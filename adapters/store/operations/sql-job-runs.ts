import type { JobResult, JobRun, JobRunStore } from '../../../core/operations/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface JobRunRow {
  readonly job: string
  readonly due_at_ms: number
  readonly status: JobRun['status']
  readonly attempts: number
  readonly started_at_ms: number
  readonly finished_at_ms: number | null
  readonly result: string | null
  readonly error: string | null
}

const columns = ['job', 'due_at_ms', 'status', 'attempts', 'started_at_ms', 'finished_at_ms', 'result', 'error']
const save = upsert('job_runs', ['job', 'due_at_ms'], columns)

/** From name to name by the key, and of each from its end: a maximum would read every run there ever was. */
const lastDone = `with recursive names (job) as (
    select min(job) from job_runs union all select (select min(job) from job_runs where job > names.job) from names where names.job is not null)
  select job, (select due_at_ms from job_runs where job = names.job and status = 'done' order by due_at_ms desc limit 1) as due_at_ms from names where job is not null`

export function sqlJobRuns ({ sql, build }: Unit): JobRunStore {
  return {
    find: async (job, dueAt) => {
      const row = await sql.first<JobRunRow>('select * from job_runs where job = ? and due_at_ms = ?', [job, dueAt.getTime()])
      return row && runOf(row)
    },
    save: async (run) => {
      await sql.run(save, [run.job, run.dueAt.getTime(), run.status, run.attempts, run.startedAt.getTime(), msOrNull(run.finishedAt),
        run.result === null ? null : JSON.stringify(run.result), run.error])
    },
    lastDone: async () => new Map((await sql.all<{ readonly job: string, readonly due_at_ms: number | null }>(lastDone, [])).flatMap(({ job, due_at_ms: ms }) => ms === null ? [] : [[job, instant(ms)]])),
    list: async ({ job }, { limit, offset }) => {
      const query = build('job_runs').select('*').limit(limit).offset(offset).orderByRaw('due_at_ms desc, job')
      if (job !== null) query.where('job', job)
      return (await sql.built<JobRunRow>(query)).map(runOf)
    }
  }
}

function runOf (row: JobRunRow): JobRun {
  return {
    job: row.job,
    dueAt: instant(row.due_at_ms),
    status: row.status,
    attempts: row.attempts,
    startedAt: instant(row.started_at_ms),
    finishedAt: instantOrNull(row.finished_at_ms),
    result: row.result === null ? null : json<JobResult>(row.result),
    error: row.error
  }
}
