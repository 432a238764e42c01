import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { DemoSimulator } from '../../adapters/http/index.ts'
import { hospitalViewNames } from '../../adapters/simulators/tds/hospital-views.ts'
import { simulatedViewHospital } from '../../adapters/simulators/tds/simulated-view-hospital.ts'
import type { Calendar, Clock } from '../../core/clock.ts'
import type { SiteConfig, ViewsSourceConfig } from '../site-config.ts'

export interface DemoViews {
  /** To be added to SITE_CONFIG. */
  readonly hospital: SiteConfig['hospitals'][number]
  readonly source: ViewsSourceConfig
  /** The day that the clock stands in is played as the clock goes. */
  readonly playDay: () => void
  /** Writes what has happened by now; to be called whenever business time has moved. */
  readonly catchUp: () => number
  readonly simulator: DemoSimulator
  readonly close: () => Promise<void>
}

const pollMs = 1_000
const timeoutMs = 5_000

/** The demo's hospital without an interface: a SQL Server of its own, over real TDS. */
export async function openDemoViews ({ dataDir, ...day }: {
  readonly dataDir: string
  readonly seed: number
  readonly patients: number
  readonly clock: Clock
  readonly calendar: Calendar
}): Promise<DemoViews> {
  const password = randomBytes(18).toString('base64url')
  const user = 'yiqiao_reader'
  const id = 'south'
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const passwordFile = path.join(dataDir, 'demo-views-password')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  const hospital = await simulatedViewHospital({ ...day, hospital: id, host: '127.0.0.1', port: 0, user, password, tls: null })
  return {
    hospital: { id, name: 'South Bridge Hospital 南桥医院' },
    source: {
      name: id, kind: 'views', hospital: id, host: '127.0.0.1', port: hospital.port, database: 'HIS', user, passwordFile, encrypt: false,
      views: hospitalViewNames, pageSize: 200, rereadDays: 3, compareAt: '02:30', pollMs, timeoutMs, mappingSite: 'base', silentAfterMs: 0
    },
    playDay: hospital.playDay,
    catchUp: hospital.catchUp,
    simulator: {
      items: async (since) => hospital.items(since),
      setFaults: async (faults) => { hospital.setFaults(faults as Parameters<typeof hospital.setFaults>[0]) },
      act: async (act) => hospital.act(act)
    },
    close: hospital.close
  }
}
