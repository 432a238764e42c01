/**
 * Runs tap test files (default: all that need no server), each in a process of its own, three at a time, and tells a
 * person what was tested: each file, its subjects, what failed and why. Closes with one line
 * `N passed, N failed[, N skipped]` from tap's own counts; exit code 1 where anything failed.
 *
 * A tap file is a program of its own, and is run as a bundle (bundle.ts). Alone: node --import tsx FILE.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { bundleTests } from './bundle.ts'

const root = path.resolve(import.meta.dirname, '..')
/** One more than the cores of the smallest machine: some files wait for timers. */
const jobs = 3
/** Generous, since other work may share the machine: what hangs ends all the same. */
const fileTimeoutMs = 600_000
const subjectTimeoutSeconds = '300'

interface FileResult {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export async function runTap (asked: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<number> {
  const waiting = [...asked.length > 0 ? asked : await filesThatNeedNoServer()]
  const bundles = await bundleTests(waiting)
  const total = { passed: 0, failed: 0, skipped: 0 }
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { passed, failed, skipped } = await runFile(file, bundles.of(file), environment)
      total.passed += passed
      total.failed += failed
      total.skipped += skipped
    }
  }))
  await bundles.drop()
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${total.skipped === 0 ? '' : `, ${total.skipped} skipped`}\n`)
  return total.failed === 0 ? 0 : 1
}

/** The long ones first, so that none of them is left alone at the end. */
async function filesThatNeedNoServer (): Promise<readonly string[]> {
  const found = (await readdir(path.join(root, 'test'), { recursive: true })).filter((name) => name.endsWith('.test.ts') && !/^(services|bench)\//.test(name)).sort()
  const isLong = (name: string): boolean => /^(journeys|adapters)\//.test(name)
  return [...found.filter((name) => name.startsWith('journeys/')), ...found.filter((name) => isLong(name) && !name.startsWith('journeys/')), ...found.filter((name) => !isLong(name))].map((name) => `test/${name}`)
}

/** What a file printed is shown when it is done, so that two files do not mix. */
async function runFile (file: string, bundle: string, environment: Readonly<Record<string, string>>): Promise<FileResult> {
  const startedAt = performance.now()
  const test = spawn(process.execPath, ['--enable-source-maps', bundle],
    { cwd: root, env: { ...process.env, TAP_TIMEOUT: subjectTimeoutSeconds, ...environment }, stdio: ['ignore', 'pipe', 'pipe'], timeout: fileTimeoutMs, killSignal: 'SIGKILL' })
  const [printed, complaints, [code]] = await Promise.all([textOf(test.stdout), textOf(test.stderr), once(test, 'close') as Promise<[number | null]>])
  const result = resultOf(printed, code)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(`${result.failed === 0 ? '✓' : '✗ FAILED'} ${file} (${seconds} s)\n${report(printed)}${result.failed === 0 ? '' : complaints}`)
  return result
}

async function textOf (stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}

/** A file that ends badly without a failed test has failed all the same. */
function resultOf (printed: string, code: number | null): FileResult {
  const [, passed = '0', failed = '0', skipped = '0'] = /^# \{ total: \d+(?:, pass: (\d+))?(?:, fail: (\d+))?(?:, skip: (\d+))?/m.exec(printed) ?? []
  return { passed: Number(passed), failed: code === 0 ? Number(failed) : Math.max(1, Number(failed)), skipped: Number(skipped) }
}

/** Subjects, skips with their reasons, and every failure with its diagnostic. */
function report (printed: string): string {
  const lines: string[] = []
  let isInDiagnostic = false
  for (const line of printed.split('\n')) {
    const [, indent = '', verdict, title = ''] = /^( *)(not ok|ok) \d+ - (.*?)(?: # time=.*)?$/.exec(line) ?? []
    if (verdict !== undefined) {
      if (verdict === 'not ok' || indent === '' || / # SKIP/i.test(title)) lines.push(`    ${indent}${verdict === 'ok' ? '✓' : '✗ FAILED'} ${title}`)
      isInDiagnostic = verdict === 'not ok'
    } else if (isInDiagnostic && !/^ *# Subtest/.test(line)) {
      lines.push(`    ${line}`)
      isInDiagnostic = !/^ *\.\.\.$/.test(line)
    }
  }
  return lines.map((line) => `${line}\n`).join('')
}

if (process.argv[1] === import.meta.filename) process.exitCode = await runTap(process.argv.slice(2))
