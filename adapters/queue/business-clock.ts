import { DomainError } from '../../core/errors.ts'
import { addDuration, type MovableClock, type SettingStore } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'

const setting = 'demo.business_time'

/** What `POST /demo/clock` asks for. */
export type ClockMove = { readonly advance: string } | { readonly set: string }

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

/** The instant that a move leads to. */
export function targetOf (move: ClockMove, now: Date, zone: string): Date {
  if ('advance' in move) return addDuration(now, move.advance, offsetMinutes(now, zone))
  const target = new Date(move.set)
  if (!/T.*(Z|[+-]\d\d:\d\d)$/.test(move.set) || Number.isNaN(target.getTime())) {
    throw new DomainError('REQUEST_INVALID', 'An instant is written as in RFC 3339 with its zone, e.g. 2027-03-08T23:59:59+08:00.', 'set')
  }
  return target
}

function offsetMinutes (instant: Date, zone: string): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? '') ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0))
}
