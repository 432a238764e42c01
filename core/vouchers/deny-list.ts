import { hexOf, joined, type CodeSigner, type HashBytes, type VerifySignature } from './voucher-code.ts'

/**
 * 拒用名单. What a hospital's module needs to take vouchers while its line is down: a short hash of each voucher that
 * may not be used any more though its days are not over (spent, void), and the live batches with their hospitals. One
 * list for everybody, signed as a whole, numbered, good for a day. It tells of nobody: a hash of a random number.
 */
export interface DenyListFacts {
  /** Rises by one. */
  readonly sequence: number
  readonly issuedAt: Date
  /** No use is decided by it from then on. */
  readonly validUntil: Date
  readonly batches: readonly ListedBatch[]
}

export interface ListedBatch {
  /** Its number, as codes carry it. */
  readonly batch: number
  /** Where its vouchers may be used. */
  readonly hospitals: readonly string[]
  /** What is to be done, in words. */
  readonly service: string
}

/** As it is kept and handed out. `manifest` is signed as it stands, byte for byte, and holds the hash of `entries`. */
export interface SignedDenyList {
  readonly sequence: number
  readonly manifest: string
  /** Short id of the key. */
  readonly keyId: string
  /** Hex, 128 digits. */
  readonly signature: string
  /** Five bytes for each voucher, sorted, so that one is found by halving. */
  readonly entries: Uint8Array
}

export interface DenyList extends DenyListFacts {
  readonly count: number
  readonly denies: (voucherId: string) => boolean
}

export const denyListLimits = {
  /** 10 MB of entries. Beyond it no list is issued, and vouchers are used online only, until some have run out. */
  entries: 2_000_000,
  batches: 10_000,
  livesMs: 86_400_000,
  /** A list is issued anew when it is asked for and the last one is older. */
  staleMs: 600_000
} as const

const format = 'yiqiao-deny-list-1'
const entryBytes = 5
const text = new TextEncoder()
const purpose = text.encode('yiqiao deny list\n')

/** 40 bits: of a million entries a voucher that is not on the list meets one once in a million, and is then used online. */
export function entryOf (voucherId: string, hash: HashBytes): number {
  return entryAt(hash(text.encode(`yiqiao denied voucher\n${voucherId}`)), 0)
}

/** `entries` by entryOf, in any order, also twice; sorted in place. */
export function signDenyList (facts: DenyListFacts, entries: Float64Array, { signer, hash }: { readonly signer: CodeSigner, readonly hash: HashBytes }): SignedDenyList {
  const bytes = bytesOf(entries.sort())
  const manifest = JSON.stringify({
    format, sequence: facts.sequence, issuedAt: facts.issuedAt.toISOString(), validUntil: facts.validUntil.toISOString(),
    entryBytes, count: bytes.length / entryBytes, sha256: hexOf(hash(bytes)),
    batches: facts.batches.map(({ batch, hospitals, service }) => ({ batch, hospitals, service }))
  })
  return { sequence: facts.sequence, manifest, keyId: signer.shortId, signature: hexOf(signer.sign(toSign(manifest))), entries: bytes }
}

/** Null where it is not ours, or not whole. */
export function openDenyList ({ manifest, keyId, signature, entries }: Omit<SignedDenyList, 'sequence'>, { verify, hash }: { readonly verify: VerifySignature, readonly hash: HashBytes }): DenyList | null {
  if (!/^[0-9a-f]{128}$/.test(signature)) return null
  if (verify(keyId, toSign(manifest), Uint8Array.from({ length: 64 }, (_, place) => Number.parseInt(signature.slice(place * 2, place * 2 + 2), 16))) !== true) return null
  // What we signed has the shape that we gave it.
  const said = JSON.parse(manifest) as { readonly format: string, readonly sequence: number, readonly issuedAt: string, readonly validUntil: string, readonly count: number, readonly sha256: string, readonly batches: readonly ListedBatch[] }
  if (said.format !== format || entries.length !== said.count * entryBytes || hexOf(hash(entries)) !== said.sha256) return null
  return {
    sequence: said.sequence, issuedAt: new Date(said.issuedAt), validUntil: new Date(said.validUntil), batches: said.batches, count: said.count,
    denies: (voucherId) => holds(entries, entryOf(voucherId, hash))
  }
}

function toSign (manifest: string): Uint8Array {
  return joined(purpose, text.encode(manifest))
}

function bytesOf (sorted: Float64Array): Uint8Array {
  const bytes = new Uint8Array(sorted.length * entryBytes)
  let filled = 0
  let last = -1
  for (const number of sorted) {
    if (number === last) continue
    last = number
    let rest = number
    for (let place = entryBytes - 1; place >= 0; place--) {
      bytes[filled + place] = rest % 256
      rest = Math.floor(rest / 256)
    }
    filled += entryBytes
  }
  return bytes.slice(0, filled)
}

function holds (entries: Uint8Array, wanted: number): boolean {
  let from = 0
  let to = entries.length / entryBytes
  while (from < to) {
    const middle = (from + to) >> 1
    const number = entryAt(entries, middle * entryBytes)
    if (number === wanted) return true
    if (number < wanted) from = middle + 1
    else to = middle
  }
  return false
}

function entryAt (bytes: Uint8Array, from: number): number {
  let number = 0
  for (let place = from; place < from + entryBytes; place++) number = number * 256 + (bytes[place] ?? 0)
  return number
}
