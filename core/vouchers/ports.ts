import type { PatientStore } from '../identity/index.ts'
import type { OutboxStore } from '../outbox.ts'
import type { VoucherBatchStore, VoucherPartyStore } from './office-ports.ts'
import type { Voucher, VoucherState } from './voucher.ts'
import type { VoucherEvent, VoucherHappening } from './voucher-event.ts'
import type { VoucherUse } from './voucher-use.ts'

interface Page { readonly limit: number, readonly offset: number }

/**
 * Signs and reads the codes of vouchers. `read` answers null where the text is no code of ours: forged, altered, or by
 * a key that is not known any more. What became of the voucher is not in the code.
 */
export interface VoucherCodes {
  readonly sign: (voucher: Pick<Voucher, 'id' | 'batch' | 'validFrom' | 'validUntil'>) => string
  readonly read: (text: string) => { readonly voucherId: string } | null
}

/** A change of one voucher with the event that it is. */
export interface VoucherStep {
  readonly before: Voucher
  readonly after: Voucher
  readonly event: VoucherEvent
}

/** A change of all vouchers of a run that are in one of these states. */
export interface VoucherRun {
  readonly batch: number
  readonly fromSeq: number
  readonly toSeq: number
  readonly states: readonly VoucherState[]
  readonly what: Extract<VoucherHappening, 'sent' | 'voided' | 'expired'>
  readonly to: VoucherState
  /** Of vouchers that are sent; null: it stays as it is. */
  readonly communityId: string | null
  readonly month: string
  readonly reason: string | null
  readonly by: string
  readonly at: Date
}

export interface VoucherFilter {
  readonly patientIds: readonly string[] | null
  readonly communityId: string | null
  readonly batch: number | null
  readonly state: VoucherState | null
}


export interface VoucherStore {
  readonly find: (id: string) => Promise<Voucher | null>
  /** The same; nobody else changes it until the transaction ends. */
  readonly findForChange: (id: string) => Promise<Voucher | null>
  readonly byPlace: (batch: number, seq: number) => Promise<Voucher | null>
  /**
   * Saves a step with its event and its counts. Answers false, and changes nothing, where the voucher is not at the
   * version of `before` any more: of any two changes one wins (I-40).
   */
  readonly step: (step: VoucherStep) => Promise<boolean>
  readonly list: (filter: VoucherFilter, page: Page) => Promise<readonly Voucher[]>
  /** 券包. Of these records of a person, not taken out of the list, the one that ends first on top. */
  readonly inHand: (patientIds: readonly string[], page: Page) => Promise<readonly Voucher[]>
  /** V-21: out of the person's list, or back into it; the voucher and its events stay (I-47). Idempotent. */
  readonly show: (voucherId: string, shown: boolean) => Promise<void>
  /** Vouchers of a campaign that these records were issued; neither void nor expired before use. */
  readonly countIssued: (campaignId: string, patientIds: readonly string[]) => Promise<number>
  /** Hand-outs to one person go one after the other until the transaction ends. */
  readonly lockPerson: (personId: string) => Promise<void>
  /** The next voucher of a batch that a community may hand out; hand-outs of one community go one after the other. */
  readonly nextToIssue: (communityId: string, batch: number) => Promise<Voucher | null>
  /** In a person's hand and not reminded, of batches that end in the span, which is open at its end. */
  readonly toRemind: (span: { readonly from: Date, readonly to: Date }, limit: number) => Promise<readonly Voucher[]>
  readonly markReminded: (voucherId: string) => Promise<void>
  readonly events: (voucher: Pick<Voucher, 'batch' | 'seq'>, limit: number) => Promise<readonly VoucherEvent[]>
  /** Makes vouchers of these places, each with a random id, and their event; places that are there already are left alone. */
  readonly generate: (run: Pick<VoucherRun, 'batch' | 'fromSeq' | 'toSeq' | 'month' | 'by' | 'at'>) => Promise<number>
  /** Answers those that changed. */
  readonly move: (run: VoucherRun) => Promise<MovedRun>
}

