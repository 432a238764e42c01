import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { SqliteDriver } from './libsql-client.ts'
import { refuseOtherCensus, stampOf, standsThere, stillRuns, type Restored, type Restoring } from './restoring.ts'
import { censusOfSqlite, freeLeases, readingSqlite } from './sqlite-copy.ts'
import { sqliteFileIn } from './sqlite-engine.ts'
import { watchGrowth } from './watch-growth.ts'

/** The journals of a database go with it. */
const suffixes = ['', '-wal', '-shm'] as const

export async function restoreSqlite ({ store: { dataDir, sqliteDriver = 'libsql' }, file, census, replaces, at, grew }: Restoring): Promise<Restored> {
  const filename = sqliteFileIn(dataDir ?? '')
  const arriving = `${filename}.restoring`
  const stands = await sizeOf(filename) > 0
  if (stands && !replaces) throw standsThere()
  if (stands) await refuseWhileRunning(filename, sqliteDriver, at)
  await mkdir(dirname(filename), { recursive: true, mode: 0o700 })
  try {
    await watchGrowth(arriving, grew, () => copyFile(file, arriving, constants.COPYFILE_FICLONE))
    await chmod(arriving, 0o600)
    refuseOtherCensus(census, await censusOfSqlite(arriving, sqliteDriver))
    await freeLeases(arriving, sqliteDriver)
    await onDisk(arriving)
  } catch (error) {
    await rm(arriving, { force: true })
    throw error
  }
  const putAside = stands ? `${filename}.before-${stampOf(at)}` : null
  for (const suffix of suffixes) await moveAway(`${filename}${suffix}`, putAside === null ? null : `${putAside}${suffix}`)
  await rename(arriving, filename)
  await onDisk(dirname(filename))
  return { putAside }
}

async function sizeOf (filename: string): Promise<number> {
  return await stat(filename).then(({ size }) => size, () => 0)
}

/** A database that cannot be read any more is no reason to refuse: it may be why somebody restores. */
async function refuseWhileRunning (filename: string, driver: SqliteDriver, at: Date): Promise<void> {
  const leases = await readingSqlite(filename, driver, async (rows) => rows(`select name from leases where until_ms > ${at.getTime()}`)).catch(() => [])
  if (leases.length > 0) throw stillRuns()
}

async function moveAway (from: string, to: string | null): Promise<void> {
  if (to === null) await rm(from, { force: true })
  else await rename(from, to).catch((error: unknown) => { if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error })
}

/** Of a folder: the names in it. */
async function onDisk (name: string): Promise<void> {
  const handle = await open(name, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
