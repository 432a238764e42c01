import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { openStore } from '../../adapters/store/index.ts'
import { backUpByHand } from '../../app/commands/backup.ts'
import { exportBeancountByHand } from '../../app/commands/export-beancount.ts'
import { restoreByHand } from '../../app/commands/restore.ts'
import { storeOptionsOf } from '../../app/compose/compose.ts'
import { readConfig, type Config } from '../../app/config.ts'
import { trialBalance, type TrialBalance } from '../../core/ledger/index.ts'
import { checkBeancount } from '../fixtures/beancount-checker.ts'
import { aDatabase, aSender, aService, type Service } from './a-service.ts'

const root = path.resolve(import.meta.dirname, '../..')
const site = { hospitals: [{ id: 'east', name: 'East' }], sources: [{ name: 'east', kind: 'mllp', hospital: 'east', port: 0 }] }
const isOnPostgres = process.env['TEST_DATABASE_URL'] !== undefined
const hasPrograms = spawnSync('pg_dump', ['--version']).status === 0 && spawnSync('pg_restore', ['--version']).status === 0
const needed = isOnPostgres && !hasPrograms ? { skip: 'pg_dump and pg_restore are not in PATH: backups of PostgreSQL were not tried' } : {}
const rejects = async (t: Test, work: Promise<unknown>, code: string, message: RegExp): Promise<void> => { await t.rejects(work, { code, message }) }

const charge = (serial: number): string => [
  `MSH|^~\\&|HIS|EAST|YIQIAO|EAST|20270301110000+0800||DFT^P03^DFT_P03|C${serial}|P|2.5.1|||||CHN|UNICODE UTF-8`,
  'EVN|P03|20270301110000+0800',
  `PID|1||P${serial % 5}^^^EAST^MR||Example^Patient||19800102|M`,
  'PV1|1|O|CLINIC^1^1^EAST',
  `FT1|1|T${serial}||20270301105500+0800|20270301110000+0800|CG|REG^Registration^L|||1|1.${String(serial % 100).padStart(2, '0')}&CNY|1.00&CNY`
].join('\r') + '\r'
const totalFen = (count: number): number => Array.from({ length: count }, (_, serial) => 100 + serial % 100).reduce((sum, fen) => sum + fen, 0)

async function booksOf (config: Config): Promise<TrialBalance> {
  const store = await openStore(storeOptionsOf(config))
  try {
    return await store.inReading((stores) => trialBalance(stores, null))
  } finally {
    await store.close()
  }
}

const debitOf = ({ accounts }: TrialBalance): number => accounts.filter(({ balanceFen }) => balanceFen > 0).reduce((sum, { balanceFen }) => sum + balanceFen, 0)

