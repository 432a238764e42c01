import { registerParty } from '../../core/vouchers/index.ts'
import type { Composed } from './compose.ts'

export const demoCommunity = { id: 'sunshine', name: '阳光社区' }

/** The demo's community and hospitals take part in vouchers. */
export async function openDemoVouchers ({ store, clock, config: { site } }: Pick<Composed, 'store' | 'clock' | 'config'>): Promise<void> {
  const hospitalIds = site.hospitals.map(({ id }) => id)
  const parties = [{ kind: 'community', ...demoCommunity } as const, ...site.hospitals.map(({ id, name }) => ({ kind: 'hospital', id, name } as const))]
  await store.inTransaction(async (stores) => {
    for (const party of parties) await registerParty(stores, { hospitalIds, party: { ...party, isActive: true, by: 'demo' } }, clock.now())
  })
}
