import type { BookingRules, BookingStores } from '../appointments/index.ts'
import type { Calendar } from '../clock.ts'
import type { RequestAnswerFacts } from '../consultations/index.ts'
import type { PractitionerStore } from '../directory/index.ts'
import type { FaceConsentStore, FacePhotoStore, FaceTemplateStore } from '../faces/index.ts'
import type { PatientStore } from '../identity/index.ts'
import type { Ids, StableId } from '../ids.ts'
import type { ChargeStore, LedgerStore } from '../ledger/index.ts'
import type { OutboxStore } from '../outbox.ts'
import type { Destination, OutboundStore } from '../outbound/index.ts'
import type { BillTools, VisitStores as BillingStores } from '../pay-after-care/index.ts'
import type { RecordStore, SavedRecord, SearchValuesOf } from '../records/index.ts'
import type { VisitStore } from '../visits/index.ts'
import type { VoucherStores } from '../vouchers/index.ts'
import type { AnaesthesiaStore } from '../marketplace/index.ts'
import type { Fact, FactsOf } from './fact.ts'

export type HearRequestAnswer = (stores: TakeInDeps, answer: RequestAnswerFacts, at: Date) => Promise<unknown>

/** 医后付: by which rules what is taken in stands on bills. */
export type Billing = Pick<BillTools, 'settings' | 'hasInsurance'>

export interface TakeInDeps extends Pick<BillingStores, 'bills' | 'contracts' | 'defaults'>, Pick<BookingStores, 'slots' | 'appointments' | 'waits'>, Pick<VoucherStores, 'vouchers' | 'voucherBatches' | 'voucherUses' | 'voucherCopies'> {
  readonly records: Pick<RecordStore, 'current' | 'save' | 'confirm' | 'purgeBinaries'>
  readonly patients: PatientStore
  readonly visits: Pick<VisitStore, 'find' | 'save' | 'addStep'>
  readonly practitioners: Pick<PractitionerStore, 'find' | 'save'>
  readonly charges: Pick<ChargeStore, 'find' | 'save' | 'list'>
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil'>
  readonly outbox: Pick<OutboxStore, 'add'>
  readonly outbound: Pick<OutboundStore, 'add'>
  readonly faceConsents: Pick<FaceConsentStore, 'add' | 'ofPatients' | 'withdrawnAt' | 'inTurn'>
  readonly facePhotos: Pick<FacePhotoStore, 'save' | 'ofPatients' | 'drop'>
  readonly faceTemplates: Pick<FaceTemplateStore, 'ofPatients' | 'drop'>
  readonly anaesthesias: Pick<AnaesthesiaStore, 'save'>
  readonly destinations: readonly Destination[]
  readonly factsOf: FactsOf
  readonly searchValuesOf: SearchValuesOf
  readonly stableId: StableId
  /** SHA-1 of the bytes that a base64 text stands for, in base64. */
  readonly hashOf: (base64: string) => string
  readonly ids: Ids
  readonly calendar: Calendar
  readonly billing: Billing
  /** 预约. By which rules what hospitals tell of appointments is taken in. */
  readonly booking: BookingRules<BookingStores>
  /** 问诊申请. Hears a hospital's answer to a request; finds its own stores among those of the transaction. */
  readonly hearAnswer: HearRequestAnswer
}

export interface Told {
  readonly fact: Fact
  readonly from: SavedRecord
}
