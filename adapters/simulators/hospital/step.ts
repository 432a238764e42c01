import type { SegmentContent } from '../../hl7v2/index.ts'

export type StepKind =
  | 'doctor_file' | 'appointment_booked' | 'appointment_rescheduled' | 'appointment_modified' | 'appointment_cancelled' | 'appointment_missed'
  | 'patient_registered' | 'visit_registered' | 'visit_cancelled' | 'visit_closed' | 'photo_taken' | 'check_in' | 'order_placed' | 'result_reported'
  | 'document_written' | 'charged' | 'charge_cancelled' | 'charge_adjusted' | 'window_payment' | 'patient_merged'
  | 'message_resent' | 'message_resent_under_new_id' | 'late_update' | 'broken_message'

/** One message of the day, when the HIS sends it, and what it means for the money. */
export interface Step {
  /** Business time. */
  readonly at: Date
  readonly hospital: string
  readonly kind: StepKind
  /** The business key: record, visit, appointment or transaction number. */
  readonly key: string
  /** MSH-10. */
  readonly controlId: string
  readonly message: readonly SegmentContent[]
  readonly money: readonly MoneyFact[]
  /** Where it is meant to come to rest: `dead` only for the broken message. */
  readonly fate: 'applied' | 'dead'
}

/** What one FT1 says, in fen. */
export interface MoneyFact {
  readonly hospital: string
  readonly mrn: string
  readonly transactionId: string
  readonly kind: 'charge' | 'credit' | 'adjustment' | 'payment'
  readonly cancels: string | null
  readonly amountFen: number
}

/**
 * What every record number owes when all steps have been applied, whatever was repeated and in whatever order: a
 * transaction counts once, and a credit takes back exactly its charge.
 */
export function owedByRecord (steps: ReadonlyArray<Pick<Step, 'money'>>): ReadonlyMap<string, number> {
  const facts = new Map(steps.flatMap((step) => step.money).map((fact) => [`${fact.hospital} ${fact.transactionId}`, fact]))
  const cancelled = new Set([...facts.values()].flatMap((fact) => fact.cancels === null ? [] : [`${fact.hospital} ${fact.cancels}`]))
  const owed = new Map<string, number>()
  for (const [key, fact] of facts) {
    const counts = fact.kind !== 'credit' && !cancelled.has(key)
    const signedFen = fact.kind === 'payment' ? -fact.amountFen : fact.amountFen
    const record = `${fact.hospital} ${fact.mrn}`
    owed.set(record, (owed.get(record) ?? 0) + (counts ? signedFen : 0))
  }
  return owed
}
