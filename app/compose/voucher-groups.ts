import type { Stores } from '../../adapters/store/index.ts'
import type { TargetGroup } from '../../core/vouchers/index.ts'

/** 目标人群 (V-01), as the seed names them; the back office changes and adds to them. */
const groups: readonly TargetGroup[] = [
  { code: 'elderly', name: '老年人', english: 'Elderly persons', fromAge: 60, gender: null },
  { code: 'chronic', name: '慢病患者', english: 'Chronic patients', fromAge: null, gender: null },
  { code: 'pregnant', name: '孕产妇', english: 'Pregnant women', fromAge: null, gender: 'female' },
  { code: 'disabled', name: '残疾人', english: 'Disabled persons', fromAge: null, gender: null }
]

/** Where nobody has set any yet. */
export async function seedGroups ({ voucherBatches }: Pick<Stores, 'voucherBatches'>): Promise<void> {
  if ((await voucherBatches.groups()).length > 0) return
  for (const group of groups) await voucherBatches.saveGroup(group)
}
