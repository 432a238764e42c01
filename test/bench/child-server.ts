import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

const root = path.resolve(import.meta.dirname, '../..')

export interface ChildServer {
  readonly http: number
  readonly mllp: number
  readonly pid: number
  /** From the start of the process to `listening`. */
  readonly readyMs: number
  readonly stop: () => Promise<void>
}

/** The built product (`npm run build`) as a process of its own, so that load and server share the machine as they would. */
export async function startChildServer (environment: Readonly<Record<string, string>>): Promise<ChildServer> {
  const from = performance.now()
  const child = spawn(process.execPath, [path.join(root, 'dist/app/server.js')],
    { cwd: root, env: { ...process.env, DATABASE_URL: '', SITE_CONFIG: '', HTTP_PORT: '0', MLLP_PORT: '0', LOG_LEVEL: 'info', ...environment }, stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) {
    const told = JSON.parse(line) as { msg?: string, http?: number, mllp?: number }
    if (told.msg !== 'listening') continue
    const readyMs = performance.now() - from
    child.stdout.resume()
    return {
      http: told.http ?? 0,
      mllp: told.mllp ?? 0,
      pid: child.pid ?? 0,
      readyMs,
      stop: async () => {
        child.kill('SIGTERM')
        if (child.exitCode === null) await once(child, 'exit')
      }
    }
  }
  throw new Error('the server ended before it listened; run npm run build first')
}
