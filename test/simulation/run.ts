import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Proof } from './proofs.ts'
import { simulate, type Simulated } from './simulate.ts'

/** npm run simulate -- --days N --hospitals N --seed N [--visits N] [--settle N] [--folder DIR] [--keep]: prints the seed and the proofs; exit code 1 where one does not hold. */
const { values } = parseArgs({ options: { days: { type: 'string', default: '30' }, hospitals: { type: 'string', default: '3' }, seed: { type: 'string' }, visits: { type: 'string', default: '3' }, settle: { type: 'string', default: '9' }, folder: { type: 'string', default: tmpdir() }, keep: { type: 'boolean', default: false } } })
const number = (name: 'days' | 'hospitals' | 'visits' | 'settle', most: number): number => {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 1 || value > most) throw new Error(`--${name} is a whole number from 1 to ${most}`)
  return value
}
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (!Number.isInteger(seed)) throw new Error('--seed is a whole number')
const folder = mkdtempSync(path.join(values.folder, 'yiqiao-simulation-'))

const print = (line: string): void => { process.stdout.write(`${line}\n`) }
const printProofs = (day: string, proofs: readonly Proof[]): void => {
  print(`proofs at the end of ${day}`)
  for (const { name, holds, detail } of proofs) print(`  ${holds ? '✓' : '✗'} ${name}: ${detail}`)
}

function printSummary ({ digest, counts, wallMs, proofs }: Simulated): boolean {
  const { refusals, ...sums } = counts
  print(`did: ${Object.entries(sums).map(([name, count]) => `${name} ${count}`).join(', ')}`)
  print(`refused: ${[...refusals].map(([what, count]) => `${what} ${count}`).join(', ')}`)
  const isProven = proofs.every(({ holds }) => holds)
  print(`digest of the books ${digest}`)
  print(`${isProven ? '✓ all proofs hold' : '✗ proofs failed'}, seed ${seed}, ${(wallMs / 1000).toFixed(0)} s`)
  return isProven
}

print(`seed ${seed}`)
try {
  const done = await simulate({
    days: number('days', 3_650), hospitals: number('hospitals', 50), visits: number('visits', 200), seed, folder, settleDays: number('settle', 100), restartEveryDays: Math.max(2, Math.min(20, number('days', 3_650) - 1)),
    progress: (line) => { process.stderr.write(`${line}\n`) }, proven: printProofs
  })
  process.exitCode = printSummary(done) ? 0 : 1
} catch (error) {
  print(`✗ stopped, seed ${seed}`)
  throw error
} finally {
  if (values.keep) print(`the files stay in ${folder}`)
  else rmSync(folder, { recursive: true, force: true })
}
