import type { JobResult } from '../operations/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { StarStore, Stars } from './ports.ts'
import type { InvitationSettings } from './settings.ts'
import { starLevel } from './star-level.ts'

interface StarStores {
  readonly stars: StarStore
}

type Rules = Pick<InvitationSettings, 'starsCountAcceptedOnly'>

/** The doctor's level from all that happened, in the transaction in which something did. Every change is kept with its explanation (M13). */
export async function reckonStars ({ stars }: StarStores, { starsCountAcceptedOnly }: Rules, { doctorId, cause }: { readonly doctorId: string, readonly cause: string }, at: Date): Promise<Stars> {
  await stars.lock(doctorId)
  const before = await stars.find(doctorId)
  const reckoned = starLevel(await stars.tally(doctorId, { acceptedOnly: starsCountAcceptedOnly }), at)
  const after: Stars = { doctorId, ...reckoned, at }
  await stars.save(after)
  if (before?.level !== after.level) await stars.addChange({ doctorId, before: before?.level ?? null, level: after.level, parts: after.parts, cause, at })
  return after
}

interface LookAfterStars<Stores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly settings: Rules
}

const perPage = 200
const mostPages = 5_000

/** A complaint counts for twelve months; the level rises at their end by itself. */
export async function reckonDueStars<Stores extends StarStores> ({ inTransaction, inReading, settings }: LookAfterStars<Stores>, dueAt: Date): Promise<JobResult> {
  let reckoned = 0
  for (let page = 0; page < mostPages; page += 1) {
    const due = await inReading(({ stars }) => stars.due(dueAt, perPage))
    for (const doctorId of due) await inTransaction((stores) => reckonStars(stores, settings, { doctorId, cause: 'complaint_aged' }, dueAt))
    reckoned += due.length
    if (due.length < perPage) break
  }
  return { reckoned }
}

/** Whether every stored level is what a reckoning from the beginning gives. Read within one transaction. */
export async function proveStars ({ stars }: StarStores, { starsCountAcceptedOnly }: Rules, at: Date): Promise<{ readonly doctors: number, readonly wrong: number }> {
  const counts = { doctors: 0, wrong: 0 }
  let after = ''
  for (let page = 0; page < mostPages; page += 1) {
    const ids = await stars.doctors(after, perPage)
    for (const id of ids) {
      const { level } = starLevel(await stars.tally(id, { acceptedOnly: starsCountAcceptedOnly }), at)
      counts.doctors += 1
      if ((await stars.find(id))?.level !== level) counts.wrong += 1
    }
    const last = ids.at(-1)
    if (last === undefined || ids.length < perPage) break
    after = last
  }
  return counts
}
