import type { Calendar } from '../../../core/clock.ts'
import type { Fault } from '../fault.ts'
import { openJournal, type JournalItem } from '../journal.ts'
import { createMllpSender, type SenderFaultKind } from '../mllp-sender.ts'
import { openDayLists } from './day-list.ts'
import { businessDay, businessMinutes } from './business-day.ts'
import { hospitalLink, type HospitalLink } from './hospital-link.ts'
import { planDay } from './plan-day.ts'
import { playDay, type MovableClock, type Pace } from './play-day.ts'
import type { Site } from './site.ts'
import type { Step } from './step.ts'

interface SimulatedHisOptions {
  readonly seed: number
  /** Per hospital and day, besides the demo persons. */
  readonly patients: number
  readonly sites: ReadonlyArray<{ readonly site: Site, readonly host: string, readonly port: number }>
  readonly clock: MovableClock
  readonly calendar: Calendar
  readonly pace: Pace | null
  /** Pictures of persons, by record number; absent: all are drawn. */
  readonly pictureOf?: (mrn: string) => Uint8Array | null
}

export interface SimulatedHis {
  /** Plays the business day that the clock stands in, or the next one once this has begun; one at a time. */
  readonly playDay: () => Promise<{ readonly sent: number }>
  /** Takes one hospital's line (null = all) down or up; a day that is played meanwhile waits in the hospital. */
  readonly setUp: (isUp: boolean, hospital: string | null) => Promise<void>
  readonly setFaults: (faults: ReadonlyArray<Fault<SenderFaultKind>>) => void
  readonly items: (since: Date | null) => readonly JournalItem[]
  /** The day list of one hospital; null while the day goes on, as a HIS makes it at night. */
  readonly statement: (hospital: string, day: string) => Uint8Array | null
  readonly close: () => void
}

const keptItems = 5_000
const ackTimeoutMs = 10_000
const retryAfterMs = 100

/** The hospitals of the demo as one party: their days, their lines, what they sent. */
export function simulatedHis (options: SimulatedHisOptions): SimulatedHis {
  const journal = openJournal(keptItems)
  const lists = openDayLists(options.calendar)
  const closing = new AbortController()
  const senders = options.sites.map(({ host, port }, place) => createMllpSender({ host, port, ackTimeoutMs, retryAfterMs, seed: options.seed + place }))
  const links = new Map(options.sites.map(({ site }, place) => [site.hospital, noting(hospitalLink(site, senderAt(senders, place), journal), lists.note)]))
  let playing: Promise<{ readonly sent: number }> | null = null
  return {
    playDay: () => {
      const day = dayToPlay(options)
      playing ??= playDay({ plan: planAll(options, day.date), links, clock: options.clock, closesAt: day.at(businessMinutes), pace: options.pace, signal: closing.signal })
        .finally(() => { playing = null })
      return playing
    },
    setUp: async (isUp, hospital) => {
      const meant = [...links].filter(([name]) => hospital === null || hospital === name)
      await Promise.all(meant.map(async ([, link]) => link.setUp(isUp)))
    },
    setFaults: (faults) => { for (const sender of senders) sender.setFaults(faults) },
    items: journal.since,
    statement: (hospital, day) => day < options.calendar(options.clock.now()) ? lists.write(hospital, day) : null,
    close: () => {
      closing.abort()
      for (const sender of senders) sender.close()
    }
  }
}

/** What a hospital means to send is on its list, also while its line is down. */
function noting (link: HospitalLink, note: (step: Step) => void): HospitalLink {
  return {
    ...link,
    deliver: (step) => {
      note(step)
      return link.deliver(step)
    }
  }
}

function senderAt<Sender> (senders: readonly Sender[], place: number): Sender {
  const sender = senders[place]
  if (sender === undefined) throw new RangeError('every site has a sender')
  return sender
}

function dayToPlay (options: SimulatedHisOptions): ReturnType<typeof businessDay> {
  const now = options.clock.now()
  const today = businessDay(options.calendar(now))
  return now <= today.at(0) ? today : businessDay(options.calendar(new Date(today.at(0).getTime() + 86_400_000)))
}

/** Both hospitals' days in one line by time. */
export function planAll (options: Pick<SimulatedHisOptions, 'seed' | 'patients' | 'sites' | 'pictureOf'>, date: string): readonly Step[] {
  return options.sites
    .flatMap(({ site }) => planDay({ seed: options.seed, date, site, patients: options.patients, ...options.pictureOf === undefined ? {} : { pictureOf: options.pictureOf } }))
    .sort((one, other) => one.at.getTime() - other.at.getTime())
}
