import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { FactsOf } from '../../core/intake/index.ts'
import { compileFacts, compileSite, type SiteMapping, type TableFiles } from '../../mappings/index.ts'
import { compileR4, type ElementTable, type R4Checker } from '../../mappings/r4/index.ts'
import { loadMappings } from '../load-mappings.ts'

export interface ComposedMappings {
  readonly sites: ReadonlyMap<string, SiteMapping>
  readonly factsOf: FactsOf
  readonly checkResource: R4Checker
}

/** A site that is just the base tables. */
const nothingElse: TableFiles = { messages: {}, segments: {}, codeTables: {} }

/** Reads and compiles the tables of all sites in use. Faulty tables stop the start, each fault on its own line. */
export async function composeMappings ({ mappingsDir, sites }: { readonly mappingsDir: string, readonly sites: readonly string[] }): Promise<ComposedMappings> {
  const loaded = await loadMappings(mappingsDir)
  const sources = { ...loaded, sites: { base: nothingElse, ...loaded.sites } }
  return {
    sites: new Map(['base', ...new Set(sites)].map((site) => [site, compileSite(sources, site)])),
    factsOf: compileFacts(sources.facts),
    checkResource: compileR4(JSON.parse(readFileSync(path.join(mappingsDir, 'r4/elements.json'), 'utf8')) as ElementTable)
  }
}
