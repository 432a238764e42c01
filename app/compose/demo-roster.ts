import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { demoSites } from '../../adapters/simulators/hospital/site.ts'
import { viewDatabase } from '../../adapters/simulators/tds/database.ts'
import { createHospitalViews, hospitalViewNames } from '../../adapters/simulators/tds/hospital-views.ts'
import { startSqlServer } from '../../adapters/simulators/tds/sql-server.ts'
import type { Calendar, Clock } from '../../core/clock.ts'
import { addDays } from '../../core/days.ts'
import type { ViewsSourceConfig } from '../site-config.ts'

export interface DemoRoster {
  /** To be added to SITE_CONFIG. */
  readonly source: ViewsSourceConfig
  /** Shows the shifts of the day that the clock stands in and of the seven after; answers how many are new. */
  readonly catchUp: () => number
  readonly close: () => Promise<void>
}

const shifts = [['08:00', '12:00', 'AM', '20'], ['14:00', '17:30', 'PM', '15']] as const
const daysShown = 8

/** 排班视图. The hospital in the east takes bookings over its line, and shows its doctors' shifts as a view of a SQL Server. */
export async function openDemoRoster ({ dataDir, clock, calendar }: { readonly dataDir: string, readonly clock: Clock, readonly calendar: Calendar }): Promise<DemoRoster> {
  const { hospital, doctors } = demoSites.east
  const password = randomBytes(18).toString('base64url')
  const user = 'yiqiao_reader'
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const passwordFile = path.join(dataDir, 'demo-roster-password')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  const database = viewDatabase()
  createHospitalViews(database)
  const server = await startSqlServer({ host: '127.0.0.1', port: 0, database, user, password, tls: null })
  const shown = new Set<string>()
  const showDay = (date: string): number => {
    if (shown.has(date)) return 0
    shown.add(date)
    for (const { code, familyName, givenName, department } of doctors) {
      for (const [from, to, half, capacity] of shifts) {
        database.write(hospitalViewNames.roster, {
          roster_no: `${code}-${date}-${half}`, doctor_no: code, doctor_name: familyName + givenName, department_code: department.code, department_name: department.name,
          starts_at: `${date}T${from}:00`, ends_at: `${date}T${to}:00`, capacity, status: 'open', updated_at: `${calendar(clock.now())}T00:00:00`
        })
      }
    }
    return doctors.length * shifts.length
  }
  const catchUp = (): number => Array.from({ length: daysShown }, (_, place) => addDays(calendar(clock.now()), place)).reduce((rows, date) => rows + showDay(date), 0)
  catchUp()
  return {
    source: {
      name: `${hospital}-roster`, kind: 'views', hospital, host: '127.0.0.1', port: server.port, database: 'HIS', user, passwordFile, encrypt: false, views: { roster: hospitalViewNames.roster },
      pageSize: 200, rereadDays: 3, compareAt: '02:40', pollMs: 5_000, timeoutMs: 5_000, mappingSite: 'base', silentAfterMs: 0
    },
    catchUp,
    close: server.close
  }
}
