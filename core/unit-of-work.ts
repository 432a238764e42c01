/**
 * One transaction. `Stores` are bound to it and may not be used after `work` has settled; a throw rolls all back.
 * Each use case names only the stores it needs: `InTransaction<{ ledger: LedgerStore }>`.
 */
export type InTransaction<Stores> = <Result>(work: (stores: Stores) => Promise<Result>) => Promise<Result>
