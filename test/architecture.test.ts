import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { transportCodes } from '../adapters/http/index.ts'

const run = promisify(execFile)
const root = path.resolve(import.meta.dirname, '..')
const cruiser = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')

/** One forbidden import for each rule: the file it is planted in, and its line. */
const plants: ReadonlyArray<readonly [rule: string, file: string, line: string]> = [
  ['core-is-alone', 'core/ledger/planted-a.ts', "import '../../mappings/index.ts'"],
  ['core-needs-no-package', 'core/ledger/planted-b.ts', "import 'pino'"],
  ['core-does-no-io', 'core/ledger/planted-c.ts', "import 'node:fs'"],
  ['kernel-knows-no-context', 'core/planted-d.ts', "import './ledger/index.ts'"],
  ['contexts-meet-at-the-index', 'core/intake/planted-e.ts', "import '../ledger/entry.ts'"],
  ['context-order-identity', 'core/identity/planted-f.ts', "import '../ledger/index.ts'"],
  ['outside-meets-core-at-the-index', 'adapters/store/planted-g.ts', "import '../../core/ledger/entry.ts'"],
  ['mappings-are-pure', 'mappings/planted-h.ts', "import '../adapters/hl7v2/index.ts'"],
  ['mappings-do-no-io', 'mappings/planted-i.ts', "import 'node:fs'"],
  ['mappings-take-types-of-core', 'mappings/planted-j.ts', "import { catalogue } from '../core/errors.ts'\nexport const planted = catalogue"],
  ['jobs-are-thin', 'jobs/planted-k.ts', "import '../adapters/hl7v2/index.ts'"],
  ['adapters-are-strangers-http', 'adapters/http/planted-l.ts', "import '../store/index.ts'"],
  ['simulators-take-wire-codecs-only', 'adapters/simulators/planted-m.ts', "import '../store/index.ts'"],
  ['only-app-composes', 'jobs/planted-n.ts', "import '../app/config.ts'"],
  ['only-app-imports-simulators', 'adapters/http/planted-o.ts', "import '../simulators/fault.ts'"],
  ['no-circles', 'core/ledger/planted-p.ts', "import './planted-q.ts'"]
]

t.test('the import rules', async (t) => {
  const rules = readFileSync(path.join(root, '.dependency-cruiser.cjs'), 'utf8')
  const copy = t.testdir({})
  for (const folder of ['core', 'adapters', 'mappings', 'jobs', 'app']) copyTypeScript(path.join(root, folder), path.join(copy, folder))
  writeFileSync(path.join(copy, '.dependency-cruiser.cjs'), rules)
  writeFileSync(path.join(copy, 'tsconfig.json'), readFileSync(path.join(root, 'tsconfig.json')))
  writeFileSync(path.join(copy, 'package.json'), readFileSync(path.join(root, 'package.json')))
  t.same(await violations(copy), [], 'hold in the tree as it stands')

  for (const [, file, line] of plants) {
    writeFileSync(path.join(copy, file), `${line}\nexport {}\n`)
  }
  writeFileSync(path.join(copy, 'core/ledger/planted-q.ts'), "import './planted-p.ts'\nexport {}\n")
  const found = await violations(copy)
  for (const [rule, file] of plants) {
    t.ok(found.includes(`${rule} ${file}`), `${rule} refuses a planted import`)
  }
  rmSync(copy, { recursive: true, force: true })
})

t.test('every top folder says in one line what it holds', async (t) => {
  for (const folder of ['core', 'adapters', 'mappings', 'jobs', 'app', 'test', 'deploy', 'docs']) {
    const readme = readFileSync(path.join(root, folder, 'README.md'), 'utf8').trim()
    t.match(readme, /^.{20,}/, folder)
  }
})

t.test('the error catalogue and docs/errors.md name the same codes', async (t) => {
  const source = readFileSync(path.join(root, 'core/errors.ts'), 'utf8')
  const codes = [...source.matchAll(/^ {2}([A-Z][A-Z_]+): '(\w+)'/gm)].map((match) => `${match[1]} ${match[2]}`).sort()
  const documented = [...readFileSync(path.join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([A-Z_]+)` \| (\w+) \|/gm)].map((match) => `${match[1]} ${match[2]}`).sort()
  t.same(documented.filter((line) => !/ \d+$/.test(line)), codes)
  t.same(documented.filter((line) => / \d+$/.test(line)), Object.entries(transportCodes).map(([code, status]) => `${code} ${status}`).sort(), 'and those of HTTP')
  const sources = ['core', 'adapters', 'mappings', 'jobs', 'app'].flatMap((folder) => textFiles(path.join(root, folder))).filter((file) => file.endsWith('.ts') && !file.endsWith('core/errors.ts'))
  const text = sources.map((file) => readFileSync(file, 'utf8')).join('')
  t.same(codes.map((line) => line.split(' ')[0] ?? '').filter((code) => !text.includes(`'${code}'`)), [], 'and each is used')
})

t.test('no fixture, example or page holds what looks like a real person', async (t) => {
  const suspicious: string[] = []
  for (const folder of ['core', 'adapters', 'mappings', 'jobs', 'app', 'test', 'deploy', 'docs']) {
    for (const file of textFiles(path.join(root, folder))) {
      const text = readFileSync(file, 'utf8')
      if (/(?<![\w.])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?!\w)/.test(text)) suspicious.push(`resident id: ${path.relative(root, file)}`)
      if (/(?<![\w.])1[3-9]\d{9}(?!\w)/.test(text)) suspicious.push(`mobile: ${path.relative(root, file)}`)
    }
  }
  t.same(suspicious, [])
})

function copyTypeScript (from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) copyTypeScript(path.join(from, entry.name), path.join(to, entry.name))
    else if (entry.name.endsWith('.ts')) writeFileSync(path.join(to, entry.name), readFileSync(path.join(from, entry.name)))
  }
}

async function violations (folder: string): Promise<string[]> {
  const output = await run(process.execPath, [cruiser, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'core', 'adapters', 'mappings', 'jobs', 'app'],
    { cwd: folder, maxBuffer: 64 * 1024 * 1024 }).catch((failure: { stdout?: string }) => ({ stdout: failure.stdout ?? '' }))
  const report = JSON.parse(output.stdout) as { summary: { violations: Array<{ rule: { name: string }, from: string }> } }
  return report.summary.violations.map((violation) => `${violation.rule.name} ${violation.from}`)
}

function textFiles (folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : textFiles(full)
    return /\.(ts|json|hl7|md|html|js|yaml|csv)$/.test(entry.name) ? [full] : []
  })
}
