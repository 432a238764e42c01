import type { MembershipTools } from '../../core/membership/index.ts'
import type { AreaDeps } from './area.ts'

export function membershipTools ({ ids, calendar, config }: Pick<AreaDeps, 'ids' | 'calendar' | 'config'>): MembershipTools {
  return { ids, calendar, settings: config.site.memberships }
}
