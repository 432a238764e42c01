import mssql from 'mssql'
import { DomainError } from '../../core/errors.ts'
import { serverColumns } from './column-kinds.ts'
import type { Answer, Bound, ServerOptions } from './view-server.ts'

/** One connection to look, one for the nightly comparison. */
const connectionsMax = 2
const idleMs = 60_000
/** Of one value. A picture that is cut at it is over the limit of a row all the same, so it is never taken for whole. */
const mostValueBytes = 32 * 1024 * 1024

/** Opens the pool of one server; refuses with the driver's own errors, which trouble.ts reads. */
export async function openPool ({ host, port, database, user, password, encrypt, ca, timeoutMs }: ServerOptions): Promise<mssql.ConnectionPool> {
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

/** One statement with its values bound by the types of the columns that they are compared with. */
export async function run (request: mssql.Request, text: string, bound: Readonly<Record<string, Bound>>): Promise<Answer> {
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
