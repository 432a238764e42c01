import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import t from 'tap'

const root = path.resolve(import.meta.dirname, '..')

/** `npm run simulate` as anybody runs it: in a process of its own, since a test runner that watches each promise would double its time. */
async function simulated (...given: readonly string[]): Promise<{ readonly code: number | null, readonly lines: readonly string[] }> {
  const run = spawn(process.execPath, ['--import', 'tsx', 'test/simulation/run.ts', ...given], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
  const printed: string[] = []
  run.stdout.setEncoding('utf8').on('data', (text: string) => { printed.push(text) })
  const [code] = await once(run, 'close') as [number | null]
  return { code, lines: printed.join('').split('\n').filter((line) => line !== '') }
}

const failed = (lines: readonly string[]): readonly string[] => lines.filter((line) => line.includes('✗'))

t.test('twelve days of two hospitals, persons of every temper, every party with its faults, three days without jobs and a restart → money is conserved to the fen, and every proof holds [acc:C-12] [acc:C-18] [acc:C-19] [acc:C-22] [acc:C-24] [acc:C-26] [I-01 I-02 I-03 I-14 I-15 I-24 I-25 I-26 I-30 I-31 I-33]', async (t) => {
  const { code, lines } = await simulated('--days', '12', '--hospitals', '2', '--seed', '20270301', '--settle', '6')
  t.strictSame(failed(lines), [])
  t.equal(code, 0)
  t.equal(lines[0], 'seed 20270301')
  t.match(lines.at(-1), /^✓ all proofs hold, seed 20270301/)
  t.ok(lines.filter((line) => line.startsWith('  ✓')).length >= 23)
  const did = Object.fromEntries([...(lines.find((line) => line.startsWith('did: ')) ?? '').matchAll(/(\w+) (\d+)/g)].map(([, name = '', count]) => [name, Number(count)]))
  t.ok((did['visits'] ?? 0) > 30 && (did['payments'] ?? 0) > 10 && (did['restarts'] ?? 0) > 0 && (did['reported'] ?? 0) > 0, 'something happened')
})

t.test('two runs of one seed → come to the same books', async (t) => {
  const runs = await Promise.all([1, 2].map(() => simulated('--days', '1', '--hospitals', '1', '--seed', '4711', '--visits', '8', '--settle', '3')))
  const [one, other] = runs.map(({ lines }) => lines.filter((line) => /^(digest|did|refused)/.test(line)))
  t.match(one, [/^did/, /^refused/, /^digest of the books [0-9a-f]{64}$/])
  t.strictSame(one, other)
})
