import type { MappingRoutesDeps, TriedMapping, UnmappedCodeRoutesDeps } from '../../adapters/http/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { StableId } from '../../core/ids.ts'
import type { ReplayMessages } from '../../core/inbox/index.ts'
import { resolveCode, revokeResolution } from '../../core/operations/index.ts'
import { MappingError, type RowOrigin } from '../../mappings/index.ts'
import type { ComposedMappings } from './mappings.ts'
import { textTranslator } from './translate.ts'

interface MappingOperations {
  readonly store: Pick<Store, 'inTransaction' | 'inReading'>
  readonly mappings: ComposedMappings
  readonly stableId: StableId
  readonly zone: string
  /** Whose messages a site's tables read. */
  readonly hospitalOf: (site: string) => string
  readonly clock: Clock
  readonly wallClock: Clock
  readonly replayMessages: (command: ReplayMessages) => Promise<ReadonlyArray<{ readonly id: string }>>
}

/** What an operator does with the mapping tables while they run. */
export function mappingOperations (parts: MappingOperations): MappingRoutesDeps & Pick<UnmappedCodeRoutesDeps, 'resolveCode' | 'revokeResolution'> {
  const { store: { inTransaction, inReading }, mappings: { sites, resolved, reload, faultOf }, clock, replayMessages } = parts
  const deps = { inTransaction, clock, faultOf, reload: () => inReading(reload), replay: replayMessages }
  return {
    mappings: () => [...sites.values()].map(({ site, version }) => ({ site, version })),
    mappingTables: (site) => resolved.get(site),
    tryMapping: tryMappingWith(parts),
    resolveCode: (command) => resolveCode(deps, command),
    revokeResolution: (command) => revokeResolution(deps, command)
  }
}

/**
 * Maps a text as the site's messages are mapped, and tells the origin of each element. Its ids are of a numbering of
 * its own: who may convert but not read records must not learn which record has a number.
 */
function tryMappingWith ({ mappings, stableId, zone, hospitalOf, wallClock }: MappingOperations): MappingRoutesDeps['tryMapping'] {
  const translate = textTranslator({ ...mappings, zone, stableId: (hospitalId, kind, name) => stableId(`try:${hospitalId}`, kind, name) })
  return (site, text): TriedMapping => {
    const rows: RowOrigin[] = []
    try {
      const { changes, header, notes, unmapped, version } = translate(text, { site, charset: 'utf8', hospitalId: hospitalOf(site), receivedAt: wallClock.now(), source: 'try', origins: (origin) => { rows.push(origin) } })
      return { version, header, resources: changes.map(({ resource, weak, removed }) => ({ resource, weak, removed })), notes, unmapped, rows }
    } catch (error) {
      throw withRow(error, rows)
    }
  }
}

/** What the tables made was refused by R4: the row that made the element at fault. */
function withRow (error: unknown, rows: readonly RowOrigin[]): unknown {
  if (!(error instanceof DomainError) || error.code !== 'MAPPING_OUTPUT_INVALID' || error.place === undefined) return error
  const { place } = error
  const near = rows.filter(({ resource, element }) => isWithin(place, `${resource.split('/')[0] ?? ''}.${element}`))
  const [nearest] = near.sort((one, other) => other.element.length - one.element.length)
  if (nearest === undefined) return error
  const { file, row, isSite } = nearest
  return Object.assign(error, { cause: new MappingError(error.code, error.message, place, { row: { file, row, isSite } }) })
}

function isWithin (place: string, element: string): boolean {
  const [long, short] = place.length >= element.length ? [place, element] : [element, place]
  return long === short || (long.startsWith(short) && /^[.[]/.test(long.slice(short.length)))
}