export interface MovedRun {
  readonly count: number
  /** Those of them that a person had. */
  readonly held: ReadonlyArray<Pick<Voucher, 'id' | 'batch' | 'seq' | 'patientId'>>
}

export interface UseFilter {
  readonly hospitalId: string | null
  readonly voucherId: string | null
  readonly state: VoucherUse['state'] | null
  readonly hasRollbackAsked: boolean
}

export interface VoucherUseStore {
  readonly find: (id: string) => Promise<VoucherUse | null>
  readonly list: (filter: UseFilter, page: Page) => Promise<readonly VoucherUse[]>
  readonly ofVoucher: (voucherId: string) => Promise<readonly VoucherUse[]>
  /** Refused with STORE_WRITE_CONFLICT where the voucher has a use of this number (I-40). */
  readonly add: (use: VoucherUse) => Promise<void>
  /** Answers false where it is not in the state of `before` any more. */
  readonly save: (before: VoucherUse, after: VoucherUse) => Promise<boolean>
  /** Under way at a hospital for the person behind this record, the oldest first: what an examination may belong to. */
  readonly awaitingExamination: (hospitalId: string, patientId: string) => Promise<readonly VoucherUse[]>
  /** Examined by then, the oldest first. */
  readonly examinedBy: (by: Date, limit: number) => Promise<readonly VoucherUse[]>
  readonly nextExamined: () => Promise<Date | null>
  /** 'Use' from the app: the code that a person sent to a hospital. One a voucher, the newest. */
  readonly present: (sent: Presentation) => Promise<void>
  readonly presented: (voucherId: string) => Promise<Presentation | null>
  readonly presentedTo: (hospitalId: string, since: Date, page: Page) => Promise<readonly Presentation[]>
}

export interface Presentation {
  readonly voucherId: string
  readonly hospitalId: string
  readonly code: string
  readonly appointmentId: string | null
  readonly sentAt: Date
}

/** What the back office and the communities keep of a voucher beside it; told by the outbox, compared every night (I-45). */
export interface VoucherCopyStore {
  /** 社区存码 (V-12). Kept with its conversion. */
  readonly keepCode: (copy: Pick<CodeCopy, 'voucherId' | 'communityId' | 'code' | 'storedAt'>) => Promise<void>
  readonly codeOf: (voucherId: string) => Promise<CodeCopy | null>
  readonly codesOf: (voucherIds: readonly string[]) => Promise<readonly CodeCopy[]>
  /** Idempotent; null: it is good again. */
  readonly spendCode: (voucherId: string, spent: { readonly at: Date, readonly because: SpentBecause } | null) => Promise<void>
  /** 后台核销 (V-06, V-07): what hospitals have told of a use. Inserts or replaces. */
  readonly keepWriteOff: (writeOff: WriteOff) => Promise<void>
  readonly writeOffs: (filter: { readonly batch: number | null, readonly hospitalId: string | null }, page: Page) => Promise<readonly WriteOff[]>
  /** Where a copy does not say what the voucher and its uses say. */
  readonly differing: (limit: number) => Promise<readonly string[]>
}

export type SpentBecause = 'redeemed' | 'void' | 'expired'

export interface CodeCopy {
  readonly voucherId: string
  readonly communityId: string
  readonly code: string
  readonly storedAt: Date
  readonly spentAt: Date | null
  readonly spentBecause: SpentBecause | null
}

export interface WriteOff {
  readonly useId: string
  readonly voucherId: string
  readonly batch: number
  readonly hospitalId: string
  readonly state: 'redeemed' | 'rolled_back'
  readonly redeemedAt: Date
  readonly receivedAt: Date
}

/** What the steps of a voucher's life need. */
export interface VoucherStores {
  readonly vouchers: VoucherStore
  readonly voucherBatches: VoucherBatchStore
  readonly voucherUses: VoucherUseStore
  readonly voucherCopies: VoucherCopyStore
  readonly voucherParties: VoucherPartyStore
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly outbox: Pick<OutboxStore, 'add'>
}
