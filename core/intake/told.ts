import type { Calendar } from '../clock.ts'
import type { PractitionerStore } from '../directory/index.ts'
import type { PatientStore } from '../identity/index.ts'
import type { Ids, StableId } from '../ids.ts'
import type { ChargeStore, LedgerStore } from '../ledger/index.ts'
import type { OutboxStore } from '../outbox.ts'
import type { Destination, OutboundStore } from '../outbound/index.ts'
import type { BillTools, VisitStores as BillingStores } from '../pay-after-care/index.ts'
import type { RecordStore, SavedRecord, SearchValuesOf } from '../records/index.ts'
import type { VisitStore } from '../visits/index.ts'
import type { Fact, FactsOf } from './fact.ts'

/** 医后付: by which rules what is taken in stands on bills. */
export type Billing = Pick<BillTools, 'settings' | 'hasInsurance'>

export interface TakeInDeps extends Pick<BillingStores, 'bills' | 'contracts' | 'defaults'> {
  readonly records: Pick<RecordStore, 'current' | 'save' | 'confirm'>
  readonly patients: PatientStore
  readonly visits: Pick<VisitStore, 'find' | 'save' | 'addStep'>
  readonly practitioners: Pick<PractitionerStore, 'find' | 'save'>
  readonly charges: Pick<ChargeStore, 'find' | 'save' | 'list'>
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil'>
  readonly outbox: Pick<OutboxStore, 'add'>
  readonly outbound: Pick<OutboundStore, 'add'>
  readonly destinations: readonly Destination[]
  readonly factsOf: FactsOf
  readonly searchValuesOf: SearchValuesOf
  readonly stableId: StableId
  /** SHA-1 of the bytes that a base64 text stands for, in base64. */
  readonly hashOf: (base64: string) => string
  readonly ids: Ids
  readonly calendar: Calendar
  readonly billing: Billing
}

export interface Told {
  readonly fact: Fact
  readonly from: SavedRecord
}
