/**
 * 审计链. Batches of rows that are never changed are sealed one after the other: a Merkle root over the rows' contents
 * (RFC 6962, section 2.1: leaves and nodes are told apart by their first byte) and a head that holds the head before it.
 * Changing any byte of a sealed row, leaving one out or putting one in breaks verification; dropping the newest seals is
 * seen from a head that was kept elsewhere (I-14). It runs beside the postings and never within them: in the posting
 * transaction a chain costs some 80 % of the throughput.
 */
export interface Seal {
  readonly chain: ChainName
  /** 1, 2, … without a gap. */
  readonly number: number
  readonly fromSequence: number
  readonly toSequence: number
  readonly count: number
  readonly root: string
  readonly previousHead: string
  readonly head: string
  /** Real time. */
  readonly sealedAt: Date
}

export const chainNames = ['ledger', 'access'] as const
export type ChainName = typeof chainNames[number]

/** A row that can be sealed: its own number, and a text that says all of it. */
export interface Sealable {
  readonly sequence: number
  readonly content: string
}

/** SHA-256 of a text, hex. */
export type Hash = (text: string) => string

const firstHead = '0'.repeat(64)

function merkleRoot (contents: readonly string[], hash: Hash): string {
  let level = contents.map((content) => hash(`\u0000${content}`))
  if (level.length === 0) return hash('')
  while (level.length > 1) {
    const next: string[] = []
    for (let place = 0; place < level.length; place += 2) {
      const [one, other] = [level[place] ?? '', level[place + 1]]
      next.push(other === undefined ? one : hash(`\u0001${one}${other}`))
    }
    level = next
  }
  return level[0] ?? ''
}

export function sealOf (chain: ChainName, before: Pick<Seal, 'number' | 'head' | 'toSequence'> | null, rows: readonly Sealable[], { hash, at }: { readonly hash: Hash, readonly at: Date }): Seal {
  const unsigned = {
    chain,
    number: (before?.number ?? 0) + 1,
    fromSequence: (before?.toSequence ?? 0) + 1,
    toSequence: rows.at(-1)?.sequence ?? before?.toSequence ?? 0,
    count: rows.length,
    root: merkleRoot(rows.map(({ content }) => content), hash),
    previousHead: before?.head ?? firstHead,
    sealedAt: at
  }
  return { ...unsigned, head: headOf(unsigned, hash) }
}

function headOf ({ chain, number, fromSequence, toSequence, count, root, previousHead }: Omit<Seal, 'head'>, hash: Hash): string {
  return hash([chain, number, fromSequence, toSequence, count, root, previousHead].join('\n'))
}

/** What is wrong with a seal, given the one before it and the rows that stand in its range now; null: nothing. */
export function faultOf (seal: Seal, before: Pick<Seal, 'number' | 'head' | 'toSequence'> | null, rows: readonly Sealable[], hash: Hash): 'order' | 'head' | 'count' | 'content' | null {
  if (!follows(seal, before)) return 'order'
  if (seal.head !== headOf(seal, hash)) return 'head'
  if (seal.count !== rows.length) return 'count'
  return seal.root === merkleRoot(rows.map(({ content }) => content), hash) ? null : 'content'
}

function follows (seal: Seal, before: Pick<Seal, 'number' | 'head' | 'toSequence'> | null): boolean {
  const { number, toSequence, head } = before ?? { number: 0, toSequence: 0, head: firstHead }
  return seal.number === number + 1 && seal.fromSequence === toSequence + 1 && seal.previousHead === head
}
