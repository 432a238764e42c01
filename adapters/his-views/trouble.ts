import { DomainError, type ErrorCode } from '../../core/errors.ts'

/** What a driver's error may tell: its code (mssql) and the server's number of the error. Never its text, which may quote data. */
interface DriverError {
  readonly code: string
  readonly number: number | null
}

/** Whether the connection itself is the trouble: then every view of the source has it. */
export function isConnectionTrouble (error: unknown): boolean {
  return error instanceof DomainError && (error.code === 'VIEW_SERVER_UNREACHABLE' || error.code === 'VIEW_LOGIN_REFUSED')
}

export function isSlow (error: unknown): boolean {
  return error instanceof DomainError && error.code === 'VIEW_SLOW'
}

/** Refusals in our words; what is not the driver's is left as it is. */
export function troubleOf (error: unknown, view: string | null): unknown {
  const driver = driverError(error)
  if (driver === null) return error
  const ours = refusalWithin(error)
  if (ours !== null) return ours
  const [code, message] = wordsFor(driver)
  const refusal = new DomainError(code, message, view ?? undefined)
  refusal.cause = error
  return refusal
}

const lostCodes = ['ESOCKET', 'ECONNCLOSED', 'ENOTOPEN', 'ECONNRESET', 'ECONNREFUSED', 'EINSTLOOKUP', 'ENOCONN', 'EPIPE', 'ETIMEOUTCONNECT']
/** Error numbers of SQL Server (sys.messages): logins, databases; object; column; permission; deadlock and lock time-out. */
const loginNumbers = [4060, 4064, 18450, 18451, 18452, 18456, 18461, 18470, 18486, 18487, 18488]
const busyNumbers = [1204, 1205, 1222, 3960, 8645, 8649, 8651]

const busy = ['VIEW_BUSY', 'The SQL Server gave up the read for others (deadlock, locks or memory). It is tried again; READ_COMMITTED_SNAPSHOT avoids most of it.'] as const
const refusedLogin = ['VIEW_LOGIN_REFUSED', 'The SQL Server refuses the login. Check user, passwordFile and database in SITE_CONFIG with the hospital.'] as const
const forbidden = ['VIEW_FORBIDDEN', 'The login may not read the view. Run the login script of deploy/his-views.'] as const

const byNumber: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map<number, readonly [ErrorCode, string]>([
  ...loginNumbers.map((number) => [number, refusedLogin] as const),
  ...busyNumbers.map((number) => [number, busy] as const),
  ...[229, 230, 916].map((number) => [number, forbidden] as const),
  [208, ['VIEW_NOT_FOUND', 'The view is not there. Check its name in SITE_CONFIG, and the right to see it.']],
  [207, ['VIEW_COLUMN_MISSING', 'A column of the view is gone. Compare the view with deploy/his-views.']]
])

function wordsFor ({ code, number }: DriverError): readonly [ErrorCode, string] {
  if (code === 'ELOGIN') return refusedLogin
  if (lostCodes.includes(code)) return ['VIEW_SERVER_UNREACHABLE', 'The SQL Server does not answer or closed the connection. Check host, port, encrypt and caFile in SITE_CONFIG, and the network to the hospital.']
  if (code === 'ETIMEOUT') return ['VIEW_SLOW', 'The view does not answer in time. Have the hospital index what the view is read by, or raise timeoutMs.']
  if (number === null) return ['VIEW_UNREADABLE', 'The SQL Server refused the read.']
  return byNumber.get(number) ?? ['VIEW_UNREADABLE', `The SQL Server refused the read with error ${number}. Look it up with the hospital.`]
}

/** A refusal of our own on its way through the driver. */
function refusalWithin (error: unknown, depth = 0): DomainError | null {
  if (error instanceof DomainError) return error
  if (!(error instanceof Error) || depth > 4) return null
  return refusalWithin(error.cause ?? ('originalError' in error ? error.originalError : null), depth + 1)
}

function driverError (error: unknown): DriverError | null {
  if (!(error instanceof Error) || error instanceof DomainError) return null
  const { code, number, name } = error as Error & { readonly code?: unknown, readonly number?: unknown }
  if (typeof code !== 'string') return null
  // Both a connection and a request may time out under one code.
  const isConnecting = name === 'ConnectionError' && code === 'ETIMEOUT'
  return { code: isConnecting ? 'ETIMEOUTCONNECT' : code, number: typeof number === 'number' ? number : null }
}
