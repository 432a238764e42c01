/**
 * Requirement → operations, jobs → tests with result, from docs/requirements.csv, the committed OpenAPI document, the
 * job list and the titles of the journeys (ids in brackets, e.g. `[K-01 K-06]`). Rows not done are printed and never
 * fail; a row marked done without a passing journey fails.
 *
 *   npm run requirements [-- --json]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { nobodyOutside } from '../app/compose/area.ts'
import { openConfiguredStore } from '../app/compose/compose.ts'
import { jobTools } from '../app/compose/job-tools.ts'
import { readConfig } from '../app/config.ts'
import type { Job } from '../core/operations/index.ts'

interface Requirement { readonly id: string, readonly title: string, readonly done: boolean }
interface TestResult { readonly title: string, readonly isOk: boolean, readonly ids: readonly string[] }
interface Traced {
  readonly id: string
  readonly done: boolean
  readonly passed: boolean
  readonly operations: readonly string[]
  readonly jobs: readonly string[]
  readonly tests: readonly string[]
}

const root = path.resolve(import.meta.dirname, '..')
const asJson = process.argv.includes('--json')

const requirements = readRequirements()
const known = new Set(requirements.map((requirement) => requirement.id))
const operations = readOperations()
const jobs = await listedJobs()
const results = await runJourneys()
const traced = requirements.map((requirement) => trace(requirement))
const broken = traced.filter((row) => row.done && !row.passed)

if (asJson) process.stdout.write(`${JSON.stringify({ requirements: traced })}\n`)
else printForPeople()
process.exitCode = broken.length === 0 ? 0 : 1

/** The jobs of the example site, on a store that is thrown away. */
async function listedJobs (): Promise<readonly Job[]> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'yiqiao-requirements-'))
  // Nothing is signed here and nobody talks, so neither keys nor the agreement are read.
  const read = readConfig({ SITE_CONFIG: path.join(root, 'deploy/example-site.json'), DATA_DIR: dataDir, FEED_KEY_FILE: 'none' }, { isDemo: false, root })
  const payAfterCare = Object.fromEntries(Object.entries(read.site.payAfterCare).filter(([name]) => name !== 'agreement')) as typeof read.site.payAfterCare
  const config = { ...read, site: { ...read.site, payAfterCare, calls: { ...read.site.calls, turn: [] } }, feedKeyFile: null }
  const store = await openConfiguredStore(config)
  try {
    return (await jobTools(config, store, { sms: null, wechat: null, outside: nobodyOutside })).jobs
  } finally {
    await store.close()
    await rm(dataDir, { recursive: true })
  }
}

function trace (requirement: Requirement): Traced {
  const tests = results.filter((result) => result.ids.includes(requirement.id))
  return {
    id: requirement.id,
    done: requirement.done,
    passed: tests.length > 0 && tests.every((result) => result.isOk),
    operations: operations.filter((operation) => operation.ids.includes(requirement.id)).map((operation) => operation.name),
    jobs: jobs.filter((job) => job.requirements.includes(requirement.id)).map((job) => job.name),
    tests: tests.map((result) => `${result.isOk ? 'ok' : 'FAILED'} ${result.title}`)
  }
}

function printForPeople (): void {
  for (const [index, row] of traced.entries()) {
    const state = row.done ? (row.passed ? 'done' : 'BROKEN') : 'open'
    process.stdout.write(`${row.id.padEnd(5)} ${state.padEnd(6)} ${requirements[index]?.title ?? ''}\n`)
    for (const [kind, names] of [['operation', row.operations], ['job', row.jobs], ['test', row.tests]] as const) {
      for (const name of names) process.stdout.write(`        ${kind}: ${name}\n`)
    }
  }
  const done = traced.filter((row) => row.done).length
  process.stdout.write(`${done} of ${traced.length} requirements done, ${broken.length} of them without a passing journey\n`)
}

function readRequirements (): Requirement[] {
  const [header = [], ...rows] = readFileSync(path.join(root, 'docs/requirements.csv'), 'utf8').trimEnd().split('\n').map(fieldsOf)
  const done = header.indexOf('done')
  return rows.map((row) => ({ id: row[0] ?? '', title: row[2] ?? '', done: row[done] === 'yes' }))
}

/** One line of RFC 4180 without line breaks inside fields. */
function fieldsOf (line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
}

function readOperations (): Array<{ name: string, ids: readonly string[] }> {
  const document = JSON.parse(readFileSync(path.join(root, 'test/fixtures/openapi.json'), 'utf8')) as
    { paths: Record<string, Record<string, { 'x-requirements'?: string[] }>> }
  return Object.entries(document.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${route}`, ids: operation['x-requirements'] ?? [] })))
}

/** Each journey in a process of its own, two at a time, as test/run.ts does. */
async function runJourneys (): Promise<readonly TestResult[]> {
  const waiting = (await readdir(path.join(root, 'test/journeys'))).filter((name) => name.endsWith('.test.ts')).sort()
  const found: TestResult[] = []
  await Promise.all([1, 2].map(async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) found.push(...await runJourney(path.join(root, 'test/journeys', file)))
  }))
  return found
}

async function runJourney (file: string): Promise<readonly TestResult[]> {
  const journey = spawn(process.execPath, ['--import', 'tsx', file], { cwd: root, env: { ...process.env, TAP_TIMEOUT: '300' }, stdio: ['ignore', 'pipe', 'ignore'] })
  const found: TestResult[] = []
  for await (const line of createInterface({ input: journey.stdout })) {
    const match = /^ *(not ok|ok) \d+ - (.*\[([^\]]+)\].*?)(?: # time=.*)?$/.exec(line)
    if (match === null || / # (SKIP|TODO)/i.test(line)) continue
    const ids = (match[3] ?? '').split(/\s+/).filter((id) => known.has(id))
    if (ids.length > 0) found.push({ title: match[2] ?? '', isOk: match[1] === 'ok', ids })
  }
  if (journey.exitCode === null) await once(journey, 'exit')
  return found
}
