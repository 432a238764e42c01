import type { Stores } from '../../adapters/store/index.ts'
import type { MarketTools } from '../../core/marketplace/index.ts'
import type { AreaDeps } from './area.ts'

/** By which rules doctors and hospitals take part. A hospital is connected where one of SITE_CONFIG's sources is its own system. */
export function marketTools ({ ids, stableId, calendar, config: { site }, takeIn }: Pick<AreaDeps, 'ids' | 'stableId' | 'calendar' | 'config' | 'takeIn'>): MarketTools<Stores> {
  return { ids, stableId, calendar, settings: site.marketplace, hospitals: site.hospitals, connectedIds: [...new Set(site.sources.map(({ hospital }) => hospital))], takeIn }
}
