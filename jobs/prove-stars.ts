import { proveStars, type InvitationSettings, type StarStore } from '../core/invitations/index.ts'
import { alertWhile, type AlertDeps, type Job } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

type Deps = AlertDeps & { readonly inReading: InTransaction<{ readonly stars: StarStore }>, readonly settings: Pick<InvitationSettings, 'starsCountAcceptedOnly'> }

/** 星级核对. Every stored level against a reckoning from the beginning; an alert stands for as long as one differs. */
export function proveStarLevels ({ inReading, settings, ...alertDeps }: Deps): Job {
  return {
    name: 'prove-stars',
    schedule: '20 4 * * *',
    requirements: ['M13', 'M14'],
    run: async (dueAt) => {
      const { doctors, wrong } = await inReading((stores) => proveStars(stores, settings, dueAt))
      await alertWhile(alertDeps, { key: 'job:prove-stars', detail: `${wrong} of ${doctors} star levels are not what happened`, isTrouble: wrong > 0, at: dueAt })
      return { doctors, wrong }
    }
  }
}
