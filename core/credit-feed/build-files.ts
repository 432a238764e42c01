import assert from 'node:assert'
import { namedPersonOf, type PatientStore } from '../identity/index.ts'
import type { Ids } from '../ids.ts'
import { sumFen } from '../money.ts'
import type { OutboxStore } from '../outbox.ts'
import { undisputedOf, type BillStore, type ContractStore, type Moment } from '../pay-after-care/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { Creditor } from './creditor.ts'
import type { FeedFile, FeedFileHead, FeedRecord, SealedSubject, WaitingRecord } from './feed.ts'
import type { CreditFeedStore, FeedSigner, HashBytes, SealForBureau } from './ports.ts'
import { writeLine } from './record-line.ts'

export interface BuildStores {
  readonly creditFeed: CreditFeedStore
  readonly contracts: Pick<ContractStore, 'find'>
  readonly bills: Pick<BillStore, 'find'>
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

export interface BuildDeps<Stores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly ids: Ids
  readonly signer: FeedSigner
  readonly hash: HashBytes
  readonly seal: SealForBureau
  readonly writeInstant: (instant: Date) => string
  readonly breathe: () => Promise<unknown>
}

type FileTools = Pick<BuildDeps<unknown>, 'signer' | 'hash' | 'writeInstant'>

/** Outbox: sends a file to a bureau that does not fetch. A kind for each creditor, so that each keeps its own order. */
export const feedPushKind = (creditor: string): string => `feed-push:${creditor}`
const sealedAtATime = 200
const mostFilesARun = 1_000

/** Files of what waits at a creditor, until nothing waits any more; answers how many records went into how many files. */
export async function buildFiles <Stores extends BuildStores> (deps: BuildDeps<Stores>, creditor: Creditor, moment: Moment): Promise<{ readonly files: number, readonly records: number }> {
  const built = { files: 0, records: 0 }
  while (built.files < mostFilesARun) {
    await sealSubjects(deps, creditor)
    const count = await deps.inTransaction((stores) => buildFile(stores, deps, creditor, moment))
    if (count === null) return built
    built.records += count
    built.files += count > 0 ? 1 : 0
    await deps.breathe()
  }
  return built
}

/** Encrypts before the transaction that writes the file, so that nobody waits for the arithmetic. */
async function sealSubjects <Stores extends BuildStores> ({ inReading, inTransaction, seal, breathe }: BuildDeps<Stores>, creditor: Creditor): Promise<void> {
  for (let left = creditor.recordsPerFile; left > 0; left -= sealedAtATime) {
    const named = await inReading(async (stores) => {
      const records = await stores.creditFeed.unsealed(creditor.code, Math.min(sealedAtATime, left))
      return await Promise.all(records.map(async (record) => ({ id: record.id, person: await personOf(stores, record) })))
    })
    if (named.length === 0) return
    const sealed = await Promise.all(named.map(async ({ id, person }): Promise<{ id: string, subject: SealedSubject }> => ({
      id, subject: { idType: 'resident_id', idNo: await seal(creditor.code, person.residentId), name: await seal(creditor.code, person.name) }
    })))
    await inTransaction(({ creditFeed }) => creditFeed.saveSubjects(sealed))
    await breathe()
  }
}

/** The gate asked for a checked id and a name; a record that lost them since still has to be told as nobody's. */
async function personOf (stores: BuildStores, { contractId }: FeedRecord): Promise<{ readonly residentId: string, readonly name: string }> {
  const contract = await stores.contracts.find(contractId)
  return (contract === null ? null : await namedPersonOf(stores, contract.patientId)) ?? { residentId: '', name: '' }
}

