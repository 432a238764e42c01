import mssql from 'mssql'
import { DomainError } from '../../core/errors.ts'
import { serverColumns, type ServerColumn } from './column-kinds.ts'
import { isConnectionTrouble, troubleOf } from './trouble.ts'

export interface ServerOptions {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** Read at each connection, so that a new password needs no restart. */
  readonly password: () => Promise<string>
  readonly encrypt: boolean
  /** PEM of the authority; null: those of the system. */
  readonly ca: string | null
  readonly timeoutMs: number
}

/** A value that is bound; `type` is the column's that it is compared with, so that an index of the HIS can serve. */
export type Bound =
  | { readonly kind: 'limit', readonly value: number }
  | { readonly kind: 'version', readonly value: Uint8Array }
  | { readonly kind: 'key', readonly value: string, readonly column: ServerColumn }
  | { readonly kind: 'time', readonly value: Date, readonly column: ServerColumn }

export interface Answer {
  readonly columns: readonly ServerColumn[]
  /** Values in the order of the columns. */
  readonly rows: ReadonlyArray<readonly unknown[]>
}

export interface ViewServer {
  /** Refused with VIEW_*. `view` only names the place of a refusal. */
  readonly read: (text: string, bound: Readonly<Record<string, Bound>>, view: string | null) => Promise<Answer>
  /** What runs is cancelled. */
  readonly close: () => Promise<void>
}

/** One connection to look, one for the nightly comparison. */
const connectionsMax = 2
const idleMs = 60_000
/** Of one value. A picture that is cut at it is over the limit of a row all the same, so it is never taken for whole. */
const mostValueBytes = 32 * 1024 * 1024

/** A pool that is opened when it is needed and thrown away when the connection is in trouble. */
export function viewServer (options: ServerOptions): ViewServer {
  const state: { pool: Promise<mssql.ConnectionPool> | null, readonly running: Set<mssql.Request>, isClosed: boolean } = { pool: null, running: new Set(), isClosed: false }
  const drop = async (): Promise<void> => {
    const { pool } = state
    state.pool = null
    if (pool !== null) await pool.then((open) => open.close()).catch(() => undefined)
  }
  return {
    read: async (text, bound, view) => {
      if (state.isClosed) throw new DomainError('VIEW_SERVER_UNREACHABLE', 'The source is being stopped.')
      try {
        state.pool ??= opened(options)
        const request = (await state.pool).request()
        state.running.add(request)
        try {
          return await run(request, text, bound)
        } finally {
          state.running.delete(request)
        }
      } catch (error) {
        const trouble = troubleOf(error, view)
        if (isConnectionTrouble(trouble)) await drop()
        throw trouble
      }
    },
    close: async () => {
      state.isClosed = true
      for (const request of state.running) request.cancel()
      await drop()
    }
  }
}

async function opened ({ host, port, database, user, password, encrypt, ca, timeoutMs }: ServerOptions): Promise<mssql.ConnectionPool> {
  const pool = new mssql.ConnectionPool({
    server: host,
    port,
    database,
    user,
    password: await password(),
    connectionTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    arrayRowMode: true,
    // An idle connection that died is noticed by its read, which is tried again; asking before each read costs a trip.
    validateConnection: 'socket',
    pool: { min: 0, max: connectionsMax, idleTimeoutMillis: idleMs },
    ...encrypt ? { beforeConnect: refuseInTheClear } : {},
    options: {
      encrypt,
      trustServerCertificate: false,
      ...ca === null ? {} : { cryptoCredentialsDetails: { ca } },
      appName: 'yiqiao',
      textsize: mostValueBytes,
      useUTC: true,
      readOnlyIntent: true,
      enableArithAbort: true
    }
  })
  // The pool tells of idle connections that break; the next read finds out by itself.
  pool.on('error', () => undefined)
  return pool.connect()
}

type Connection = Parameters<NonNullable<mssql.config['beforeConnect']>>[0]

/**
 * Where a server says that it knows no encryption, the driver (tedious 19) logs in in the clear although encryption was
 * asked for. Whoever sits in between could say so, too: then no password leaves.
 */
function refuseInTheClear (connection: Connection): void {
  let isSecure = false
  connection.once('secure', () => { isSecure = true })
  const sendLogin = connection.sendLogin7Packet.bind(connection)
  connection.sendLogin7Packet = () => {
    if (!isSecure) throw new DomainError('VIEW_SERVER_UNREACHABLE', 'The SQL Server offers no encryption. Have the hospital switch it on, or set encrypt to false where the network itself is protected.')
    sendLogin()
  }
}

async function run (request: mssql.Request, text: string, bound: Readonly<Record<string, Bound>>): Promise<Answer> {
  for (const [name, value] of Object.entries(bound)) bind(request, name, value)
  const { recordset } = await request.query<readonly unknown[]>(text)
  return { columns: serverColumns(recordset.columns), rows: recordset }
}

function bind (request: mssql.Request, name: string, bound: Bound): void {
  switch (bound.kind) {
    case 'limit': request.input(name, mssql.Int, bound.value); return
    case 'version': request.input(name, mssql.VarBinary(8), Buffer.from(bound.value)); return
    case 'time': request.input(name, bound.column.type === 'datetimeoffset' ? mssql.DateTimeOffset(7) : mssql.DateTime2(7), bound.value); return
    case 'key': bindKey(request, name, bound)
  }
}

function bindKey (request: mssql.Request, name: string, { value, column }: Extract<Bound, { kind: 'key' }>): void {
  switch (column.type) {
    case 'tinyint': case 'smallint': case 'int': request.input(name, mssql.Int, Number(value)); return
    case 'bigint': request.input(name, mssql.BigInt, value); return
    case 'uniqueidentifier': request.input(name, mssql.UniqueIdentifier, value); return
    case 'char': case 'varchar': request.input(name, mssql.VarChar, value); return
    default: request.input(name, mssql.NVarChar, value)
  }
}
