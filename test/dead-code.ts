/**
 * npm run dead: exports that no other file imports, files that no entry reaches, and runtime dependencies that nothing
 * imports. Types may be exported for the reader of a signature; values may not. A re-export counts as used when
 * somebody imports it from the index.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

interface Import { readonly from: string, readonly names: readonly string[] }
interface Module { readonly exports: readonly string[], readonly reExports: ReadonlyArray<Import & { readonly as: readonly string[] }>, readonly imports: readonly Import[], readonly packages: readonly string[] }

const root = path.resolve(import.meta.dirname, '..')
/** Loaded or resolved through createRequire: by the driver that knex is told to use, by the search for faces, for its files, by what prints documents. */
const loadedByName = ['libsql', 'usearch', 'faceplugin-face-recognition-js', '@foliojs-fork/pdfkit', '@fontsource/noto-sans-sc']
/** Started by a command or as a thread, not imported. */
const entries = ['app/server.ts', 'app/yiqiao.ts', 'app/check-mappings.ts', 'adapters/face/face-worker.ts', 'adapters/face/index-worker.ts']
const source = ['core', 'adapters', 'mappings', 'jobs', 'app'].flatMap((folder) => filesBelow(path.join(root, folder)))
const all = [...source, ...filesBelow(path.join(root, 'test')), ...filesBelow(path.join(root, 'deploy'))]
const modules = new Map(all.map((file) => [file, read(file)]))

const used = new Map<string, Set<string>>(all.map((file) => [file, new Set<string>()]))
for (const { imports } of modules.values()) for (const { from, names } of imports) for (const name of names) markUsed(from, name)

const dead: string[] = []
for (const file of source) {
  const here = path.relative(root, file)
  for (const name of modules.get(file)?.exports ?? []) if (!isUsed(file, name)) dead.push(`${here}: nobody imports ${name}`)
}
const reached = reachedFrom([...entries.map((entry) => path.join(root, entry)), ...all.filter((file) => file.includes('/test/') || file.includes('/deploy/'))])
for (const file of source) if (!reached.has(file)) dead.push(`${path.relative(root, file)}: no entry reaches it`)
const packages = new Set(source.flatMap((file) => modules.get(file)?.packages ?? []))
const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
for (const name of Object.keys(dependencies)) if (!packages.has(name) && !loadedByName.includes(name)) dead.push(`package.json: nothing imports ${name}`)

process.stdout.write(dead.length === 0 ? `no dead code in ${source.length} files\n` : `${dead.join('\n')}\n`)
process.exitCode = dead.length === 0 ? 0 : 1

function markUsed (file: string, name: string): void {
  const names = used.get(file)
  if (names === undefined || names.has(name)) return
  names.add(name)
  for (const { from, names: originals, as } of modules.get(file)?.reExports ?? []) {
    for (const [place, original] of originals.entries()) if (name === '*' || as[place] === name) markUsed(from, original)
  }
}

function isUsed (file: string, name: string): boolean {
  return used.get(file)?.has(name) === true || used.get(file)?.has('*') === true
}

function reachedFrom (starts: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const { from } of [...modules.get(file)?.imports ?? [], ...modules.get(file)?.reExports ?? []]) visit(from)
  }
  for (const file of starts) visit(file)
  return seen
}

function read (file: string): Module {
  const parsed = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, false)
  const module = { exports: [] as string[], reExports: [] as Array<Import & { as: readonly string[] }>, imports: [] as Import[], packages: [] as string[] }
  const note = (specifier: ts.Expression | undefined, names: readonly string[], into: (from: string) => void): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return
    if (specifier.text.startsWith('.')) into(path.resolve(path.dirname(file), specifier.text))
    else if (!specifier.text.startsWith('node:') && names.length >= 0) module.packages.push(specifier.text.split('/').slice(0, specifier.text.startsWith('@') ? 2 : 1).join('/'))
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const names = importedNames(node.importClause)
      note(node.moduleSpecifier, names, (from) => { module.imports.push({ from, names }) })
    } else if (ts.isExportDeclaration(node)) {
      const elements = node.exportClause !== undefined && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : null
      const names = elements?.map(({ name, propertyName }) => (propertyName ?? name).text) ?? ['*']
      const as = elements?.map(({ name }) => name.text) ?? ['*']
      note(node.moduleSpecifier, names, (from) => { module.reExports.push({ from, names, as }) })
      if (elements !== null && !node.isTypeOnly) module.exports.push(...elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text))
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      note(node.arguments[0], ['*'], (from) => { module.imports.push({ from, names: ['*'] }) })
    } else if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true) {
      module.exports.push(...declaredValues(node))
    }
    ts.forEachChild(node, visit)
  }
  visit(parsed)
  return module
}

function importedNames (clause: ts.ImportClause | undefined): readonly string[] {
  if (clause === undefined) return ['*']
  const bindings = clause.namedBindings
  if (bindings === undefined) return ['default']
  return ts.isNamedImports(bindings) ? bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text) : ['*']
}

function declaredValues (node: ts.Node): readonly string[] {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.flatMap(({ name }) => ts.isIdentifier(name) ? [name.text] : [])
  if ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) && node.name !== undefined) return [node.name.text]
  return []
}

function filesBelow (folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name.startsWith('tap-testdir') ? [] : filesBelow(full)
    return entry.name.endsWith('.ts') ? [full] : []
  })
}
