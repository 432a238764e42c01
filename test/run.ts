/**
 * Runs tap over the files given (default: all that need no server) and tells a person what was tested: each file, its
 * subjects, what failed and why. Closes with one line `N passed, N failed[, N skipped]` from tap's own counts and keeps
 * its exit code.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')

export async function runTap (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<number> {
  const tap = spawn(process.execPath, [path.join(root, 'node_modules/tap/dist/esm/run.mjs'), '--reporter=tap', ...args],
    { cwd: root, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] })
  let counts = '0 passed, 1 failed'
  let isInDiagnostic = false
  for await (const line of createInterface({ input: tap.stdout })) {
    const summary = /^# \{ total: (\d+), pass: (\d+)(?:, fail: (\d+))?(?:, skip: (\d+))?/.exec(line)
    if (summary !== null) counts = closingLine(summary)
    isInDiagnostic = report(line, isInDiagnostic)
  }
  const [code] = await (tap.exitCode === null ? once(tap, 'exit') : Promise.resolve([tap.exitCode])) as [number | null]
  process.stdout.write(`${counts}\n`)
  return code ?? 1
}

function closingLine ([, total, passed, failed = '0', skipped]: RegExpExecArray): string {
  const told = `${passed ?? total ?? '0'} passed, ${failed} failed`
  return skipped === undefined ? told : `${told}, ${skipped} skipped`
}

/** Prints files, their subjects, skips with their reasons, and every failure with its diagnostic. */
function report (line: string, wasInDiagnostic: boolean): boolean {
  const result = /^( *)(not ok|ok) \d+ - (.*?)(?: # time=.*)?$/.exec(line)
  if (result !== null) {
    const [, indent = '', verdict, title = ''] = result
    const isSubject = indent.length <= 4
    if (verdict === 'not ok' || isSubject || / # SKIP/i.test(title)) process.stdout.write(`${indent}${verdict === 'ok' ? '✓' : '✗ FAILED'} ${title}\n`)
    return verdict === 'not ok'
  }
  if (wasInDiagnostic && !/^ *# Subtest/.test(line)) {
    process.stdout.write(`${line}\n`)
    return !/^ *\.\.\.$/.test(line)
  }
  return false
}

if (process.argv[1] === import.meta.filename) process.exitCode = await runTap(process.argv.slice(2))
