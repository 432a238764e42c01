import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

const root = path.resolve(import.meta.dirname, '../..')

t.test('the project [K-14]', async (t) => {
  t.test('the top level → holds what a newcomer expects', async (t) => {
    const ignored = new Set(readFileSync(path.join(root, '.gitignore'), 'utf8').split('\n').map((line) => line.replace(/\/$/, '')))
    const folders = readdirSync(root).filter((name) => !name.startsWith('.') && !ignored.has(name) && statSync(path.join(root, name)).isDirectory())
    t.strictSame(folders.sort(), ['adapters', 'app', 'core', 'deploy', 'docs', 'jobs', 'mappings', 'test'])
    for (const file of ['package.json', 'tsconfig.json', 'README.md']) t.ok(existsSync(path.join(root, file)), file)
  })
  t.test('the source → is TypeScript, strictly checked', async (t) => {
    const { compilerOptions } = JSON.parse(readFileSync(path.join(root, 'tsconfig.json'), 'utf8')) as { compilerOptions: Record<string, unknown> }
    for (const option of ['strict', 'noUncheckedIndexedAccess', 'exactOptionalPropertyTypes', 'erasableSyntaxOnly']) t.equal(compilerOptions[option], true, option)
    const scripts = ['core', 'adapters', 'mappings', 'jobs', 'app'].flatMap((folder) => readdirSync(path.join(root, folder), { recursive: true }).map((file) => path.join(folder, String(file))))
      .filter((file) => /\.[cm]?jsx?$/.test(file) && !file.startsWith('adapters/web/'))
    t.strictSame(scripts, [], 'no JavaScript but the pages')
  })
  t.test('links between documents → lead somewhere', async (t) => {
    const documents = ['README.md', 'deploy/README.md', ...readdirSync(path.join(root, 'docs'), { recursive: true }).map((file) => path.join('docs', String(file)))].filter((file) => file.endsWith('.md'))
    const broken = documents.flatMap((document) => [...readFileSync(path.join(root, document), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
      .map((match) => path.join(path.dirname(document), match[1] ?? ''))
      .filter((target) => !existsSync(path.join(root, target)))
      .map((target) => `${document} → ${target}`))
    t.strictSame(broken, [])
  })
})

t.test('the libraries of the design card [K-13]', async (t) => {
  const read = (file: string): { readonly dependencies: Record<string, string>, readonly devDependencies?: Record<string, string> } => JSON.parse(readFileSync(path.join(root, file), 'utf8')) as never
  const { dependencies, devDependencies = {} } = read('package.json')
  const decision = readFileSync(path.join(root, 'docs/decisions/0006-libraries-of-the-design-card.md'), 'utf8')
  const sources = readdirSync(path.join(root, 'adapters'), { recursive: true }).map(String).filter((file) => file.endsWith('.ts')).map((file) => readFileSync(path.join(root, 'adapters', file), 'utf8'))
  const used = { fastify: 'fastify', 'fhir-kit-client': 'fhir-kit-client', knex: 'knex', mssql: 'mssql', bull: 'bullmq', 'node-cron': 'node-cron', opencv4nodejs: 'onnxruntime-node', pino: 'pino' }
  for (const [card, library] of Object.entries(used)) {
    t.ok(dependencies[library] !== undefined && sources.some((source) => source.includes(`'${library}'`)), `${card}: an adapter uses ${library}`)
    t.ok(decision.includes(card), `${card}: the decision says how it is used, or what stands in its place`)
  }
  t.ok(devDependencies['tap'] !== undefined && read('test/bench/package.json').dependencies['node-hl7-client'] !== undefined, 'tap runs the tests, node-hl7-client is measured against')
})
