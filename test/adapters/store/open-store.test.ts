import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../../adapters/store/index.ts'
import { migrations } from '../../../adapters/store/migrations/index.ts'
import { postgresDialect } from '../../../adapters/store/postgres-dialect.ts'
import { sqliteDialect } from '../../../adapters/store/sqlite-dialect.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import { freshStore } from '../../fixtures/store.ts'

const onSqlite = process.env['TEST_DATABASE_URL'] === undefined ? {} : { skip: 'is about SQLite' }

t.test('a store', async (t) => {
  t.test('migrated up, down and up again → works as new', async (t) => {
    const store = await freshStore(t)
    await store.inTransaction(({ settings }) => settings.set('key', 'value'))
    t.strictSame(await store.migrate(), [], 'nothing is left to do')
    await store.unmigrate()
    await t.rejects(store.inTransaction(({ settings }) => settings.get('key')))
    t.strictSame(await store.migrate(), migrations.map(({ name }) => name))
    t.equal(await store.inTransaction(({ settings }) => settings.get('key')), null)
  })

  t.test('whose work throws → keeps nothing of it', async (t) => {
    const store = await freshStore(t)
    await t.rejects(store.inTransaction(async ({ settings, leases }) => {
      await settings.set('key', 'value')
      await leases.acquire({ name: 'l', holder: 'h', now: new Date(0), until: new Date(1) })
      throw new Error('a refusal')
    }), { message: 'a refusal' })
    t.equal(await store.inTransaction(({ settings }) => settings.get('key')), null)
  })

  t.test('used after its transaction → refuses', async (t) => {
    const store = await freshStore(t)
    const settings = await store.inTransaction(async ({ settings }) => settings)
    await t.rejects(settings.get('key'), { message: /after its transaction/ })
  })

  t.test('opened for reading → sees one moment, waits for no writer and writes nothing', async (t) => {
    const store = await freshStore(t)
    await store.inTransaction(({ settings }) => settings.set('key', 'old'))
    await store.inTransaction(async (writing) => {
      await writing.settings.set('key', 'new')
      t.equal(await store.inReading(({ settings }) => settings.get('key')), 'old')
    })
    await store.inReading(async (reading) => {
      t.equal(await reading.settings.get('key'), 'new')
      await store.inTransaction(({ settings }) => settings.set('key', 'newest'))
      t.equal(await reading.settings.get('key'), 'new')
    })
    await t.rejects(store.inReading(({ settings }) => settings.set('key', 'x')))
    t.equal(await store.inReading(({ settings }) => settings.get('key')), 'newest')
  })

  t.test('asked by many at once → answers all, and lets timers run in between', async (t) => {
    const store = await freshStore(t)
    await store.ping()
    let ticks = 0
    const timer = setInterval(() => { ticks++ }, 1)
    for (let turn = 0; turn < 200; turn++) await store.inTransaction(({ settings }) => settings.set('turn', String(turn)))
    clearInterval(timer)
    t.ok(ticks > 0, 'a chain of transactions does not starve timers')
    await Promise.all(Array.from({ length: 50 }, (_, place) => store.inTransaction(({ settings }) => settings.set(`many-${place}`, 'x'))))
    await Promise.all(Array.from({ length: 50 }, (_, place) => store.inReading(async ({ settings }) => { t.equal(await settings.get(`many-${place}`), 'x') })))
  })

  t.test('→ refuses to change or delete what is written for good [I-04]', async (t) => {
    const store = await freshStore(t)
    const at = new Date('2026-03-02T01:00:00Z')
    await store.inTransaction(async ({ ledger, audit, records }) => {
      await ledger.append({ id: 'e1', hospitalId: 'east', kind: 'charge', sourceKey: 'k', effectiveOn: '2026-03-02' as CalendarDate, postedAt: at, reverses: null, memo: null,
        postings: [{ account: 'a', amountFen: fen(1) }, { account: 'b', amountFen: fen(-1) }] })
      await audit.append([{ id: 'a1', at, tokenId: null, role: null, personId: null, action: 'read', target: 'Patient', targetId: null, patientId: null, outcome: 'allowed', requestId: 'r1' }])
      const record = { type: 'Patient', id: 'p1', version: 1, lastUpdated: at, resource: { resourceType: 'Patient' }, elementTimes: {}, hospitalId: null, patientId: null, source: 's', mappingVersion: null, searchValues: [] }
      await records.save([record, { ...record, version: 2 }])
    })
    for (const change of ["update entries set memo = 'x'", 'delete from entries', 'update postings set amount_fen = 2', 'delete from postings', "update audit_events set target = 'x'", 'delete from audit_events',
      "update record_versions set source = 'x'", 'delete from record_versions']) {
      await t.rejects(store.runByHand(change), { message: /is append-only/ }, change)
    }
    await t.rejects(store.runByHand("insert into postings (entry, place, hospital_id, account, amount_fen) values (1, 5, 'east', 'a', 0)"), 'a posting of nothing')
    await t.rejects(store.runByHand("insert into postings (entry, place, hospital_id, account, amount_fen) values (1, 5, 'east', 'a', 9000000000000001)"), 'a posting too large')
  })
})

