#!/usr/bin/env node
import { existsSync } from 'node:fs'
import path from 'node:path'
import { roles } from '../core/access/index.ts'
import { DomainError } from '../core/errors.ts'
import { backUpByHand } from './commands/backup.ts'
import { UsageError, withSettings, withStore, type Asked, type Command } from './commands/command.ts'
import { exportBeancountByHand } from './commands/export-beancount.ts'
import { loadFaces, reindexFaces, resealFaces } from './commands/faces.ts'
import { listJobs, runJobByHand } from './commands/jobs.ts'
import { replayByHand } from './commands/messages.ts'
import { restoreByHand } from './commands/restore.ts'
import { issueTokenByHand, listTokens, revokeToken } from './commands/tokens.ts'
import { ConfigError, readConfig } from './config.ts'
import { openConfiguredStore } from './compose/compose.ts'

const usage = `yiqiao — commands of the installation (settings as for npm start)

  yiqiao migrate                                     bring the database to the newest version
  yiqiao backup FOLDER                               copy database and key files, while the service runs
  yiqiao restore FOLDER [--force]                    put a backup in place, the service stopped; --force: where there is a database
  yiqiao export beancount --hospital ID [--until DATE] [--file FILE]
                                                     the books as text that another program can prove
  yiqiao faces reindex                               read every photo that waits, also of before the face database and of another model
  yiqiao faces load FOLDER --hospital ID [--manifest FILE] [--report FILE]
                                                     a hospital's photo archive, named by record number; goes on where it was left
  yiqiao faces reseal                                seal all templates with the first key of FACE_KEY_FILE
  yiqiao tokens issue --role ROLE [--person ID] [--organization ID] [--scope SCOPE …]
                      [--expires INSTANT | --days N] print a new bearer token, once
  yiqiao tokens list [--json]                        the newest 200 tokens: id, role, scopes, until when
  yiqiao tokens revoke ID                            end a token
  yiqiao jobs list [--json]                          jobs with their schedule and last run
  yiqiao jobs run NAME --date YYYY-MM-DD             run a job for its newest due instant of that day
  yiqiao messages replay [--id ID …] [--source S] [--type ADT] [--trigger A08] [--status dead]
                         [--record Patient/ID] [--from INSTANT] [--to INSTANT]
                                                     queue messages again; the running service applies them

Roles: ${roles.join(' ')}
`

/** By topic, or by topic and verb. */
const commands: Readonly<Record<string, Command>> = {
  migrate: withStore(async ({ store }) => `The ${store.dialect} database is at the newest version.\n`),
  backup: withSettings(backUpByHand),
  restore: withSettings(restoreByHand),
  'export beancount': withStore(exportBeancountByHand),
  'tokens issue': withStore(issueTokenByHand),
  'tokens list': withStore(listTokens),
  'tokens revoke': withStore(revokeToken),
  'faces reindex': withStore(reindexFaces),
  'faces load': withStore(loadFaces),
  'faces reseal': withStore(resealFaces),
  'jobs list': withStore(listJobs),
  'jobs run': withStore(runJobByHand),
  'messages replay': withStore(replayByHand)
}

async function main (args: readonly string[]): Promise<void> {
  const [topic = '', verb = ''] = args
  const name = [topic, `${topic} ${verb}`].find((one) => Object.hasOwn(commands, one))
  const command = name === undefined ? undefined : commands[name]
  if (name === undefined || command === undefined) throw new UsageError(topic === '' ? '' : `There is no command "${args.join(' ')}".`)
  const above = path.dirname(import.meta.dirname)
  const root = existsSync(path.join(above, 'package.json')) ? above : path.dirname(above)
  process.stdout.write(await run(command, { config: readConfig(process.env, { isDemo: false, root }), root, args: args.slice(name.split(' ').length) }))
}

async function run (command: Command, asked: Asked): Promise<string> {
  if (command.needs === 'settings') return await command.run(asked)
  const store = await openConfiguredStore(asked.config)
  try {
    return await command.run({ ...asked, store })
  } finally {
    await store.close()
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${usage}`)
  else if (error instanceof DomainError || error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
  else process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
