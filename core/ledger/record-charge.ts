import type { Calendar } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { PatientStore } from '../identity/index.ts'
import type { Ids } from '../ids.ts'
import { negateFen, type Fen } from '../money.ts'
import { sameJson } from '../same-json.ts'
import { patientReceivable, unsettledRevenue, windowClearing } from './account.ts'
import type { Charge } from './charge.ts'
import { decideCharge, refuseContradiction, type ChargeDecision, type ChargeFacts } from './decide-charge.ts'
import { reversalOf, type Entry, type Posting } from './entry.ts'
import type { ChargeStore, LedgerStore } from './ports.ts'
import { post } from './post.ts'

interface RecordDeps {
  readonly charges: Pick<ChargeStore, 'find' | 'save'>
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil'>
  readonly patients: Pick<PatientStore, 'find'>
  readonly ids: Ids
  /** Days of effect for lines without a day of their own. */
  readonly calendar: Calendar
}

export interface ChargeStatement {
  /** What its merged record says. */
  readonly facts: ChargeFacts
  /** What single messages said that the record did not take over. */
  readonly overruled: readonly ChargeFacts[]
  /** The record is new, so there cannot be a charge yet: saves a look-up for nearly every line. */
  readonly isNew: boolean
}

/** What a line has just done: its entry or its credit was posted now, or its visit was told at last. */
export interface BookedCharge {
  readonly charge: Charge
  readonly isPosted: boolean
  readonly isCredited: boolean
}

/** 记账. Source keys are the line's own, so a resend under another message id changes nothing. */
export async function recordCharge ({ charges, ledger, patients, ids, calendar }: RecordDeps, { facts, overruled, isNew }: ChargeStatement, at: Date): Promise<BookedCharge> {
  const stands = isNew ? null : await charges.find(facts.id)
  if (stands !== null) await refuseWhatDiffers(patients, stands, { facts, overruled })
  const decision = decideCharge(stands, { ...facts, patientId: patientCharged(facts, overruled) }, at)
  if (stands === null || !sameJson(stands, decision.charge)) await charges.save(decision.charge)
  if (decision.postsCharge || decision.postsCredit) await postLine({ ledger, ids, calendar }, decision, at)
  return bookedOf(stands, decision)
}

function bookedOf (stands: Charge | null, { charge, postsCharge, postsCredit }: ChargeDecision): BookedCharge {
  const isVisitNew = stands !== null && stands.visitId === null && charge.visitId !== null
  return { charge, isPosted: postsCharge || (isVisitNew && charge.state !== 'awaiting_charge'), isCredited: postsCredit || (isVisitNew && charge.state === 'reversed') }
}

async function postLine ({ ledger, ids, calendar }: Pick<RecordDeps, 'ledger' | 'ids' | 'calendar'>, decision: ChargeDecision, at: Date): Promise<void> {
  const { charge, postsCharge, postsCredit } = decision
  const entry = postsCharge
    ? entryOf(charge, { id: ids.next(), postedAt: at, calendar })
    : await ledger.bySourceKey(sourceKeyOf(charge))
  if (entry === null) throw new DomainError('ENTRY_NOT_FOUND', 'The entry of a posted line is missing; run the trial balance.')
  if (postsCharge) await post({ ledger }, entry)
  if (postsCredit && charge.creditedBy !== null) {
    await post({ ledger }, reversalOf(entry, {
      id: ids.next(),
      sourceKey: `credit:${charge.id}`,
      effectiveOn: charge.creditedBy.occurredOn,
      postedAt: at,
      memo: charge.creditedBy.transactionId
    }))
  }
}

/** A credit that came first may have named the record that the patient was merged into since; the charge knows. */
function patientCharged (facts: ChargeFacts, overruled: readonly ChargeFacts[]): string {
  const charge = facts.creditedBy === null ? undefined : overruled.find(({ creditedBy }) => creditedBy === null)
  return (charge ?? facts).patientId
}

async function refuseWhatDiffers (patients: RecordDeps['patients'], stands: Charge, { facts, overruled }: Pick<ChargeStatement, 'facts' | 'overruled'>): Promise<void> {
  for (const said of overruled) refuseContradiction(stands, said)
  for (const said of [facts, ...overruled]) await refuseOtherPatient(patients, stands, said)
}

/**
 * A line may be sent again under the record that its patient was merged into; it stays with the record that was named
 * first. A credit may name anyone: what it takes back is the line.
 */
async function refuseOtherPatient (patients: RecordDeps['patients'], stands: Charge, said: ChargeFacts): Promise<void> {
  if (said.patientId === stands.patientId || said.creditedBy !== null || stands.state === 'awaiting_charge') return
  const [one, other] = [await patients.find(stands.patientId), await patients.find(said.patientId)]
  if (one !== null && one.personId === other?.personId) return
  throw new DomainError('CHARGE_ALREADY_POSTED', 'A line with this transaction id is in the books of another patient; send this one under an id of its own.', 'FT1-2')
}

const sourceKeyOf = (charge: Charge): string => `${charge.kind}:${charge.id}`

function entryOf (charge: Charge, { id, postedAt, calendar }: { id: string, postedAt: Date, calendar: Calendar }): Entry {
  return {
    id,
    hospitalId: charge.hospitalId,
    kind: charge.kind,
    sourceKey: sourceKeyOf(charge),
    effectiveOn: charge.occurredOn ?? calendar(postedAt),
    postedAt,
    postings: postingsOf(charge, charge.amountFen as Fen),
    reverses: null,
    memo: null
  }
}

function postingsOf (charge: Charge, amountFen: Fen): readonly Posting[] {
  const receivable = patientReceivable(charge.patientId)
  return charge.kind === 'payment'
    ? [{ account: windowClearing, amountFen }, { account: receivable, amountFen: negateFen(amountFen) }]
    : [{ account: receivable, amountFen }, { account: unsettledRevenue, amountFen: negateFen(amountFen) }]
}
