import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Fen } from '../money.ts'

/** One per contract and reporting creditor; its number stays the same for good and says nothing of the hospital. */
export interface CreditAccount {
  readonly accountNumber: string
  readonly contractId: string
  /** Neutral code of the reporting creditor, never the name of a hospital. */
  readonly creditor: string
  readonly openedOn: CalendarDate
}

/** A bill of an episode: with its own notice before it counts, since each bad record needs one (article 15). */
export interface EpisodeBill {
  readonly billId: string
  /** Null while nobody was told, or after a notice that did not reach the person. */
  readonly noticeKey: string | null
  readonly noticedOn: CalendarDate | null
  /** Charged less insured when last looked at; null while the bill is not part of what is reported. */
  readonly claimedFen: Fen | null
}

/** That the person was told before the record. */
export interface NoticeProof {
  readonly sentAt: Date
  readonly provenAt: Date
  readonly channel: string
  readonly proofId: string
}

/**
 * 逾期事件. From the notice before a deadline is missed until nothing overdue is left at this creditor. Reported as a
 * whole, not bill by bill. While a dispute is open it is held.
 */
export interface Episode {
  readonly id: string
  readonly accountNumber: string
  readonly contractId: string
  readonly creditor: string
  /** 1, 2, … within the account. */
  readonly episodeNumber: number
  readonly state: EpisodeState
  readonly isHeld: boolean
  readonly bills: readonly EpisodeBill[]
  /** Of the earliest deadline that was missed; fixed once it is reported. */
  readonly firstDelinquencyOn: CalendarDate
  readonly dueOn: CalendarDate
  /** What was overdue when each of its bills came in, less what was corrected since. */
  readonly originalAmountFen: Fen
  readonly balanceFen: Fen
  /** Not disputed. */
  readonly overdueFen: Fen
  readonly notice: NoticeProof | null
  /** Why it is not ready: codes of the gates that are closed. */
  readonly closedGates: readonly string[]
  readonly preparedOn: CalendarDate | null
  /** Null: by the job. */
  readonly preparedBy: string | null
  readonly releasedBy: string | null
  readonly curedOn: CalendarDate | null
  readonly statement: string | null
  readonly openedAt: Date
}

export const episodeStates = ['notice_due', 'notice_sent', 'notice_proven', 'ready', 'released', 'submitted', 'accepted', 'rejected', 'cured', 'deletion_sent', 'deleted', 'abandoned', 'withdrawn'] as const
export type EpisodeState = typeof episodeStates[number]

export type EpisodeEvent = 'notified' | 'notice_failed' | 'notice_proven' | 'prepared' | 'gate_closed' | 'released' | 'submitted' | 'accepted' | 'rejected' | 'settled' | 'cured' | 'withdrawn' | 'deletion_sent' | 'deleted'

/** Every legal transition; what is not here is refused (domain document §1.4). settled: paid before it stood at the bureau. */
export const transitions: Readonly<Record<EpisodeState, Readonly<Partial<Record<EpisodeEvent, EpisodeState>>>>> = {
  notice_due: { notified: 'notice_sent', settled: 'abandoned', withdrawn: 'withdrawn' },
  notice_sent: { notice_proven: 'notice_proven', notice_failed: 'notice_due', settled: 'abandoned', withdrawn: 'withdrawn' },
  notice_proven: { prepared: 'ready', settled: 'abandoned', withdrawn: 'withdrawn' },
  ready: { released: 'released', gate_closed: 'notice_proven', settled: 'abandoned', withdrawn: 'withdrawn' },
  released: { submitted: 'submitted', gate_closed: 'notice_proven', settled: 'abandoned', withdrawn: 'withdrawn' },
  submitted: { accepted: 'accepted', rejected: 'rejected', cured: 'cured', withdrawn: 'withdrawn' },
  accepted: { cured: 'cured', withdrawn: 'withdrawn' },
  // An acceptance may overtake the rejection that it corrects: acknowledgements come in any order (I-35).
  rejected: { submitted: 'submitted', accepted: 'accepted', settled: 'abandoned', withdrawn: 'withdrawn' },
  // Its opening was refused and it was paid since: nothing bad stands at the bureau.
  cured: { settled: 'abandoned', withdrawn: 'withdrawn', deletion_sent: 'deletion_sent' },
  deletion_sent: { deleted: 'deleted' },
  deleted: {},
  abandoned: {},
  withdrawn: {}
}

export function nextState (state: EpisodeState, event: EpisodeEvent): EpisodeState {
  const next = transitions[state][event]
  if (next === undefined) throw new DomainError('EPISODE_NOT_RELEASABLE', `An episode that is ${state} cannot become ${event}. Look at its state first.`)
  return next
}

/** Nothing of it was in a file yet. */
const unreportedStates = ['notice_due', 'notice_sent', 'notice_proven', 'ready', 'released'] as const satisfies readonly EpisodeState[]
/** It still changes by what the person owes. */
export const liveStates = [...unreportedStates, 'submitted', 'accepted', 'rejected'] as const satisfies readonly EpisodeState[]

export function isUnreported ({ state }: Pick<Episode, 'state'>): boolean {
  return (unreportedStates as readonly EpisodeState[]).includes(state)
}

export function isLive ({ state }: Pick<Episode, 'state'>): boolean {
  return (liveStates as readonly EpisodeState[]).includes(state)
}
