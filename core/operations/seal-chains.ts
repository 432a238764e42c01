import type { InTransaction } from '../unit-of-work.ts'
import type { SealStore, SettingStore } from './ports.ts'
import { chainNames, faultOf, sealOf, type ChainName, type Hash, type Seal } from './seal.ts'

interface SealDeps {
  readonly inTransaction: InTransaction<{ seals: SealStore }>
  readonly inReading: InTransaction<{ seals: SealStore }>
  readonly hash: Hash
}

const rowsPerSeal = 1_000

/** The newest row of each chain at a look. */
export type Horizon = Readonly<Record<ChainName, number>>

/** Rows up to here may be sealed at the next look: a transaction that had its number by now is over by then. */
export async function horizonOf ({ inReading }: Pick<SealDeps, 'inReading'>): Promise<Horizon> {
  return await inReading(async ({ seals }) => ({ ledger: await seals.newest('ledger'), access: await seals.newest('access') }))
}

/** Seals what stands up to the horizon, some thousand rows at a time. Answers how many rows. */
export async function sealChains (deps: SealDeps, horizon: Horizon, at: Date): Promise<number> {
  let sealed = 0
  for (const chain of chainNames) {
    for (let count = rowsPerSeal; count === rowsPerSeal;) {
      count = await deps.inTransaction(async ({ seals }) => {
        const before = await seals.last(chain)
        const rows = await seals.rows(chain, { from: (before?.toSequence ?? 0) + 1, to: horizon[chain], limit: rowsPerSeal })
        if (rows.length > 0) await seals.add(sealOf(chain, before, rows, { hash: deps.hash, at }))
        return rows.length
      })
      sealed += count
    }
  }
  return sealed
}

export interface ChainProof {
  readonly chain: ChainName
  readonly seals: number
  readonly rows: number
  /** The first seal that does not hold, and why. */
  readonly broken: { readonly number: number, readonly fault: string } | null
  readonly head: Seal | null
}

/** Recounts a chain from its first seal, or from one that was proven before. */
export async function proveChain ({ inReading, hash, breathe }: Pick<SealDeps, 'inReading' | 'hash'> & { readonly breathe: () => Promise<unknown> }, chain: ChainName, fromNumber = 1): Promise<ChainProof> {
  let before = fromNumber <= 1 ? null : await inReading(({ seals }) => seals.find(chain, fromNumber - 1))
  let proof: ChainProof = { chain, seals: 0, rows: 0, broken: null, head: before }
  for (let number = (before?.number ?? 0) + 1; ; number += 1) {
    const read = await inReading(async ({ seals }) => {
      const seal = await seals.find(chain, number)
      return seal && { seal, rows: await seals.rows(chain, { from: seal.fromSequence, to: seal.toSequence, limit: rowsPerSeal + 1 }) }
    })
    if (read === null) return proof
    const fault = faultOf(read.seal, before, read.rows, hash)
    if (fault !== null) return { ...proof, broken: { number, fault } }
    before = read.seal
    proof = { chain, seals: proof.seals + 1, rows: proof.rows + read.rows.length, broken: null, head: read.seal }
    await breathe()
  }
}

const provenKey = (chain: ChainName): string => `seals.proven.${chain}`

/**
 * The whole chain once in a while, and in between what came since: the cost of a night is that of a week and not of years.
 * Where a seal was found broken every night begins before it, so that it is found again until it holds.
 */
export async function proveNightly (deps: Pick<SealDeps, 'inReading' | 'hash'> & { readonly inTransaction: InTransaction<{ settings: SettingStore }>, readonly breathe: () => Promise<unknown> }, chain: ChainName, { isWhole }: { readonly isWhole: boolean }): Promise<ChainProof> {
  const from = isWhole ? 1 : Number(await deps.inTransaction(({ settings }) => settings.get(provenKey(chain))) ?? 1)
  const proof = await proveChain(deps, chain, from)
  const next = proof.broken?.number ?? (proof.head?.number ?? 0) + 1
  if (isWhole || proof.broken !== null) await deps.inTransaction(({ settings }) => settings.set(provenKey(chain), String(next)))
  return proof
}
