import type { SlotStore } from './ports.ts'
import { minuteMs } from './settings.ts'

const horizonMs = 14 * 86_400_000
const most = 200

/**
 * How many minutes each practitioner is from the next free seat: 0 while a slot with one runs, null where a schedule is
 * known and two weeks are full. Who has no schedule here is left out: nothing is known of them. At most 200 are asked for.
 */
export async function nextFreeMinutes ({ slots }: { readonly slots: Pick<SlotStore, 'firstFree' | 'practitionersWithSchedule'> }, practitionerIds: readonly string[], at: Date): Promise<ReadonlyMap<string, number | null>> {
  const asked = [...new Set(practitionerIds)].slice(0, most)
  const known = await slots.practitionersWithSchedule(asked)
  const free = await slots.firstFree(known, { at, until: new Date(at.getTime() + horizonMs) })
  const starts = new Map(free.map(({ practitionerId, startsAt }) => [practitionerId, startsAt]))
  return new Map(known.map((id) => {
    const startsAt = starts.get(id)
    return [id, startsAt === undefined ? null : Math.max(0, Math.round((startsAt.getTime() - at.getTime()) / minuteMs))]
  }))
}
