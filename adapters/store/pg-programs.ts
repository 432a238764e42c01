import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { DomainError } from '../../core/errors.ts'

type Program = 'pg_dump' | 'pg_restore'

/** Programs of PostgreSQL run with the environment of this process, which is handed in: PATH, and TLS files of libpq. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Their messages are shown to an operator, so not without end. */
const mostComplaintBytes = 4_000

/** The major version; refuses where the program is not there or older than `atLeast`, which it could not read. */
export async function programVersion (program: Program, atLeast: number, environment: Environment): Promise<number> {
  const said = await run(program, ['--version'], environment)
  const version = Number(/\(PostgreSQL\) (\d+)/.exec(said)?.[1] ?? 0)
  if (version < atLeast) throw new DomainError('BACKUP_IMPOSSIBLE', `${program} is of version ${version}, which does not know PostgreSQL ${atLeast}. Install the client of version ${atLeast} or newer.`)
  return version
}

/** Runs to its end; answers what it printed. */
export async function run (program: Program, args: readonly string[], environment: Environment): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...environment } })
  const begun = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  try {
    const [printed, complaints, [code, signal]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), begun])
    if (code === 0) return printed
    throw new DomainError('BACKUP_IMPOSSIBLE', `${program} ended with ${code === null ? signal ?? 'a signal' : `code ${code}`}: ${complaints.slice(0, mostComplaintBytes).trim()}`)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new DomainError('BACKUP_IMPOSSIBLE', `${program} is not in PATH. Install the PostgreSQL client of the version of the server.`)
    throw error
  }
}

async function textOf (stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}

/** The password goes by the environment, since everybody on the machine reads the arguments of a program. */
export function connectionOf (databaseUrl: string, environment: Environment): { readonly url: string, readonly environment: Environment } {
  if (!URL.canParse(databaseUrl)) return { url: databaseUrl, environment }
  const url = new URL(databaseUrl)
  const password = url.searchParams.get('password') ?? decodeURIComponent(url.password)
  url.password = ''
  url.searchParams.delete('password')
  // libpq takes a plus for a plus.
  return { url: url.href.replace(url.search, url.search.replaceAll('+', '%20')), environment: password === '' ? environment : { ...environment, PGPASSWORD: password } }
}
