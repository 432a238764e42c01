import type { SqlColumn, SqlValue } from './values.ts'

export type SqlRow = Readonly<Record<string, SqlValue>>

/** A view as its readers see it. */
export interface ViewState {
  readonly name: string
  readonly key: string
  columns: readonly SqlColumn[]
  /** By key, each with the version of its last write. */
  readonly rows: Map<string, { readonly row: SqlRow, readonly version: bigint }>
}

/** Writes that are seen by nobody before `commit`, though their versions are given at once. */
export interface SqlTransaction {
  readonly write: (view: string, row: SqlRow) => void
  readonly commit: () => void
  readonly rollback: () => void
}

export interface ViewDatabase {
  readonly view: (name: string) => ViewState | undefined
  readonly create: (view: { readonly name: string, readonly key: string, readonly columns: readonly SqlColumn[] }) => void
  readonly begin: () => SqlTransaction
  /** Writes and commits. */
  readonly write: (view: string, row: SqlRow) => void
  /** Without any trace, as a HIS that deletes does. */
  readonly remove: (view: string, key: string) => void
  /** Changes a row behind the back of its version, as a restore or a careless script does. */
  readonly overwrite: (view: string, row: SqlRow) => void
  /** @@DBTS: the newest version given. */
  readonly newest: () => bigint
  /** MIN_ACTIVE_ROWVERSION(): the oldest version in a transaction that is not committed, else the next one to be given. */
  readonly oldestActive: () => bigint
  /** As after a restore of a backup: versions are given anew from there. */
  readonly restartVersions: (from: bigint) => void
}

interface Open {
  readonly writes: Array<{ readonly view: string, readonly row: SqlRow, readonly version: bigint }>
}

/** Tables of rows with versions, as much of a database as a reader of views can tell from its outside. */
export function viewDatabase (): ViewDatabase {
  const views = new Map<string, ViewState>()
  const open = new Set<Open>()
  const state = { version: 2000n }
  const put = (name: string, row: SqlRow, version: bigint): void => {
    const view = viewNamed(views, name)
    view.rows.set(keyOf(view, row), { row, version })
  }
  const begin = (): SqlTransaction => {
    const mine: Open = { writes: [] }
    open.add(mine)
    return {
      write: (view, row) => { mine.writes.push({ view, row, version: state.version += 1n }) },
      commit: () => {
        open.delete(mine)
        for (const { view, row, version } of mine.writes) put(view, row, version)
      },
      rollback: () => { open.delete(mine) }
    }
  }
  return {
    view: (name) => views.get(name.toLowerCase()),
    create: ({ name, key, columns }) => { views.set(name.toLowerCase(), { name, key, columns, rows: new Map() }) },
    begin,
    write: (view, row) => {
      const transaction = begin()
      transaction.write(view, row)
      transaction.commit()
    },
    remove: (name, key) => { viewNamed(views, name).rows.delete(key) },
    overwrite: (name, row) => {
      const view = viewNamed(views, name)
      put(name, row, view.rows.get(keyOf(view, row))?.version ?? 0n)
    },
    newest: () => state.version,
    oldestActive: () => [...open].flatMap(({ writes }) => writes.map(({ version }) => version)).reduce((oldest, version) => version < oldest ? version : oldest, state.version + 1n),
    restartVersions: (from) => { state.version = from }
  }
}

function viewNamed (views: ReadonlyMap<string, ViewState>, name: string): ViewState {
  const view = views.get(name.toLowerCase())
  if (view === undefined) throw new RangeError(`there is no view ${name}`)
  return view
}

function keyOf ({ key }: ViewState, row: SqlRow): string {
  const value = row[key]
  return typeof value === 'string' ? value : ''
}
