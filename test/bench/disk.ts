import { createRequire } from 'node:module'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'

/** How often a second this disk takes 4 kB and makes them durable, one after the other: the bound of a serial sender. */
export function fdatasyncRate (folder: string, forMs = 1500): number {
  const file = openSync(path.join(folder, 'fdatasync'), 'w')
  const page = Buffer.alloc(4096, 1)
  const from = performance.now()
  let count = 0
  while (performance.now() - from < forMs) {
    writeSync(file, page)
    fdatasyncSync(file)
    count += 1
  }
  closeSync(file)
  return count / ((performance.now() - from) / 1000)
}

interface RawDatabase {
  readonly exec: (sql: string) => void
  readonly prepare: (sql: string) => { readonly run: (...values: readonly unknown[]) => unknown }
  readonly close: () => void
}

/** One message row and an entry with two postings, prepared and direct, so many a durable commit: what SQLite itself takes here. */
export function rawInsertRate (folder: string, perCommit: number, count = 12_000): number {
  const Database = createRequire(import.meta.url)('libsql') as new (file: string) => RawDatabase
  const database = new Database(path.join(folder, 'raw.sqlite'))
  database.exec(`pragma journal_mode = wal; pragma synchronous = full;
    create table messages (sequence integer primary key, id text unique, raw blob);
    create table entries (id text primary key, source_key text unique);
    create table postings (entry text, account text, amount integer, primary key (entry, account)) without rowid`)
  const message = database.prepare('insert into messages (id, raw) values (?, ?)')
  const entry = database.prepare('insert into entries values (?, ?)')
  const posting = database.prepare('insert into postings values (?, ?, ?)')
  const raw = Buffer.alloc(500, 1)
  const from = performance.now()
  for (let index = 0; index < count; index++) {
    if (index % perCommit === 0) database.exec('begin immediate')
    message.run(`m${index}`, raw)
    entry.run(`e${index}`, `charge:${index}`)
    posting.run(`e${index}`, `AR:patient:${index % 500}`, 2580)
    posting.run(`e${index}`, 'REV:unsettled', -2580)
    if (index % perCommit === perCommit - 1) database.exec('commit')
  }
  const rate = count / ((performance.now() - from) / 1000)
  database.close()
  return rate
}
