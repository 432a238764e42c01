/**
 * Puts each test file and what it imports of ours into one module: Node loads one file where it would load a thousand,
 * which is half of what the suite costs. Packages stay outside.
 */
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = path.resolve(import.meta.dirname, '..')
/** Inside the project, so that packages are found from there; of its own, since two runs may go on in one checkout. */
const folder = path.join(root, `dist/bundled-tests-${process.pid}`)

/** Where a file stands is where it was written, not where its bundle lies. */
const placesOfSources: Plugin = {
  name: 'places of sources',
  setup: (bundle) => {
    bundle.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      const source = await readFile(file, 'utf8')
      if (!source.includes('import.meta.')) return undefined
      const places: Readonly<Record<string, string>> = { dirname: path.dirname(file), filename: file, url: pathToFileURL(file).href }
      const contents = source.replaceAll(/\bimport\.meta\.(dirname|filename|url)\b/g, (_, name: string) => JSON.stringify(places[name]))
      return { contents, loader: 'ts' }
    })
  }
}

export interface Bundles {
  readonly of: (file: string) => string
  readonly drop: () => Promise<void>
}

/** The bundle of each file, by the name that was given. */
export async function bundleTests (files: readonly string[]): Promise<Bundles> {
  await build({
    absWorkingDir: root, entryPoints: [...files], outdir: folder, outbase: root, outExtension: { '.js': '.mjs' },
    bundle: true, splitting: true, packages: 'external', platform: 'node', target: 'node20', format: 'esm', sourcemap: 'linked', plugins: [placesOfSources], logLevel: 'warning'
  })
  return { of: (file) => path.join(folder, file.replace(/\.ts$/, '.mjs')), drop: () => rm(folder, { recursive: true, force: true }) }
}
