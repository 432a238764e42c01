import type { Fen } from '../money.ts'
import type { LedgerStore } from '../ledger/index.ts'
import type { OutboxStore } from '../outbox.ts'
import type { Payer, PaymentOrder, PaymentStore } from '../payments/index.ts'
import type { Escrow, WalletId } from './escrow.ts'
import type { EscrowSplit, SplitChannel } from './split.ts'
import type { PayoutAccount, Withdrawal, WithdrawalState } from './withdrawal.ts'

type Page = { readonly limit: number, readonly offset: number }

/** Null sets no limit; an empty list of patients finds nothing. */
export interface EscrowFilter {
  readonly payerPatientIds: readonly string[] | null
  readonly payerOrganizationId: string | null
  readonly payee: WalletId | null
  readonly hospitalId: string | null
  readonly purpose: string | null
}

export interface EscrowStore {
  readonly find: (id: string) => Promise<Escrow | null>
  /** Whoever asks for the same escrow waits until the transaction ends, also where there is none yet. */
  readonly findForChange: (id: string) => Promise<Escrow | null>
  /** Inserts or replaces by id. */
  readonly save: (escrow: Escrow) => Promise<void>
  /** The newest first. */
  readonly list: (filter: EscrowFilter, page: Page) => Promise<readonly Escrow[]>
  /** Held ones that were paid before, the oldest first. */
  readonly heldBefore: (before: Date, limit: number) => Promise<readonly Escrow[]>
  /** By id after `after`, for the nightly proof. */
  readonly inOrder: (page: { readonly after: string | null, readonly limit: number }) => Promise<readonly Escrow[]>
  readonly findSplit: (escrowId: string) => Promise<EscrowSplit | null>
  readonly saveSplit: (split: EscrowSplit) => Promise<void>
  readonly splitsToQuery: (by: Date, limit: number) => Promise<readonly EscrowSplit[]>
  readonly nextSplitQueryAt: () => Promise<Date | null>
  /** Splits that the channel refused for good: for people. */
  readonly failedSplits: (limit: number) => Promise<readonly EscrowSplit[]>
  /** Payment orders of which more was decided to go back than is gone or on its way, since the channel refused: for people. */
  readonly unreturned: (limit: number) => Promise<readonly string[]>
}

export interface WalletStore {
  /** Whoever asks for the same wallet waits until the transaction ends. */
  readonly lock: (walletId: WalletId) => Promise<void>
  readonly accounts: (walletId: WalletId) => Promise<readonly PayoutAccount[]>
  readonly saveAccount: (account: PayoutAccount) => Promise<void>
  readonly removeAccount: (walletId: WalletId, channel: SplitChannel) => Promise<void>
  readonly findWithdrawal: (id: string) => Promise<Withdrawal | null>
  readonly saveWithdrawal: (withdrawal: Withdrawal) => Promise<void>
  /** The newest first. */
  readonly withdrawals: (filter: { readonly walletId: WalletId | null, readonly state: WithdrawalState | null }, page: Page) => Promise<readonly Withdrawal[]>
  readonly withdrawalsToQuery: (by: Date, limit: number) => Promise<readonly Withdrawal[]>
  readonly nextWithdrawalQueryAt: () => Promise<Date | null>
}

export interface EscrowStores {
  readonly escrows: EscrowStore
  readonly wallets: WalletStore
  readonly payments: Pick<PaymentStore, 'find' | 'refundsOf'>
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil' | 'balances'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

/** What somebody wants to pay into escrow. */
export interface WantedEscrow {
  readonly id: string
  readonly payer: Payer
  /** The payer's records that the caller may see; none where an organization pays. */
  readonly patientIds: readonly string[]
  readonly at: Date
}

export interface OwedEscrow {
  readonly amountFen: Fen
  readonly hospitalId: string
  /** For whom it is, where it is for a patient. */
  readonly patientId: string | null
  /** What the wallet shows; nothing clinical, no name. */
  readonly description: string
}

/** What is bought: its say in what is owed, and its ear for the money that came. */
export interface EscrowSubject<Stores> {
  readonly purpose: string
  /** What is to be paid for `id` by this payer: refuses with its own code (state, other payer), else the sum. */
  readonly owed: (stores: Stores, wanted: WantedEscrow) => Promise<OwedEscrow>
  /** In the transaction of the success; safe to repeat. false: it is not wanted any more (cancelled, paid twice), so all of it goes back by itself. */
  readonly paid: (stores: Stores, escrow: Escrow, at: Date) => Promise<boolean>
}

export interface SplitNotice {
  readonly number: string
  readonly state: 'pending' | 'success' | 'failed'
  readonly channelNumber: string | null
}

export interface WantedSplit {
  readonly number: string
  /** Null: nobody but the merchant; what is frozen is freed. */
  readonly receiver: { readonly account: string, readonly amountFen: Fen } | null
  readonly requestedAt: Date
}

export interface WantedPayout {
  readonly number: string
  readonly account: string
  /** 户名, which a bank compares; null: not known. */
  readonly holderName: string | null
  readonly amountFen: Fen
  readonly requestedAt: Date
}

export interface PayoutNotice {
  readonly number: string
  readonly state: 'pending' | 'success' | 'failed'
  readonly amountFen: Fen
  readonly channelNumber: string | null
  readonly at: Date | null
}

/**
 * 分账与付款. Calls may be repeated with the same number: the channel carries them out once. An answer that did not come is
 * OUTSIDE_UNAVAILABLE (then it is queried), a refusal OUTSIDE_REFUSED. Null: the channel does not know the number.
 */
export interface SplitGateway {
  readonly channel: SplitChannel
  /** The last split of an order: the receiver gets its part, the merchant what is left; nothing stays frozen. */
  readonly split: (split: WantedSplit, order: PaymentOrder) => Promise<SplitNotice>
  readonly querySplit: (split: WantedSplit, order: PaymentOrder) => Promise<SplitNotice | null>
  readonly payOut: (payout: WantedPayout) => Promise<PayoutNotice>
  readonly queryPayOut: (payout: WantedPayout) => Promise<PayoutNotice | null>
  /** What the channel still keeps frozen of an order; only where it can say so. */
  readonly frozenFen?: (order: PaymentOrder) => Promise<Fen>
}

