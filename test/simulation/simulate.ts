import { createHash } from 'node:crypto'
import { seededChance } from '../../adapters/simulators/random.ts'
import { weekdayOf } from '../../core/days.ts'
import type { CalendarDate } from '../../core/clock.ts'
import { openHis } from './his.ts'
import { openParties } from './parties.ts'
import { inventPersons } from './person.ts'
import { openDoor, openProduct } from './product.ts'
import { prove, type Proof } from './proofs.ts'
import { issueTokens, noted, openAgenda, type Town } from './town.ts'
import { beijing, countedIds, daysLong, dayOf, minutes, virtualClock } from './virtual-time.ts'
import { flush, planDay } from './visits.ts'
import { openWatch } from './watch.ts'

export interface SimulateOptions {
  readonly days: number
  readonly hospitals: number
  readonly seed: number
  /** Of a hospital and day, on average. */
  readonly visits: number
  /** Where the database lies. */
  readonly folder: string
  /** Days after the last visit in which what is under way comes to its end, without faults; nobody does anything in the last five. */
  readonly settleDays: number
  readonly restartEveryDays: number
  readonly progress: (line: string) => void
  /** Each of the proofs, as they come: at the end of a month and of the run. */
  readonly proven: (day: string, proofs: readonly Proof[]) => void
}

export interface Simulated {
  readonly proofs: readonly Proof[]
  /** Of the books, by hospital and day. */
  readonly digest: string
  readonly counts: Town['counts']
  readonly outage: { readonly from: string, readonly days: number, readonly catchUpMs: number } | null
  readonly wallMs: number
}

/** A Monday whose seventh day after is a workday, as in the demo. */
const startDay = '2027-03-01'
const creditors = ['YF1001', 'YF2002']
const personsPerHospital = 36
const outageDays = 3
/** Refunds take up to three days, and a day's statements come on the next. */
const quietDays = 5

/** A deterministic year of a town: hospitals, persons, parties and the product, on one virtual clock. */
export async function simulate (options: SimulateOptions): Promise<Simulated> {
  const startedAt = performance.now()
  const { days, seed, folder } = options
  const clock = virtualClock(beijing(startDay, '07:00:00'))
  const ids = countedIds()
  const hospitals = Array.from({ length: options.hospitals }, (_, place) => `h${place + 1}`)
  const his = new Map(hospitals.map((id) => [id, openHis(id, clock, seed)]))
  const door = openDoor()
  const parties = await openParties({ clock, ids, seed, zone: 'Asia/Shanghai', hospitals, creditors, door })
  const chance = seededChance(`town:${seed}`)
  const persons = inventPersons(chance, hospitals, personsPerHospital)
  const watch = openWatch(persons)
  const product = await openProduct({ folder, clock, ids, seed, hospitals, creditors, parties, hisStatements: new Map([...his].map(([id, { statements }]) => [id, statements])), log: watch.line }, door)
  const tokens = await issueTokens(product, hospitals, creditors)
  for (const code of creditors) parties.bureauTokens.set(code, tokens.get(`bureau ${code}`) ?? '')
  const town: Town = {
    clock, chance, product, parties, hospitals: his, persons, agenda: openAgenda(), tally: { paid: new Map(), refunded: new Map(), halves: new Set() }, counts: noCounts(),
    tokenOf: (who) => tokens.get(who) ?? '', endsAt: new Date(beijing(startDay, '00:00:00').getTime() + daysLong(days)),
    quietFrom: new Date(beijing(startDay, '00:00:00').getTime() + daysLong(days + Math.max(1, options.settleDays - quietDays)))
  }
  parties.setFaults(true)
  const outageAt = days >= 12 ? Math.floor(days * 0.6) : null
  let outage: Simulated['outage'] = null
  const all: Proof[] = []
  try {
    for (let number = 0; number < days + options.settleDays; number += 1) {
      const day = dayOf(new Date(beijing(startDay, '12:00:00').getTime() + daysLong(number)))
      const isOver = number >= days
      if (number === days) parties.setFaults(false)
      if (!isOver && weekdayOf(day as CalendarDate) !== 0) planVisits(town, day, options.visits)
      planOffice(town, day)
      const isDown = outageAt !== null && number >= outageAt && number < outageAt + outageDays
      if (outageAt !== null && number === outageAt + outageDays) outage = await catchUp(town, outageAt)
      await liveDay(town, day, isDown)
      if (number % options.restartEveryDays === options.restartEveryDays - 1 && !isDown) {
        await product.restart()
        town.counts.restarts += 1
      }
      const isLast = number === days + options.settleDays - 1
      if (isLast || (!isDown && isMonthsEnd(day))) {
        const proofs = await prove(town, { watch, day, isLast, creditors, outage })
        options.proven(day, proofs)
        all.push(...proofs)
      }
      options.progress(progressOf(town, { day, number: number + 1, of: days + options.settleDays, startedAt }))
    }
    return { proofs: all, digest: await digestOf(town), counts: town.counts, outage, wallMs: performance.now() - startedAt }
  } finally {
    await product.close()
    parties.close()
  }
}

function planVisits (town: Town, day: string, visits: number): void {
  for (const id of town.hospitals.keys()) planDay(town, id, { day, visits })
}

