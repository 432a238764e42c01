import { chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { restoreStore } from '../../adapters/store/index.ts'
import { DomainError } from '../../core/errors.ts'
import { storeOptionsOf } from '../compose/compose.ts'
import { holdings } from './backup.ts'
import { parsed, UsageError, type Asked } from './command.ts'
import { describe, readVerified, type Manifest } from './manifest.ts'
import { progressOf } from './progress.ts'

/** 恢复. Everything is verified before anything is changed; what was there before is put aside, never deleted. */
export async function restoreByHand ({ config, args }: Asked): Promise<string> {
  const { values: { force }, positionals: [given] } = parsed(() => parseArgs({ args: [...args], allowPositionals: true, options: { force: { type: 'boolean', default: false } } }))
  if (given === undefined) throw new UsageError('restore FOLDER: one that `yiqiao backup` wrote.')
  const folder = path.resolve(given)
  const at = new Date()
  const manifest = await readVerified(folder, progressOf('verified'))
  const keys = await keysToPlace(manifest, { folder, dataDir: config.dataDir, force })
  const [database] = manifest.files.filter(({ what }) => what === 'database')
  if (database === undefined) throw new DomainError('BACKUP_INVALID', 'The manifest names no database.')
  const { putAside } = await restoreStore({
    store: storeOptionsOf(config), file: path.join(folder, database.name), census: manifest.census, postgres: manifest.postgres, replaces: force, at, grew: progressOf('restored'), environment: process.env
  })
  for (const name of keys) await place({ folder, dataDir: config.dataDir, name, at })
  return report(manifest, putAside)
}

interface Places {
  readonly folder: string
  readonly dataDir: string
}

/** Another key under the same name is not written over without --force: something may be sealed with it. */
async function keysToPlace ({ files }: Manifest, { folder, dataDir, force }: Places & { readonly force: boolean }): Promise<readonly string[]> {
  const wanted: string[] = []
  for (const { name, what, sha256 } of files) {
    if (what !== 'key') continue
    const there = existsSync(path.join(dataDir, name)) ? (await describe(dataDir, name, () => undefined)).sha256 : null
    if (there !== null && there !== sha256 && !force) throw new DomainError('RESTORE_REFUSED', `${name} in DATA_DIR is another key than in ${folder}. --force puts it aside and keeps it.`)
    if (there !== sha256) wanted.push(name)
  }
  return wanted
}

async function place ({ folder, dataDir, name, at }: Places & { readonly name: string, readonly at: Date }): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const file = path.join(dataDir, name)
  if (existsSync(file)) await rename(file, `${file}.before-${at.getTime()}`)
  const partial = `${file}.restoring`
  await rm(partial, { force: true })
  await copyFile(path.join(folder, name), partial)
  await chmod(partial, 0o600)
  await rename(partial, file)
}

function report ({ at, version, census, keepYourself }: Manifest, putAside: string | null): string {
  const missing = keepYourself.filter(({ file }) => !existsSync(file))
  return [
    `The backup of ${at} (version ${version}) is in place.`,
    ...holdings(census),
    ...putAside === null ? [] : [`What was there before is kept as ${putAside}; delete it when the new state has proven itself.`],
    'Next:',
    ...missing.map(({ setting, file }) => `  - put back ${file} (${setting}); it is not in a backup`),
    '  - start the service: it brings the database to its own version',
    `  - ask every hospital that sends over MLLP to send again what it sent from ${at} on; what is there already changes nothing. FHIR servers and views are asked anew by themselves`,
    '  - compare /v1/ledger/trial-balance with the figures above and with the hospitals\' own sums, and the heads of the chains with the copy that was kept elsewhere',
    '  - payments of the time between: the channels\' statements bring them (yiqiao jobs run reconcile-… --date DAY)'
  ].map((line) => `${line}\n`).join('')
}
