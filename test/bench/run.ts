/**
 * npm run bench -- [ROW…]: the goals of docs/ARCHITECTURE.md, each with its peer or physical bound in the same run, to
 * stdout and BENCHMARKS.md. Peers live in test/bench/package.json (`npm ci --prefix test/bench`); a row whose peer is
 * not installed says so and measures the rest.
 */
import { mkdtempSync, rmSync, writeFileSync, readFileSync, existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { adviceRow } from './advice.ts'
import { appliedRow } from './applied.ts'
import { clientsRow } from './clients.ts'
import { conversionRow } from './conversion.ts'
import { faceSearchRow } from './face-search.ts'
import { facesRow } from './faces.ts'
import { feedRow } from './feed.ts'
import { fhirSearchRow } from './fhir-search.ts'
import { mllpRow } from './mllp.ts'
import { outboundRow } from './outbound.ts'
import { parseRow } from './parse.ts'
import { postingsRow } from './postings.ts'
import { reconciliationRow } from './reconciliation.ts'
import { releaseRow } from './release.ts'
import { restRow } from './rest.ts'
import type { BenchRow, Measured } from './row.ts'
import { startRow } from './start.ts'
import { sweepRow } from './sweep.ts'
import { validationRow } from './validation.ts'
import { vouchersRow } from './vouchers.ts'

const rows: readonly BenchRow[] = [adviceRow, parseRow, conversionRow, mllpRow, appliedRow, restRow, releaseRow, startRow, validationRow, fhirSearchRow, outboundRow, clientsRow, postingsRow, sweepRow, reconciliationRow, feedRow, facesRow, faceSearchRow, vouchersRow]
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !rows.some((row) => row.name === name))
if (unknown.length > 0) {
  process.stderr.write(`No row ${unknown.join(', ')}. Rows: ${rows.map((row) => row.name).join(', ')}\n`)
  process.exit(2)
}

const file = path.resolve(import.meta.dirname, '../../BENCHMARKS.md')
const kept = existsSync(file) ? sectionsOf(readFileSync(file, 'utf8')) : new Map<string, string>()
for (const row of rows) {
  if (asked.length > 0 && !asked.includes(row.name)) continue
  const folder = mkdtempSync(path.join(os.tmpdir(), 'yiqiao-bench-'))
  try {
    process.stdout.write(`# ${row.name}\n`)
    const measured = await row.run({ folder, progress: (text) => process.stderr.write(`  … ${text}\n`) })
    for (const line of measured) process.stdout.write(`${line.isMet === null ? ' ' : line.isMet ? '✓' : '✗'} ${line.what}: ${line.value} (${line.against})\n`)
    kept.set(row.name, section(row.name, measured))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
writeFileSync(file, `# Benchmarks\n\nWritten by \`npm run bench\`: what one machine measured on the day given, with peers and bounds in the same run. ✓ met, ✗ short.\n\n${[...kept.values()].join('\n')}`)

function section (name: string, measured: readonly Measured[]): string {
  const machine = `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${os.availableParallelism()} cores`
  const lines = measured.map((line) => `| ${line.isMet === null ? '' : line.isMet ? '✓' : '✗'} | ${line.what} | ${line.value} | ${line.against} |`)
  return `## ${name}\n\n${machine}\n\n| | what | measured | against |\n|---|---|---|---|\n${lines.join('\n')}\n`
}

function sectionsOf (text: string): Map<string, string> {
  return new Map(text.split(/^(?=## )/m).slice(1).map((part) => [/^## (\S+)/.exec(part)?.[1] ?? '', `${part.trimEnd()}\n`]))
}
