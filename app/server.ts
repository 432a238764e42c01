import { randomInt } from 'node:crypto'
import path from 'node:path'
import { existsSync } from 'node:fs'
import { createLogger } from '../adapters/http/index.ts'
import { ConfigError, readConfig, type Config } from './config.ts'
import { serve, type Served } from './compose/serve.ts'
import type { System } from './compose/compose.ts'
import { timeOrderedIds } from './time-ordered-ids.ts'

/** The process: settings in, signals and exit codes out. Everything else is in compose/. */
async function main (): Promise<void> {
  const root = rootOf(import.meta.dirname)
  const config = configOf(root)
  const log = createLogger({ level: config.logLevel })
  const wallClock = { now: () => new Date() }
  const system: System = {
    wallClock,
    ids: timeOrderedIds(wallClock),
    random: () => randomInt(2 ** 32) / 2 ** 32,
    log,
    root
  }
  const served = await serve(config, system)
  closeOnSignals(served, log)
}

/** package.json stands one folder above app/, or two above dist/app/. */
function rootOf (folder: string): string {
  const above = path.dirname(folder)
  return existsSync(path.join(above, 'package.json')) ? above : path.dirname(above)
}

function configOf (root: string): Config {
  try {
    return readConfig(process.env, { isDemo: process.argv.includes('--demo'), root })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\nThe service was not started. docs/configuration.md explains each setting.\n`)
    process.exit(2)
  }
}

/** A second signal does not wait. */
function closeOnSignals (served: Served, log: System['log']): void {
  let isClosing = false
  const close = (signal: NodeJS.Signals): void => {
    if (isClosing) process.exit(1)
    isClosing = true
    log.info({ signal }, 'closing')
    served.close().then(() => { process.exit(0) }, (error: unknown) => {
      log.error({ err: error }, 'closing failed')
      process.exit(1)
    })
  }
  process.on('SIGINT', close)
  process.on('SIGTERM', close)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\nThe service was not started.\n`)
  process.exit(1)
})
