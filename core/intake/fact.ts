import type { Calendar } from '../clock.ts'
import type { PractitionerFacts } from '../directory/index.ts'
import type { Patient } from '../identity/index.ts'
import type { Charge } from '../ledger/index.ts'
import type { Resource } from '../records/index.ts'
import type { Visit, VisitStepFacts } from '../visits/index.ts'

/** What the contexts need of a stored record: a pure projection, read by a table in mappings. */
export type Fact =
  | {
    readonly kind: 'patient'
    readonly patient: Omit<Patient, 'personId' | 'sequence'>
    /** Ids of the patients in `Patient.link` of type replaced-by; usually none, after ADT^A40 one. */
    readonly replacedBy: readonly string[]
  }
  | { readonly kind: 'visit', readonly visit: Visit }
  | { readonly kind: 'step', readonly step: VisitStepFacts }
  | { readonly kind: 'charge', readonly charge: Omit<Charge, 'state' | 'receivedAt'> }
  | { readonly kind: 'practitioner', readonly practitioner: PractitionerFacts }

export type FactsOf = (resource: Resource, context: { readonly hospitalId: string, readonly calendar: Calendar }) => readonly Fact[]