t.test('a hospital\'s service whose machine is lost → is there again from its backup, and has every acknowledged charge once when the HIS has sent again what came since [acc:C-23]', { ...needed, timeout: 240_000 }, async (t) => {
  const folder = t.testdir({ first: { 'sealing.key': 'a key that the product keeps\n' }, other: {}, elsewhere: { 'sms.secret': 'x' } })
  const siteFile = path.join(folder, 'site.json')
  writeFileSync(siteFile, JSON.stringify({ ...site, sms: { url: 'http://127.0.0.1:9/messages', secretFile: path.join(folder, 'elsewhere/sms.secret') } }))
  const database = await aDatabase(t)
  const settings = (dataDir: string): Readonly<Record<string, string>> => ({ ...database, DATA_DIR: path.join(folder, dataDir), SITE_CONFIG: siteFile })
  const configOf = (dataDir: string): Config => readConfig(settings(dataDir), { isDemo: false, root })
  const backup = path.join(folder, 'backup')

  const acknowledgedAt: Date[] = []
  const send = async (service: Service, from: number, to: () => number): Promise<void> => {
    const hospital = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
    for (let serial = from; serial < to(); serial++) {
      const said = parseMessage((await hospital.send(charge(serial))).toString('utf8')).get('MSA-1')
      if (said !== 'AA') throw new Error(`a charge was answered with ${said ?? 'nothing'}`)
      acknowledgedAt[serial] ??= new Date()
    }
  }

  const first = await aService(t, { environment: settings('first') })
  await send(first, 0, () => 60)
  await first.settled()
  let isOver = false
  const sending = send(first, 60, () => isOver ? 0 : Infinity)
  const report = await backUpByHand({ config: configOf('first'), root, args: [backup] })
  isOver = true
  await sending
  await first.settled()
  const sent = acknowledgedAt.length
  const manifest = JSON.parse(readFileSync(path.join(backup, 'manifest.json'), 'utf8'))

  await t.test('the backup is taken while charges come in, readable by its owner alone, and says what it holds and what it does not', async (t) => {
    t.ok(sent > 60, `${sent - 60} charges were acknowledged meanwhile`)
    t.ok(manifest.census.entries >= 60 && manifest.census.entries <= sent, 'it is of one moment')
    t.match(manifest, { product: 'yiqiao', database: isOnPostgres ? 'postgres' : 'sqlite', keepYourself: [{ setting: 'sms.secretFile', file: path.join(folder, 'elsewhere/sms.secret') }] })
    const keys = readdirSync(path.join(folder, 'first')).filter((name) => /\.(key|pem)$/.test(name)).sort()
    t.ok(keys.includes('sealing.key'))
    t.strictSame(manifest.files.map(({ name }: { name: string }) => name), [isOnPostgres ? 'yiqiao.dump' : 'yiqiao.sqlite', ...keys], 'the database, and every key that the product keeps itself')
    for (const { name, bytes, sha256 } of manifest.files) t.strictSame([bytes, sha256], [statSync(path.join(backup, name)).size, createHash('sha256').update(readFileSync(path.join(backup, name))).digest('hex')])
    t.strictSame([...new Set(readdirSync(backup).map((name) => statSync(path.join(backup, name)).mode & 0o777))], [0o600])
    const [balance] = manifest.census.trialBalance
    t.strictSame([balance.hospitalId, balance.debitFen, balance.creditFen], ['east', totalFen(manifest.census.entries), totalFen(manifest.census.entries)])
    t.match(report, /sms\.secretFile/)
    await t.rejects(backUpByHand({ config: configOf('first'), root, args: [backup] }), { message: /not empty/ })
  })

  await t.test('nothing is restored over a database that is there, nor, even by force, under a service that runs', async (t) => {
    await rejects(t, restoreByHand({ config: configOf('first'), root, args: [backup] }), 'RESTORE_REFUSED', /--force/)
    await rejects(t, restoreByHand({ config: configOf('first'), root, args: [backup, '--force'] }), 'RESTORE_REFUSED', /runs/)
  })
  await first.served.close()

  await t.test('a backup with a wrong byte, without its manifest or of a newer program is refused, and what stands stays', async (t) => {
    const before = await booksOf(configOf('first'))
    const spoilt = (name: string, spoil: (copy: string) => void): string => {
      const copy = path.join(folder, name)
      cpSync(backup, copy, { recursive: true })
      spoil(copy)
      return copy
    }
    const databaseName: string = manifest.files[0].name
    const wrongByte = spoilt('wrong-byte', (copy) => {
      const bytes = readFileSync(path.join(copy, databaseName))
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 100) ^ 1, bytes.length - 100)
      writeFileSync(path.join(copy, databaseName), bytes)
    })
    const rewritten = (name: string, census: object): string => spoilt(name, (copy) => { writeFileSync(path.join(copy, 'manifest.json'), JSON.stringify({ ...manifest, census: { ...manifest.census, ...census } })) })
    const force = (copy: string): Promise<string> => restoreByHand({ config: configOf('first'), root, args: [copy, '--force'] })
    await rejects(t, force(wrongByte), 'BACKUP_INVALID', /another SHA-256/)
    await rejects(t, force(path.join(folder, 'other')), 'BACKUP_INVALID', /no manifest/)
    await rejects(t, force(rewritten('newer', { newestMigration: '9999-of-tomorrow' })), 'BACKUP_INVALID', /newer program/)
    await rejects(t, force(rewritten('other-counts', { entries: 1 })), 'BACKUP_INVALID', /entries differ/)
    t.strictSame(await booksOf(configOf('first')), before)
  })

  await t.test('restored, its books and the heads of its chains are those of the backup, and its key is back', async (t) => {
    const begun = performance.now()
    const said = await restoreByHand({ config: configOf('other'), root, args: isOnPostgres ? [backup, '--force'] : [backup] })
    t.comment(`restored in ${Math.round(performance.now() - begun)} ms`)
    t.match(said, new RegExp(`from ${manifest.at} on`))
    t.equal(/kept as/.test(said), isOnPostgres)
    const books = await booksOf(configOf('other'))
    t.equal(books.isProven, true)
    t.equal(debitOf(books), totalFen(manifest.census.entries))
    const store = await openStore(storeOptionsOf(configOf('other')))
    const heads = await store.inReading(({ seals }) => Promise.all(['access', 'ledger'].map((chain) => seals.last(chain as 'ledger'))))
    await store.close()
    t.strictSame(heads.flatMap((seal) => seal === null ? [] : [{ chain: seal.chain, number: seal.number, head: seal.head }]), manifest.census.heads)
    t.equal(readFileSync(path.join(folder, 'other/sealing.key'), 'utf8'), 'a key that the product keeps\n')
    t.equal(statSync(path.join(folder, 'other/sealing.key')).mode & 0o777, 0o600)

    const again = await aService(t, { environment: settings('other') })
    const since = acknowledgedAt.findIndex((at) => at >= new Date(manifest.at))
    await send(again, Math.max(0, since - 10), () => sent)
    await again.settled()
    t.equal(debitOf(await booksOf(configOf('other'))), totalFen(sent), 'no acknowledged charge is lost, none is there twice')
    await again.served.close()
  })

  await t.test('by force it takes the place of what stands, which is kept', async (t) => {
    const said = await restoreByHand({ config: configOf('other'), root, args: [backup, '--force'] })
    t.match(said, /kept as .*before/)
    t.equal(debitOf(await booksOf(configOf('other'))), totalFen(manifest.census.entries))
  })

  await t.test('the command line exports the books for an independent checker', async (t) => {
    const file = path.join(folder, 'books.beancount')
    const store = await openStore(storeOptionsOf(configOf('other')))
    t.teardown(store.close)
    const asked = (...args: string[]): Promise<string> => exportBeancountByHand({ config: configOf('other'), root, store, args })
    t.equal(await asked('--hospital', 'east', '--until', '2027-03-01', '--file', file), '')
    const checked = checkBeancount(readFileSync(file, 'utf8'))
    t.strictSame([checked.faults, checked.transactions, statSync(file).mode & 0o777], [[], manifest.census.entries, 0o600])
    const printed = spawnSync(process.execPath, ['--import', 'tsx', 'app/yiqiao.ts', 'export', 'beancount', '--hospital', 'east'], { cwd: root, env: { PATH: process.env['PATH'], ...settings('other') }, encoding: 'utf8' })
    t.strictSame([printed.status, printed.stdout], [0, readFileSync(file, 'utf8')], printed.stderr)
    await t.rejects(asked('--hospital', 'north'), { message: /--hospital/ })
    await t.rejects(asked('--hospital', 'east', '--until', '2027-02-30'), { message: /--until/ })
  })

  await t.test('without the programs of PostgreSQL says so', { skip: isOnPostgres ? false : 'is about PostgreSQL' }, async (t) => {
    const store = await openStore(storeOptionsOf(configOf('first')))
    t.teardown(store.close)
    await rejects(t, store.backUp(path.join(folder, 'nothing'), { grew: () => undefined, environment: { PATH: path.join(folder, 'elsewhere') } }), 'BACKUP_IMPOSSIBLE', /pg_dump is not in PATH/)
  })
})
