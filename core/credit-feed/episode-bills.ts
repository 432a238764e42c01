import type { CalendarDate } from '../clock.ts'
import { addDays, daysBetween } from '../days.ts'
import { fen, sumFen, type Fen } from '../money.ts'
import { isPastDeadline, outstandingOf, undisputedOf, type Bill } from '../pay-after-care/index.ts'
import type { Episode, EpisodeBill, NoticeProof } from './episode.ts'
import type { DecideTools, Look } from './look.ts'

/** A notice that did not reach the person is sent anew after so many days, one without an answer after so many. */
const failedAgainAfterDays = 3
const silentAgainAfterDays = 7

/** Bills about which the person is to be told, or was: close to their deadline or past it, and owed to this creditor. */
export function reportableBills ({ bills, episodes }: Look, tools: DecideTools): readonly Bill[] {
  const withdrawn = new Set(episodes.filter(({ state }) => state === 'withdrawn').flatMap((episode) => episode.bills.map(({ billId }) => billId)))
  return [...bills.values()].filter((bill) => !withdrawn.has(bill.id) && isCloseToDeadline(bill, tools))
}

export function isCloseToDeadline (bill: Bill, { settings, moment }: Pick<DecideTools, 'settings' | 'moment'>): boolean {
  return bill.dueOn !== null && !bill.isEmergency && bill.funder === null && undisputedOf(bill) > 0 && addDays(bill.dueOn, -settings.reportNoticeDays) <= moment.today
}

/** The episode's bills with those that came in since. */
export function joinedBills (bills: readonly EpisodeBill[], reportable: readonly Bill[]): readonly EpisodeBill[] {
  const known = new Set(bills.map(({ billId }) => billId))
  return [...bills, ...reportable.filter(({ id }) => !known.has(id)).map(({ id }): EpisodeBill => ({ billId: id, noticeKey: null, noticedOn: null, claimedFen: null }))]
}

/** Forgets notices that failed, so that they are sent anew. */
export function withoutFailedNotices (bills: readonly EpisodeBill[], { notices }: Look, today: CalendarDate): readonly EpisodeBill[] {
  return bills.map((bill) => {
    if (bill.noticeKey === null || bill.noticedOn === null || bill.claimedFen !== null) return bill
    const notice = notices.get(bill.noticeKey)
    if (notice !== undefined && notice.provenAt !== null) return bill
    const hasFailed = notice?.state === 'undelivered' || notice?.state === 'suppressed'
    const again = daysBetween(bill.noticedOn, today) >= (hasFailed ? failedAgainAfterDays : silentAgainAfterDays)
    return again ? { ...bill, noticeKey: null, noticedOn: null } : bill
  })
}

/** Names one notice for all bills that have none; at most one a day. */
export function withNotice (episodeId: string, bills: readonly EpisodeBill[], { bills: known }: Look, today: CalendarDate): { readonly bills: readonly EpisodeBill[], readonly notice: { readonly key: string, readonly bills: readonly Bill[] } | null } {
  const key = `pre-report:${episodeId}:${today}`
  const untold = bills.filter(({ billId, noticeKey }) => noticeKey === null && owedOn(known.get(billId)) > 0)
  if (untold.length === 0 || bills.some(({ noticeKey }) => noticeKey === key)) return { bills, notice: null }
  const told = new Set(untold.map(({ billId }) => billId))
  return {
    bills: bills.map((bill) => told.has(bill.billId) ? { ...bill, noticeKey: key, noticedOn: today } : bill),
    notice: { key, bills: untold.flatMap(({ billId }) => known.get(billId) ?? []) }
  }
}

function owedOn (bill: Bill | undefined): number {
  return bill === undefined ? 0 : undisputedOf(bill)
}

/** When the person was told of a bill, if that is proven. */
export function proofOf ({ noticeKey }: EpisodeBill, { notices }: Look): NoticeProof | null {
  const notice = noticeKey === null ? undefined : notices.get(noticeKey)
  if (notice === undefined || notice.provenAt === null || notice.sentAt === null || notice.channel === null) return null
  return { sentAt: notice.sentAt, provenAt: notice.provenAt, channel: notice.channel, proofId: notice.proofId ?? notice.key }
}

/** What of an episode counts at the bureau: bills past their deadline whose notice is old enough; once reported, always. */
export interface Counted {
  readonly bills: readonly Bill[]
  readonly proof: NoticeProof | null
  readonly balanceFen: Fen
  readonly overdueFen: Fen
  /** Written off and not recovered. */
  readonly lostFen: Fen
  /** Charged less insured; nothing left means that the record was our error. */
  readonly claimedFen: Fen
  readonly dueOn: CalendarDate | null
}

export function countedOf (episode: Pick<Episode, 'bills'>, look: Look, { settings, calendar, moment }: DecideTools): Counted {
  const counted = episode.bills.filter((bill) => {
    const known = look.bills.get(bill.billId)
    if (known === undefined) return false
    if (bill.claimedFen !== null) return true
    const proof = proofOf(bill, look)
    return isPastDeadline(known, moment.today) && proof !== null && daysBetween(calendar(proof.provenAt), moment.today) >= settings.reportNoticeDays
  })
  const bills = counted.flatMap(({ billId }) => look.bills.get(billId) ?? [])
  const [first] = counted
  const [dueOn = null] = bills.flatMap((bill) => bill.dueOn ?? []).sort()
  return {
    bills,
    proof: first === undefined ? null : proofOf(first, look),
    balanceFen: sumFen(bills.map((bill) => fen(Math.max(0, outstandingOf(bill))))),
    overdueFen: sumFen(bills.map(undisputedOf)),
    lostFen: sumFen(bills.map(({ writtenOffFen, recoveredFen }) => fen(Math.max(0, writtenOffFen - recoveredFen)))),
    claimedFen: sumFen(bills.map(claimOf)),
    dueOn
  }
}

const claimOf = ({ chargedFen, insuredFen }: Bill): Fen => fen(chargedFen - insuredFen)

/** Over all bills of the episode, whether or not they count yet. */
export function outstandingIn (bills: readonly EpisodeBill[], look: Look): Fen {
  return sumFen(bills.flatMap(({ billId }) => look.bills.get(billId) ?? []).map((bill) => fen(Math.max(0, outstandingOf(bill)))))
}

/** What each counted bill claims now, and the original amount that follows: corrections and later bills change it. */
export function withClaims (episode: Episode, { bills }: Counted): Pick<Episode, 'bills' | 'originalAmountFen'> {
  const counted = new Map(bills.map((bill) => [bill.id, bill]))
  let originalFen: number = episode.originalAmountFen
  const claimed = episode.bills.map((one) => {
    const bill = counted.get(one.billId)
    if (bill === undefined) return one
    originalFen += one.claimedFen === null ? Math.max(0, outstandingOf(bill)) : claimOf(bill) - one.claimedFen
    return { ...one, claimedFen: claimOf(bill) }
  })
  return { bills: claimed, originalAmountFen: fen(Math.max(0, originalFen)) }
}