/** Through the day from one thing to the next. While the jobs are down, only their runner stands still. */
async function liveDay (town: Town, day: string, isDown: boolean): Promise<void> {
  const { agenda, clock, product, counts } = town
  const endsAt = beijing(day, '23:59:59.999')
  const goTo = async (instant: Date): Promise<void> => {
    if (isDown || instant.getTime() % minutes(10) !== 0) clock.jump(instant)
    else counts.jobs += await product.advance(instant)
  }
  for (;;) {
    const next = agenda.next()
    if (next === null || next > endsAt) break
    if (next > clock.now()) await goTo(next)
    await flush(town)
    await product.settled()
    for (const act of agenda.take(next)) await act()
    await flush(town)
  }
  if (isDown) clock.jump(endsAt)
  else counts.jobs += await product.advance(endsAt)
  await flush(town)
}

/** C-12. What was missed runs in due order. */
async function catchUp (town: Town, outageAt: number): Promise<NonNullable<Simulated['outage']>> {
  const startedAt = performance.now()
  town.counts.jobs += await town.product.advance(town.clock.now())
  return { from: dayOf(new Date(beijing(startDay, '12:00:00').getTime() + daysLong(outageAt))), days: outageDays, catchUpMs: performance.now() - startedAt }
}

/** Finance releases and decides, the bureau fetches, the parties' own books are read. */
function planOffice (town: Town, day: string): void {
  const { agenda, product, parties, tokenOf, counts } = town
  const release = async (): Promise<void> => {
    for (const code of creditors) {
      const ready = noted(town, 'episodes', await product.call('GET', `/v1/credit-feed/${code}/episodes?state=ready&limit=100`, tokenOf('finance')))
      const episodeIds = (ready.body.items as ReadonlyArray<{ readonly id: string }>).map(({ id }) => id)
      if (episodeIds.length === 0) continue
      const done = noted(town, 'release of episodes', await product.call('POST', '/v1/credit-feed/episodes/release', tokenOf('finance2'), { episodeIds }))
      if (done.status === 200) counts.reported += episodeIds.length
      await product.settled()
    }
  }
  agenda.at(beijing(day, '12:10:00'), release)
  agenda.at(beijing(day, '16:40:00'), release)
  agenda.at(beijing(day, '17:00:00'), async () => {
    const waiting = (await product.call('GET', '/v1/refunds?state=requested&limit=100', tokenOf('finance2'))).body.items as ReadonlyArray<{ readonly id: string }>
    for (const { id } of waiting) noted(town, 'approval', await product.call('POST', `/v1/refunds/${id}/approve`, tokenOf('finance2'), {}))
    await product.settled()
  })
  for (const time of ['15:00:00', '18:30:00']) {
    agenda.at(beijing(day, time), async () => {
      for (const bureau of parties.bureaus.values()) await bureau.pull()
      await product.settled()
    })
  }
  agenda.at(beijing(day, '23:50:00'), async () => readJournals(town, day))
}

/** What the parties gave back, by their own journals. */
function readJournals ({ parties, tally }: Town, day: string): void {
  const since = new Date(beijing(day, '00:00:00').getTime() - daysLong(1))
  for (const [channel, simulator] of Object.entries(parties.channels)) {
    for (const { kind, key, body, at } of simulator.items(since)) {
      if (kind === 'refund') tally.refunded.set(`${channel} ${key}`, { channel, amountFen: Number(body['amountFen']), at })
      // The insurance half of a mixed order.
      if (kind === 'bureau_refund') tally.refunded.set(`insurance ${key}`, { channel: 'insurance', amountFen: Number(body['amountFen']), at })
    }
  }
  for (const { kind, key, body, at } of parties.insurer.items(since)) if (kind === 'refund') tally.refunded.set(`insurance ${key}`, { channel: 'insurance', amountFen: Number(body['amountFen']), at })
}

function isMonthsEnd (day: string): boolean {
  return dayOf(new Date(beijing(day, '12:00:00').getTime() + daysLong(1))).endsWith('-01')
}

function noCounts (): Town['counts'] {
  return { visits: 0, signed: 0, refusedToSign: 0, payments: 0, lines: 0, releaseChecks: 0, notReleased: 0, disputes: 0, terminated: 0, merges: 0, refundsAsked: 0, writeOffs: 0, reported: 0, restarts: 0, jobs: 0, refusals: new Map() }
}

function progressOf ({ counts, tally }: Town, { day, number, of, startedAt }: { readonly day: string, readonly number: number, readonly of: number, readonly startedAt: number }): string {
  const movedFen = [...tally.paid.values()].reduce((sum, { amountFen }) => sum + amountFen, 0)
  return `${day} (${number}/${of}) visits ${counts.visits}, contracts ${counts.signed}, payments ${counts.payments}, yuan ${(movedFen / 100).toFixed(2)}, jobs ${counts.jobs}, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`
}

async function digestOf ({ product }: Town): Promise<string> {
  const rows = await product.parts().store.runByHand(`select e.hospital_id, e.effective_on, e.kind, count(*) as postings, cast(sum(abs(p.amount_fen)) as bigint) as amount
    from entries e join postings p on p.entry = e.sequence group by e.hospital_id, e.effective_on, e.kind order by e.hospital_id, e.effective_on, e.kind`)
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex')
}
