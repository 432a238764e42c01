import type { ChargeStore } from './ports.ts'

const pageSize = 500

/** 冲正无原单. How many credits that arrived before `before` still wait for the charge that they cancel. */
export async function unmatchedCredits (charges: Pick<ChargeStore, 'list'>, before: Date): Promise<number> {
  let count = 0
  for (let offset = 0; ; offset += pageSize) {
    const page = await charges.list({ patientIds: null, visitId: null, hospitalId: null, state: 'awaiting_charge' }, { limit: pageSize, offset })
    count += page.filter(({ receivedAt }) => receivedAt < before).length
    if (page.length < pageSize) return count
  }
}
