import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { calendarIn } from '../../core/clock.ts'
import { jobTools } from '../compose/job-tools.ts'
import { configuredParties } from '../compose/parties.ts'
import { parsed, UsageError, type Call } from './command.ts'

export async function listJobs ({ config, store, args }: Call): Promise<string> {
  const { values } = parsed(() => parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } }))
  const { jobs } = await jobTools(config, store, configuredParties(config, { wallClock: { now: () => new Date() }, ids: { next: randomUUID } }))
  const rows = await store.inReading(async ({ jobRuns }) => Promise.all(jobs.map(async ({ name, schedule, requirements }) => {
    const [last] = await jobRuns.list({ job: name }, { limit: 1, offset: 0 })
    return { name, schedule, requirements, lastDueAt: last?.dueAt.toISOString() ?? null, lastStatus: last?.status ?? null }
  })))
  if (values.json) return `${JSON.stringify({ jobs: rows })}\n`
  return rows.map((row) => `${row.name.padEnd(24)} ${row.schedule.padEnd(14)} ${row.lastStatus ?? 'never ran'} ${row.lastDueAt ?? ''}\n`).join('')
}

export async function runJobByHand ({ config, store, args }: Call): Promise<string> {
  const { values, positionals } = parsed(() => parseArgs({ args: [...args], allowPositionals: true, options: { date: { type: 'string' } } }))
  const [name] = positionals
  if (name === undefined || values.date === undefined || !/^\d{4}-\d\d-\d\d$/.test(values.date)) throw new UsageError('jobs run NAME --date YYYY-MM-DD')
  const { run } = await jobTools(config, store, configuredParties(config, { wallClock: { now: () => new Date() }, ids: { next: randomUUID } }))
  const ran = await run({ name, date: values.date, calendar: calendarIn(config.zone), now: new Date() })
  return `${ran.job} ${ran.dueAt.toISOString()} ${ran.status}\n`
}
