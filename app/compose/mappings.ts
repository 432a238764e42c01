import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { FactsOf } from '../../core/intake/index.ts'
import type { CodeResolution, CodeResolutionStore, CodeTarget } from '../../core/operations/index.ts'
import { checkSite, compileFacts, compileOutbound, compileSite, targetFault, type MappingSources, type OutboundMapping, type ResolvedTables, type SiteMapping, type TableFiles } from '../../mappings/index.ts'
import { compileR4, type ElementTable, type R4Checker } from '../../mappings/r4/index.ts'
import { DomainError } from '../../core/errors.ts'
import { loadMappings } from '../load-mappings.ts'

export interface ComposedMappings {
  /** The tables in force by site; `reload` replaces an entry. Look them up for each message. */
  readonly sites: ReadonlyMap<string, SiteMapping>
  /** What they are made of, to show. */
  readonly resolved: ReadonlyMap<string, ResolvedTables>
  /**
   * Reads what operators resolved where that changed, and compiles the sites concerned (a tenth of a second each).
   * Answers whether any tables are others now. May be called in any transaction.
   */
  readonly reload: (stores: { readonly codeResolutions: CodeResolutionStore }) => Promise<boolean>
  /** What is wrong with a code's new meaning; null: nothing that is known. */
  readonly faultOf: (site: string, table: string, to: CodeTarget) => string | null
  readonly factsOf: FactsOf
  readonly checkResource: R4Checker
  /** The tables of a site by which records are told to its hospital in HL7 v2. Refuses with MAPPING_SITE_UNKNOWN. */
  readonly outboundOf: (site: string) => OutboundMapping
}

/** A site that is just the base tables. */
const nothingElse: TableFiles = { messages: {}, segments: {}, codeTables: {} }

/** Reads and compiles the tables of all sites in use. Faulty tables stop the start, each fault on its own line. */
export async function composeMappings ({ mappingsDir, sites }: { readonly mappingsDir: string, readonly sites: readonly string[] }): Promise<ComposedMappings> {
  const loaded = await loadMappings(mappingsDir)
  const elements = JSON.parse(readFileSync(path.join(mappingsDir, 'r4/elements.json'), 'utf8')) as ElementTable
  const sources = { ...loaded, sites: { base: nothingElse, ...loaded.sites } }
  const names = ['base', ...new Set(sites)]
  const running = runningTables(sources, names)
  const outbound = new Map(names.map((site) => [site, compileOutbound(sources, site)]))
  return {
    ...running,
    outboundOf: (site) => known(outbound, site),
    faultOf: (site, table, to) => {
      const resolved = running.resolved.get(site)
      return resolved === undefined ? `no source uses the tables of ${site} now` : targetFault(resolved, elements, { table, to })
    },
    factsOf: compileFacts(loaded.facts),
    checkResource: compileR4(elements)
  }
}

function known<Tables> (bySite: ReadonlyMap<string, Tables>, site: string): Tables {
  const tables = bySite.get(site)
  if (tables === undefined) throw new DomainError('MAPPING_SITE_UNKNOWN', 'There are no tables for this site. Correct mappingSite in SITE_CONFIG or add the folder.')
  return tables
}

/** Base < site < operator: the files are read once, what operators resolved whenever it changes. */
function runningTables (sources: MappingSources, names: readonly string[]): Pick<ComposedMappings, 'sites' | 'resolved' | 'reload'> {
  const sites = new Map<string, SiteMapping>()
  const resolved = new Map<string, ResolvedTables>()
  const known = { revision: '', bySite: new Map<string, string>() }
  const compile = (site: string, resolutions: readonly CodeResolution[]): void => {
    const checked = checkSite(sources, site, resolutions)
    if (checked.faults.length > 0) throw new Error(checked.faults.join('\n'))
    sites.set(site, checked.mapping)
    resolved.set(site, checked.resolved)
  }
  for (const site of names) {
    // For its refusal of a site without a folder.
    if (sources.sites[site] === undefined) compileSite(sources, site)
    compile(site, [])
  }
  return {
    sites,
    resolved,
    reload: async ({ codeResolutions }) => {
      const revision = await codeResolutions.revision()
      if (revision === known.revision) return false
      const standing = await codeResolutions.standing()
      let isChanged = false
      for (const site of names) {
        const own = standing.filter(({ mappingSite }) => mappingSite === site)
        const ids = own.map(({ id }) => id).join(' ')
        if (ids === (known.bySite.get(site) ?? '')) continue
        compile(site, own)
        known.bySite.set(site, ids)
        isChanged = true
      }
      known.revision = revision
      return isChanged
    }
  }
}
