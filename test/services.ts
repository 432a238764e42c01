/**
 * The same contracts on the servers of a cluster. PostgreSQL is found by DATABASE_URL, Redis by REDIS_URL; each test has
 * a schema and a key prefix of its own, and whatever a killed test left behind is dropped at the end of the run.
 */
import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { runTap } from './run.ts'

const databaseUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
const prefix = `yiqiao_test_${randomUUID().slice(0, 8)}`
const waitMs = 5000
/** Each contract makes some schemas of its own, each with all migrations: the whole of them take some minutes on two busy cores. */
const fileTimeoutSeconds = '540'

/** Host and port only: a URL may hold a password. */
function placeOf (url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is no URL'
}

async function withPostgres <Result> (work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: waitMs })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Any answer shows a Redis: also the error of one that wants a password first. */
async function pingRedis (): Promise<void> {
  const { hostname, port } = new URL(redisUrl)
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port === '' ? 6379 : port) }, () => { socket.write('PING\r\n') })
    const end = (error?: Error): void => {
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    socket.setTimeout(waitMs, () => { end(new Error('no answer')) })
    socket.once('error', end)
    socket.once('data', (answer) => { end(/^(\+PONG|-)/.test(answer.toString()) ? undefined : new Error('another answer than PONG')) })
  })
}

async function missing (): Promise<string | null> {
  const [postgres, redis] = await Promise.allSettled([withPostgres((client) => client.query('select 1')), pingRedis()])
  const absent = [
    ...(postgres.status === 'rejected' ? [`PostgreSQL at ${placeOf(databaseUrl)} (DATABASE_URL)`] : []),
    ...(redis.status === 'rejected' ? [`Redis at ${placeOf(redisUrl)} (REDIS_URL)`] : [])
  ]
  return absent.length === 0 ? null : `test:services needs ${absent.join(' and ')}: it does not answer.`
}

async function dropSchemas (): Promise<void> {
  await withPostgres(async (client) => {
    const { rows } = await client.query<{ schema_name: string }>('select schema_name from information_schema.schemata where starts_with(schema_name, $1)', [prefix])
    for (const { schema_name: schema } of rows) await client.query(`drop schema "${schema}" cascade`)
  })
}

async function dropKeys (): Promise<void> {
  const redis = new Redis(redisUrl)
  for await (const keys of redis.scanStream({ match: `${prefix}*` }) as AsyncIterable<string[]>) if (keys.length > 0) await redis.del(...keys)
  await redis.quit()
}

async function files (): Promise<readonly string[]> {
  const own = await readdir(path.join(import.meta.dirname, 'services')).catch(() => [])
  return ['test/adapters/store/stores.test.ts', 'test/adapters/store/open-store.test.ts', 'test/journeys/spine.test.ts', 'test/journeys/backup.test.ts', 'test/journeys/demo-day.test.ts', 'test/journeys/back-to-the-hospital.test.ts', 'test/journeys/operator.test.ts', 'test/journeys/every-way-in.test.ts',
    ...own.filter((name) => name.endsWith('.test.ts')).map((name) => `test/services/${name}`)]
}

const fault = await missing()
if (fault === null) {
  try {
    process.exitCode = await runTap(await files(), { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl, TEST_SCHEMA_PREFIX: prefix, TAP_TIMEOUT: fileTimeoutSeconds })
  } finally {
    await dropSchemas()
    await dropKeys()
  }
} else {
  process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}
