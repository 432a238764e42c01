import { randomInt, randomUUID, createHash } from 'node:crypto'
import path from 'node:path'
import pg from 'pg'
import { createLogger } from '../../adapters/http/index.ts'
import { readConfig } from '../../app/config.ts'
import { timeOrderedIds } from '../../app/time-ordered-ids.ts'
import { nobodyOutside } from '../../app/compose/area.ts'
import { compose, type Composed } from '../../app/compose/compose.ts'
import { describeWith } from '../../app/compose/repair.ts'
import { rawInsertRate } from './disk.ts'
import { charge } from './messages.ts'
import { perSecond, usageOf, type BenchContext, type BenchRow, type Measured } from './row.ts'

const root = path.resolve(import.meta.dirname, '../..')
const count = 6_000
const hospitals = ['h1', 'h2', 'h3', 'h4']

/** Charges that wait in the inbox until they stand in the ledger: decode, parse, map, check, merge, post, mark. */
export const appliedRow: BenchRow = {
  name: 'applied',
  run: async (context) => {
    const measured: Measured[] = await measureOn(context, 'SQLite', {}, 1_000)
    measured.push({ what: 'bound: raw inserts of a message and an entry with two postings, 24 a commit', value: perSecond(rawInsertRate(context.folder, 24)), against: 'SQLite alone, no reading, mapping or FHIR records', isMet: null })
    const url = process.env['DATABASE_URL']
    if (url === undefined || url === '') measured.push({ what: 'PostgreSQL', value: 'not measured', against: 'set DATABASE_URL to a server where a schema may be made', isMet: null })
    else measured.push(...await inOwnSchema(url, (own) => measureOn(context, 'PostgreSQL', { DATABASE_URL: own }, 500)))
    return measured
  }
}

async function inOwnSchema<Result> (url: string, work: (own: string) => Promise<Result>): Promise<Result> {
  const schema = `yiqiao_bench_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`create schema ${schema}`)
  const own = new URL(url)
  own.searchParams.set('options', `-c search_path=${schema}`)
  try {
    return await work(own.href)
  } finally {
    await client.query(`drop schema ${schema} cascade`)
    await client.end()
  }
}

async function measureOn ({ folder, progress }: BenchContext, database: string, environment: Readonly<Record<string, string>>, goal: number): Promise<Measured[]> {
  const parts = await composeOn(path.join(folder, database), environment)
  try {
    const run = `${Date.now()}`
    await applyCharges(parts, { run: `${run}w`, spread: hospitals, count: 1_000 })
    progress(`${database}: spread over ${hospitals.length} hospitals`)
    const spread = await applyCharges(parts, { run: `${run}s`, spread: hospitals, count })
    progress(`${database}: all on one hospital`)
    const one = await applyCharges(parts, { run: `${run}o`, spread: ['h1'], count })
    return [
      { what: `${database}, charges applied end to end, 4 hospitals`, value: `${perSecond(spread.perSecond)}, ${spread.cpuMs.toFixed(2)} ms CPU each`, against: `goal ${perSecond(goal)}`, isMet: spread.perSecond >= goal },
      { what: `${database}, all on one hospital`, value: perSecond(one.perSecond), against: `goal 80 % of the spread case: ${Math.round(100 * one.perSecond / spread.perSecond)} %`, isMet: one.perSecond >= 0.8 * spread.perSecond }
    ]
  } finally {
    await parts.close()
  }
}

async function composeOn (dataDir: string, environment: Readonly<Record<string, string>>): Promise<Composed> {
  const config = readConfig({ ...process.env, SITE_CONFIG: '', DATABASE_URL: '', DATA_DIR: dataDir, ...environment }, { isDemo: false, root })
  const site = {
    ...config.site,
    hospitals: hospitals.map((id) => ({ id, name: id })),
    sources: hospitals.flatMap((name) => config.site.sources.map((source) => ({ ...source, name, hospital: name, port: 0 })))
  }
  return compose({
    config: { ...config, site },
    system: { wallClock: { now: () => new Date() }, ids: timeOrderedIds({ now: () => new Date() }), random: () => randomInt(2 ** 32) / 2 ** 32, log: createLogger({ level: 'silent' }), root },
    clockOf: async () => ({ now: () => new Date() }),
    sms: null,
    wechat: null,
    outside: nobodyOutside
  })
}

/** Receives first and lets nothing apply meanwhile, so that only applying is timed. */
async function applyCharges (parts: Composed, load: { readonly run: string, readonly spread: readonly string[], readonly count: number }): Promise<{ readonly perSecond: number, readonly cpuMs: number }> {
  const describe = describeWith(parts)
  const messages = Array.from({ length: load.count }, (_, index) => {
    const hospital = load.spread[index % load.spread.length] ?? 'h1'
    const raw = Buffer.from(charge(`${load.run}-${index}`, index % 500, hospital))
    const { parked, ...description } = describe({ source: hospital, format: 'hl7v2', raw })
    return { id: randomUUID(), source: hospital, hospitalId: hospital, format: 'hl7v2' as const, raw, ...description, parked, contentHash: createHash('sha256').update(raw).digest('hex'), dedupeKey: randomUUID(), receivedAt: new Date(), ack: Buffer.alloc(0), replayOf: null }
  })
  const usage = await usageOf(async () => {
    await Promise.all(messages.map((message) => parts.applying.receiver.receive(message)))
    await parts.applying.applier.drain()
  })
  const { groups, queued } = await parts.store.inReading(async ({ inbox }) => ({ groups: await inbox.deadLetterGroups(), queued: (await inbox.queued(0, 10)).length }))
  if (groups.length + queued > 0) throw new Error(`not all was applied: ${queued} queued, dead ${groups.map(({ code, count }) => `${count} ${code}`).join(', ')}`)
  return { perSecond: load.count / (usage.wallMs / 1000), cpuMs: usage.cpuMs / load.count }
}
