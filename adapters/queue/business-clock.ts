import { DomainError } from '../../core/errors.ts'
import type { MovableClock, SettingStore } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'

const setting = 'demo.business_time'

/** The demo's business time: it stands still between moves and outlives a restart. */
export async function standingClock ({ inTransaction, start }: { readonly inTransaction: InTransaction<{ settings: SettingStore }>, readonly start: Date }): Promise<MovableClock> {
  let now = new Date(await inTransaction(({ settings }) => settings.setOnce(setting, start.toISOString())))
  return {
    now: () => new Date(now),
    set: async (instant) => {
      if (instant < now) throw new DomainError('CLOCK_NOT_FORWARD', 'The clock goes forward only. Set a later instant.')
      await inTransaction(({ settings }) => settings.set(setting, instant.toISOString()))
      now = new Date(instant)
    }
  }
}
