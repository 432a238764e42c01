import type { Calendar, Clock } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import type { Fault } from '../fault.ts'
import type { HisEvent } from '../hospital/his-event.ts'
import { planDay } from '../hospital/plan-day.ts'
import type { Step } from '../hospital/step.ts'
import { openJournal, type JournalItem } from '../journal.ts'
import { viewDatabase, type SqlRow, type SqlTransaction, type ViewDatabase } from './database.ts'
import { rowsOf, type WrittenRow } from './event-rows.ts'
import { createHospitalViews, hospitalViewNames, type HospitalView } from './hospital-views.ts'
import { southSite } from './south-site.ts'
import { startSqlServer, type SqlFaultKind } from './sql-server.ts'
import type { TlsIdentity } from './tls-tunnel.ts'

interface SimulatedViewHospitalOptions {
  readonly hospital: string
  readonly seed: number
  /** A day; at most 200. */
  readonly patients: number
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  readonly user: string
  readonly password: string
  readonly tls: TlsIdentity | null
  /** Business time. */
  readonly clock: Clock
  readonly calendar: Calendar
}

export interface SimulatedViewHospital {
  readonly port: number
  readonly database: ViewDatabase
  /** The business day that the clock stands in is played from now on: `catchUp` writes it as the clock goes. */
  readonly playDay: () => void
  /** Writes what has happened by now on the days that are played; answers how many rows. */
  readonly catchUp: () => number
  /** Rows that were written, newest last; without their bytes. */
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<SqlFaultKind>>) => void
  /**
   * day: all of the day at once. down, up: the server. hold, release: what is written in between stays in one
   * transaction that nobody sees. delete (key `charges/<number>`): a row goes without a trace. Refuses other acts.
   */
  readonly act: (act: { readonly act: string, readonly key: string | null }) => { readonly sent: number }
  readonly close: () => Promise<void>
}

export interface ViewEvent extends Pick<Step, 'at' | 'kind' | 'key' | 'money'> {
  readonly event: HisEvent
}

/**
 * The plan of a day as events, in their order. Resent, late and broken messages are troubles of messages: in a table
 * the row just stands as it is.
 */
export function planViewDay (wish: { readonly hospital: string, readonly seed: number, readonly date: string, readonly patients: number }): readonly ViewEvent[] {
  const events = new Map<string, HisEvent>()
  const site = southSite(wish.hospital, (controlId, event) => { events.set(controlId, event) })
  return planDay({ ...wish, site })
    .filter(({ fate, kind }) => fate === 'applied' && !messageTroubles.includes(kind))
    .flatMap((step) => {
      const event = events.get(step.controlId)
      return event === undefined ? [] : [{ at: step.at, kind: step.kind, key: step.key, money: step.money, event }]
    })
}

const messageTroubles: ReadonlyArray<Step['kind']> = ['message_resent', 'message_resent_under_new_id', 'late_update', 'broken_message']
const keptItems = 5_000

interface State {
  readonly options: SimulatedViewHospitalOptions
  readonly database: ViewDatabase
  readonly journal: ReturnType<typeof openJournal>
  /** Of the days that are played: how many events are written. */
  readonly written: Map<string, number>
  held: SqlTransaction | null
}

/** A hospital without an interface: its HIS writes tables, and a SQL Server shows views of them. */
export async function simulatedViewHospital (options: SimulatedViewHospitalOptions): Promise<SimulatedViewHospital> {
  const database = viewDatabase()
  createHospitalViews(database)
  const { host, port, user, password, tls, clock, calendar } = options
  const server = await startSqlServer({ host, port, database, user, password, tls })
  const state: State = { options, database, journal: openJournal(keptItems), written: new Map(), held: null }
  const today = (): string => calendar(clock.now())
  const acts: Readonly<Record<string, (key: string | null) => number>> = {
    day: () => write(state, today(), () => true),
    down: () => nothing(() => { server.setUp(false) }),
    up: () => nothing(() => { server.setUp(true) }),
    hold: () => nothing(() => { state.held ??= database.begin() }),
    release: () => nothing(() => {
      state.held?.commit()
      state.held = null
    }),
    delete: (key) => nothing(() => { remove(state, key) })
  }
  return {
    port: server.port,
    database,
    playDay: () => { state.written.set(today(), state.written.get(today()) ?? 0) },
    catchUp: () => [...state.written.keys()].reduce((rows, date) => rows + write(state, date, ({ at }) => at <= clock.now()), 0),
    items: state.journal.since,
    setFaults: server.setFaults,
    act: ({ act, key }) => {
      const work = Object.hasOwn(acts, act) ? acts[act] : undefined
      if (work === undefined) throw new DomainError('REQUEST_INVALID', `The SQL Server knows the acts ${Object.keys(acts).join(', ')}.`, 'act')
      return { sent: work(key) }
    },
    close: server.close
  }
}

function nothing (work: () => void): number {
  work()
  return 0
}

function write (state: State, date: string, isDue: (event: ViewEvent) => boolean): number {
  const { hospital, seed, patients } = state.options
  const from = state.written.get(date) ?? 0
  const due = planViewDay({ hospital, seed, patients, date }).slice(from).filter(isDue)
  state.written.set(date, from + due.length)
  const rows = due.flatMap((event) => rowsOf(event).map((written) => ({ written, at: event.at })))
  for (const { written, at } of rows) writeRow(state, written, at)
  return rows.length
}

function writeRow ({ database, held, journal }: State, { view, row: told }: WrittenRow, at: Date): void {
  const name = hospitalViewNames[view]
  const row = stillMerged(database, name, told)
  if (held === null) database.write(name, row)
  else held.write(name, row)
  const key = row[database.view(name)?.key ?? '']
  const shown = Object.fromEntries(Object.entries(row).filter(([, value]) => !Buffer.isBuffer(value)))
  journal.note({ at, kind: 'row', key: `${view}/${typeof key === 'string' ? key : ''}`, body: { view, row: shown } })
}

/** A desk that goes on with a record that was merged away does not undo the merge. */
function stillMerged (database: ViewDatabase, name: string, row: SqlRow): SqlRow {
  const number = row['patient_no']
  if (row['merged_into'] !== null || typeof number !== 'string') return row
  return { ...row, merged_into: database.view(name)?.rows.get(number)?.row['merged_into'] ?? null }
}

function remove ({ database }: State, key: string | null): void {
  const [view = '', row = ''] = (key ?? '').split('/')
  if (!Object.hasOwn(hospitalViewNames, view)) throw new DomainError('REQUEST_INVALID', 'Name the row as view/key, e.g. charges/<transaction>.', 'key')
  database.remove(hospitalViewNames[view as HospitalView], row)
}
