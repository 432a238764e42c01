import { chmod, copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { openStore, type Census, type Copied } from '../../adapters/store/index.ts'
import { storeOptionsOf, versionOf } from '../compose/compose.ts'
import { parsed, UsageError, type Asked } from './command.ts'
import { filesElsewhere, keyFilesIn } from './key-files.ts'
import { describe, writeManifest, type BackedUpFile, type Manifest } from './manifest.ts'
import { progressOf, sizeOf } from './progress.ts'

/**
 * 备份. Database and key files into an empty folder, while the service runs. The database stays at its version: a backup
 * is taken before an upgrade, too. What is not whole has no manifest.
 */
export async function backUpByHand ({ config, root, args }: Asked): Promise<string> {
  const { positionals: [given] } = parsed(() => parseArgs({ args: [...args], allowPositionals: true }))
  if (given === undefined) throw new UsageError('backup FOLDER: a folder that is empty or is to be made.')
  const folder = path.resolve(given)
  await makeEmpty(folder)
  const at = new Date()
  const { file, copied } = await copyDatabase({ config, folder })
  const keys = await keyFilesIn(config.dataDir)
  for (const name of keys) {
    await copyFile(path.join(config.dataDir, name), path.join(folder, name))
    await chmod(path.join(folder, name), 0o600)
  }
  const manifest: Manifest = {
    format: 1, product: 'yiqiao', version: versionOf(root).version, at: at.toISOString(), database: copied.postgres === null ? 'sqlite' : 'postgres', postgres: copied.postgres,
    files: await described(folder, [{ name: file, what: 'database' }, ...keys.map((name) => ({ name, what: 'key' as const }))]),
    census: copied.census,
    keepYourself: filesElsewhere(config, process.env)
  }
  await writeManifest(folder, manifest)
  return report(folder, manifest)
}

async function makeEmpty (folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw new UsageError('backup FOLDER: the folder is not empty; name another one.')
}

async function copyDatabase ({ config, folder }: Pick<Asked, 'config'> & { readonly folder: string }): Promise<{ readonly file: string, readonly copied: Copied }> {
  const file = config.databaseUrl === null ? 'yiqiao.sqlite' : 'yiqiao.dump'
  const store = await openStore(storeOptionsOf(config))
  try {
    return { file, copied: await store.backUp(path.join(folder, file), { grew: progressOf('copied'), environment: process.env }) }
  } catch (error) {
    await rm(path.join(folder, file), { force: true })
    throw error
  } finally {
    await store.close()
  }
}

async function described (folder: string, files: ReadonlyArray<Pick<BackedUpFile, 'name' | 'what'>>): Promise<BackedUpFile[]> {
  const all: BackedUpFile[] = []
  for (const one of files) all.push({ ...one, ...await describe(folder, one.name, progressOf(`hashed of ${one.name}`)) })
  return all
}

function report (folder: string, { files, census, keepYourself }: Manifest): string {
  return [
    `${folder}: ${files.map(({ name, bytes }) => `${name} ${sizeOf(bytes)}`).join(', ')}`,
    ...holdings(census),
    ...keepYourself.length === 0 ? [] : ['Not in it, keep them yourself:', ...keepYourself.map(({ setting, file }) => `  ${setting}  ${file}`)]
  ].map((line) => `${line}\n`).join('')
}

export function holdings ({ newestMigration, entries, messages, records, trialBalance, heads }: Census): readonly string[] {
  return [
    `${entries} entries, ${messages} messages, ${records} records, up to ${newestMigration}`,
    ...trialBalance.map(({ hospitalId, accounts, debitFen, creditFen }) => `  ${hospitalId}: ${accounts} accounts, debit ${debitFen} fen, credit ${creditFen} fen`),
    ...heads.map(({ chain, number, head }) => `  chain ${chain}: seal ${number}, head ${head}`)
  ]
}