/** Null: nothing waits that could go. The creditor's sequence is locked from the first read to the end (I-30). */
async function buildFile (stores: BuildStores, deps: FileTools & { readonly ids: Ids }, creditor: Creditor, moment: Moment): Promise<number | null> {
  await stores.creditFeed.lockSequence(creditor.code)
  const previous = await stores.creditFeed.lastFile(creditor.code)
  const waiting = await stores.creditFeed.waiting(creditor.code, creditor.recordsPerFile)
  const firstUnsealed = waiting.findIndex(({ subject }) => subject === null)
  const sealed = firstUnsealed < 0 ? waiting : waiting.slice(0, firstUnsealed)
  if (sealed.length === 0) return null
  const records: WaitingRecord[] = []
  for (const record of sealed) if (await stillStands(stores, record)) records.push(record)
  if (records.length === 0) return 0
  const { file, hashes } = fileOf(records, { creditor: creditor.code, previous, lastHashes: await stores.creditFeed.lastHashes([...new Set(records.map(({ accountNumber }) => accountNumber))]), moment }, deps)
  await stores.creditFeed.addFile(file)
  await stores.creditFeed.submitRecords(records.map(({ id, accountNumber }, place) => ({ id, accountNumber, seq: file.seq, recSeq: place + 1, hash: hashes[place] ?? '' })))
  await stores.creditFeed.submitEpisodes(records.filter(({ operation }) => operation === 'open_episode').map(({ episodeId }) => episodeId))
  if (creditor.isPushed) await stores.outbox.add({ id: deps.ids.next(), kind: feedPushKind(creditor.code), key: `${creditor.code}:${file.seq}`, payload: { creditor: creditor.code, seq: file.seq }, createdAt: moment.now })
  return records.length
}

/** An opening whose debt was paid or disputed since it was written does not go out; the sweep ends or holds its episode. */
async function stillStands ({ creditFeed, bills }: BuildStores, record: WaitingRecord): Promise<boolean> {
  if (record.operation !== 'open_episode') return true
  const owed = await Promise.all(record.facts.billIds.map((billId) => bills.find(billId)))
  const isSame = sumFen(owed.flatMap((bill) => bill === null ? [] : [undisputedOf(bill)])) === record.facts.overdueFen
  if (!isSame) await creditFeed.saveRecord({ ...record, state: 'dropped' })
  return isSame
}

const text = new TextEncoder()

interface Into {
  readonly creditor: string
  readonly previous: FeedFileHead | null
  readonly lastHashes: ReadonlyMap<string, string>
  readonly moment: Moment
}

/** The file with the hash of each of its lines: every line names the hash of its account's line before. */
function fileOf (records: readonly WaitingRecord[], { creditor, previous, lastHashes, moment }: Into, { signer, hash, writeInstant }: FileTools): { readonly file: FeedFile, readonly hashes: readonly string[] } {
  const seq = (previous?.seq ?? 0) + 1
  const newest = new Map(lastHashes)
  const hashes: string[] = []
  const lines = records.map((record, place) => {
    assert(record.subject !== null, 'subjects are sealed before the file is built')
    const line = writeLine({ record, seq, recSeq: place + 1, subject: record.subject, previousHash: newest.get(record.accountNumber) ?? null, writeInstant })
    const lineHash = hash(text.encode(line))
    newest.set(record.accountNumber, lineHash)
    hashes.push(lineHash)
    return line
  })
  const content = text.encode(lines.map((line) => `${line}\n`).join(''))
  const sha256 = hash(content)
  const totals = { originalAmountFen: sumFen(records.map(({ facts }) => facts.originalAmountFen)), balanceFen: sumFen(records.map(({ facts }) => facts.balanceFen)), overdueFen: sumFen(records.map(({ facts }) => facts.overdueFen)) }
  const manifest = text.encode(JSON.stringify({ creditor, seq, previousHash: previous?.manifestSha256 ?? null, sha256, count: records.length, totals, createdAt: writeInstant(moment.now) }))
  return {
    hashes,
    file: { creditor, seq, content, manifest, signature: signer.sign(manifest), algorithm: signer.algorithm, keyId: signer.keyId, sha256, manifestSha256: hash(manifest), count: records.length, createdAt: moment.now }
  }
}
