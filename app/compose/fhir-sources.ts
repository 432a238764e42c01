import { setTimeout } from 'node:timers/promises'
import { baseAddress, describeKeptResource, fhirClient, followFhir, type FollowDeps, type Follower } from '../../adapters/fhir-client/index.ts'
import { DomainError } from '../../core/errors.ts'
import type { StableId } from '../../core/ids.ts'
import type { DescribeMessage } from '../../core/inbox/index.ts'
import { compileFhir, compileFhirKeys, type FhirKeyOf, type FhirMapping } from '../../mappings/index.ts'
import { loadFhirMapping } from '../load-mappings.ts'
import type { FhirSourceConfig, SiteConfig } from '../site-config.ts'

export interface FhirMappings {
  /** The hospital's own key of a posted resource. */
  readonly keyOf: FhirKeyOf
  /** By site, those of the sources. */
  readonly sites: ReadonlyMap<string, FhirMapping>
}

/** Reads and compiles mappings/fhir and sites/<site>/fhir. Faulty tables stop the start, each fault on its own line. */
export async function composeFhirMappings ({ mappingsDir, sites }: { readonly mappingsDir: string, readonly sites: readonly string[] }): Promise<FhirMappings> {
  const loaded = await Promise.all([...new Set(['base', ...sites])].map(async (site) => ({ site, files: await loadFhirMapping(mappingsDir, site) })))
  return {
    keyOf: compileFhirKeys(loaded[0]?.files.types),
    sites: new Map(loaded.map(({ site, files }) => [site, compileFhir(files.types, files.site)]))
  }
}

/** What a source's follower needs besides its client, its tables, its lease and its pause. */
export interface FhirSourcesDeps extends Omit<FollowDeps, 'client' | 'mapping' | 'lease' | 'isPaused' | 'wait' | 'on'> {
  readonly mappings: FhirMappings
  readonly leaseOf: (source: string) => FollowDeps['lease']
  readonly isPaused: (source: string) => boolean
  readonly fault: (source: string, code: string) => void
}

/** Follows every source of the kind `fhir`; by its name. They begin to look at once. */
export function composeFhirSources (site: Pick<SiteConfig, 'sources'>, { mappings, leaseOf, isPaused, fault, ...deps }: FhirSourcesDeps): ReadonlyMap<string, Follower> {
  return new Map(fhirSourcesOf(site).map((source) => {
    const closing = new AbortController()
    const follower = followFhir({
      name: source.name,
      hospitalId: source.hospital,
      base: baseAddress(source.url),
      types: source.types,
      pageSize: source.pageSize,
      overlapMs: source.overlapMs,
      since: sinceOf(source),
      pollMs: source.pollMs
    }, {
      ...deps,
      client: fhirClient({ url: source.url, ...(source.auth === undefined ? {} : { auth: source.auth }), timeoutMs: source.timeoutMs, wallClock: deps.wallClock, closing: closing.signal }),
      mapping: mappingOf(mappings, source),
      lease: leaseOf(source.name),
      isPaused: () => isPaused(source.name),
      wait: async (ms, signal) => { await setTimeout(ms, undefined, { signal }).catch(() => undefined) },
      on: { fault: (code) => { fault(source.name, code) } }
    })
    const stop = async (): Promise<void> => {
      closing.abort()
      await follower.stop()
    }
    return [source.name, { ...follower, stop }] as const
  }))
}

export const fhirSourcesOf = ({ sources }: Pick<SiteConfig, 'sources'>): readonly FhirSourceConfig[] => sources.flatMap((source) => source.kind === 'fhir' ? [source] : [])

function sinceOf ({ since }: FhirSourceConfig): Date | null {
  if (since === undefined) return null
  const instant = new Date(since)
  if (Number.isNaN(instant.getTime())) throw new DomainError('REQUEST_INVALID', 'since of a source is an instant, e.g. 2027-01-01T00:00:00+08:00. Correct SITE_CONFIG.', 'since')
  return instant
}

export function mappingOf ({ sites }: FhirMappings, { mappingSite }: Pick<FhirSourceConfig, 'mappingSite'>): FhirMapping {
  const mapping = sites.get(mappingSite)
  if (mapping === undefined) throw new DomainError('MAPPING_SITE_UNKNOWN', 'There are no tables for this site. Correct mappingSite in SITE_CONFIG or add the folder.')
  return mapping
}

/** Reads a kept resource anew, for fix and replay. */
export function fhirDescriber (mappings: FhirMappings, stableId: StableId): (message: Parameters<DescribeMessage>[0], source: FhirSourceConfig) => ReturnType<DescribeMessage> {
  return ({ raw }, source) => {
    const mapping = mappingOf(mappings, source)
    const from = { source: source.name, hospitalId: source.hospital, base: baseAddress(source.url), stableId }
    return describeKeptResource(raw, { ...from, mapping, keyOf: (resource) => mapping.identify(resource, from).key })
  }
}
