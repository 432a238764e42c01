import { readFileSync } from 'node:fs'
import { loadMappings } from '../../../app/load-mappings.ts'
import { followViews, type ViewsPoller, type ViewsPollerDeps, type ViewsSource } from '../../../adapters/his-views/index.ts'
import { viewDatabase, type SqlRow, type ViewDatabase } from '../../../adapters/simulators/tds/database.ts'
import { createHospitalViews, hospitalViewNames, type HospitalView } from '../../../adapters/simulators/tds/hospital-views.ts'
import { startSqlServer, type SimulatedSqlServer } from '../../../adapters/simulators/tds/sql-server.ts'
import type { Store } from '../../../adapters/store/index.ts'
import { calendarIn } from '../../../core/clock.ts'
import type { StoredMessage } from '../../../core/inbox/index.ts'
import { compileSite } from '../../../mappings/index.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'

const sources = await loadMappings('mappings')
export const baseMapping = compileSite({ ...sources, sites: { base: { messages: {}, segments: {}, codeTables: {} } } }, 'base')

export const pem = (name: string): string => readFileSync(`test/fixtures/tls/throwaway-${name}.pem`, 'utf8')

const aDayMs = 86_400_000
export const login = { user: 'yiqiao_reader', password: 'not-a-secret-密' } as const

export interface FollowedHospital {
  readonly store: Store
  readonly database: ViewDatabase
  readonly server: SimulatedSqlServer
  readonly poller: ViewsPoller
  /** Business time, to be moved. */
  readonly time: { now: Date }
  readonly write: (view: HospitalView, row: SqlRow) => void
  /** What was taken in since the last call, oldest first. */
  readonly taken: () => Promise<readonly StoredMessage[]>
  /** One look, then what it took in: `controlId`s. */
  readonly look: () => Promise<readonly string[]>
  /** Code of a view's trouble; null while it is up. */
  readonly codeOf: (view: HospitalView) => string | null
}

interface Over {
  readonly views?: readonly HospitalView[]
  readonly names?: Partial<Record<HospitalView, string>>
  readonly pageSize?: number
  readonly timeoutMs?: number
  readonly tls?: boolean
  readonly server?: Partial<ViewsSource['server']>
  readonly deps?: (store: Store) => Partial<ViewsPollerDeps>
  /** What is there before the first look. */
  readonly prepare?: (database: ViewDatabase, server: SimulatedSqlServer) => void
}

/** A SQL Server with the views of the demo, empty, and whoever follows them by real TDS. */
export async function aFollowedHospital (t: Teardown, over: Over = {}): Promise<FollowedHospital> {
  const store = await freshStore(t)
  const database = viewDatabase()
  createHospitalViews(database)
  const tls = over.tls === true ? { key: pem('server-key'), cert: pem('server') } : null
  const server = await startSqlServer({ host: '127.0.0.1', port: 0, database, ...login, tls })
  t.teardown(() => server.close())
  over.prepare?.(database, server)
  const time = { now: new Date('2027-03-01T02:00:00Z') }
  let ids = 0
  const poller = followViews({
    name: 'south',
    hospitalId: 'south',
    server: { host: over.tls === true ? 'localhost' : '127.0.0.1', port: server.port, database: 'HIS', user: login.user, password: async () => login.password, encrypt: tls !== null, ca: null, timeoutMs: over.timeoutMs ?? 5_000, ...over.server },
    views: (over.views ?? ['patients', 'visits', 'charges', 'roster']).flatMap((view) => {
      const table = baseMapping.views.get(view)
      return table === undefined ? [] : [{ table, name: over.names?.[view] ?? hospitalViewNames[view] }]
    }),
    pageSize: over.pageSize ?? 100,
    rereadDays: 3,
    pollMs: aDayMs
  }, {
    inTransaction: store.inTransaction,
    inReading: store.inReading,
    ids: { next: () => `message-${++ids}` },
    lease: { hold: async () => true, release: async () => undefined },
    isPaused: () => false,
    notify: () => undefined,
    clock: { now: () => time.now },
    calendar: calendarIn('Asia/Shanghai'),
    wallClock: { now: () => time.now },
    random: () => 0,
    ...over.deps?.(store)
  })
  t.teardown(() => poller.stop())
  let after = 0
  const taken = async (): Promise<readonly StoredMessage[]> => {
    const queued = await store.inReading(({ inbox }) => inbox.queued(after, 10_000))
    after = queued.at(-1)?.sequence ?? after
    return store.inReading(({ inbox }) => inbox.load(queued.map(({ id }) => id)))
  }
  return {
    store, database, server, poller, time, taken,
    write: (view, row) => { database.write(hospitalViewNames[view], row) },
    look: async () => {
      await poller.look()
      return (await taken()).map(({ controlId }) => controlId ?? '')
    },
    codeOf: (view) => poller.status().views.find((status) => status.view === view)?.code ?? null
  }
}

export const aPatient = (patientNo: string, given: SqlRow = {}): SqlRow => ({
  patient_no: patientNo, name: '曹𬍛', sex: '男', birth_date: '1968-12-30', id_card_no: null, phone: '000-0000-0601', address: '无名市样例街1号', merged_into: null,
  updated_at: '2027-03-01T09:00:00.250', remark: null, ...given
})

export const aCharge = (number: string, given: SqlRow = {}): SqlRow => ({
  transaction_id: number, patient_no: 'S1', visit_no: 'SV1', kind: 'charge', cancels: null, item_code: 'F001', item_name: '挂号费', quantity: '1', unit_price: '15.00', amount: '15.00',
  charged_at: '2027-03-01T09:10:00', updated_at: '2027-03-01T09:10:00', ...given
})

export const aShift = (number: string, given: SqlRow = {}): SqlRow => ({
  roster_no: number, doctor_no: '5001', doctor_name: '白例山', department_code: '11', department_name: '内科', starts_at: '2027-03-02T08:00:00', ends_at: '2027-03-02T12:00:00',
  capacity: '30', status: 'open', updated_at: '2027-03-01T07:00:00', ...given
})