t.test('an SQLite store', onSqlite, async (t) => {
  t.test('→ is a file that only its owner reads, durable at every commit', async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'yiqiao-store-'))
    const store = await openStore({ dataDir: join(dataDir, 'new') })
    t.teardown(async () => { await store.close(); await rm(dataDir, { recursive: true }) })
    await store.migrate()
    const modes = await Promise.all(['', '-wal', '-shm'].map(async (end) => (await stat(join(dataDir, 'new', `yiqiao.sqlite${end}`))).mode & 0o777))
    t.strictSame(modes, [0o600, 0o600, 0o600])
    t.strictSame(await store.runByHand('pragma synchronous'), [{ synchronous: 2 }])
    t.strictSame(await store.runByHand('pragma journal_mode'), [{ journal_mode: 'wal' }])
    t.strictSame(await store.runByHand('pragma foreign_keys'), [{ foreign_keys: 1 }])
  })

  t.test('that another process writes to → is unavailable, and comes back', async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'yiqiao-store-'))
    const [one, two] = [await openStore({ dataDir }), await openStore({ dataDir, busyTimeoutMs: 20 })]
    t.teardown(async () => { await one.close(); await two.close(); await rm(dataDir, { recursive: true }) })
    await one.migrate()
    await one.inTransaction(async ({ settings }) => {
      await settings.set('key', 'one')
      await t.rejects(two.inTransaction(({ settings }) => settings.set('key', 'two')), { code: 'STORE_UNAVAILABLE' })
    })
    await two.inTransaction(({ settings }) => settings.set('key', 'two'))
    t.equal(await one.inReading(({ settings }) => settings.get('key')), 'two')
  })

  t.test('opened a second time in a process → still holds its journal, so that another process which looks and leaves takes nothing away', async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'yiqiao-store-'))
    const first = await openStore({ dataDir })
    await first.migrate()
    await first.inTransaction(({ settings }) => settings.set('key', 'first'))
    const second = await openStore({ dataDir })
    t.teardown(async () => { await second.close(); await rm(dataDir, { recursive: true }) })
    await second.inTransaction(({ settings }) => settings.set('key', 'second'))
    await first.close()
    await second.inTransaction(({ settings }) => settings.set('key', 'last'))
    const elsewhere = (): string => execFileSync(process.execPath, ['-e', `const Database = require('libsql')
      const database = new Database(${JSON.stringify(join(dataDir, 'yiqiao.sqlite'))})
      console.log(database.prepare("select value from settings where name = 'key'").get().value)
      database.close()`], { encoding: 'utf8' }).trim()
    t.equal(elsewhere(), 'last')
    t.ok((await stat(join(dataDir, 'yiqiao.sqlite-wal'))).size > 0, 'the journal is there as before')
    await second.inTransaction(({ settings }) => settings.set('key', 'after'))
    t.equal(elsewhere(), 'after')
  })

  t.test('with a driver that is not installed → says what to do', async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'yiqiao-store-'))
    t.teardown(() => rm(dataDir, { recursive: true }))
    await t.rejects(openStore({ dataDir, sqliteDriver: 'better-sqlite3' }), { message: /SQLITE_DRIVER asks for better-sqlite3/ })
  })
})

t.test('a PostgreSQL store that does not answer → is unavailable', async (t) => {
  const store = await openStore({ databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' })
  t.teardown(() => store.close())
  await t.rejects(store.ping(), { code: 'STORE_UNAVAILABLE' })
  await t.rejects(store.inTransaction(({ settings }) => settings.get('key')), { code: 'STORE_UNAVAILABLE' })
})

t.test('a migration that was released → never changes', async (t) => {
  const released = JSON.parse(await readFile(new URL('./migration-hashes.json', import.meta.url), 'utf8')) as Record<string, string>
  const hashes = Object.fromEntries(migrations.map(({ name, up, down }) => [name, createHash('sha256')
    .update(JSON.stringify([sqliteDialect, postgresDialect].map(({ words }) => [up(words), down(words)]))).digest('hex')]))
  t.strictSame(hashes, released, 'write a new migration instead, and add its hash to migration-hashes.json')
})
