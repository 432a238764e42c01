import { codeOf } from '../back-off.ts'
import type { CalendarDate, Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { InboxStore } from '../inbox/index.ts'
import { afterAllSaid, slotsTakenAway, type RecordChange, type RecordStore, type RecordVersion, type Resource } from '../records/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { onlyOne, referenceUnknown, standingRecord, type SubmittedRecord, type Submission, type RecordQuery, type WrittenRecord } from './submitted-records.ts'
import { messageOf, submissionSource } from './submission-message.ts'
import { patientOf, pointedKey, referencesIn } from './reference.ts'
import { settleRecords, type Known, type SettledRecord } from './settle-records.ts'
import { takeIn, type TakeInDeps } from './take-in.ts'

/** What of takeIn belongs to a transaction. */
type TakeInStores = Pick<TakeInDeps, 'patients' | 'visits' | 'practitioners' | 'charges' | 'ledger' | 'outbox' | 'outbound' | 'contracts' | 'bills' | 'defaults' | 'slots' | 'appointments' | 'waits' | 'vouchers' | 'voucherBatches' | 'voucherUses' | 'voucherCopies' | 'faceConsents' | 'facePhotos' | 'faceTemplates' | 'anaesthesias'>
type WriteTools = Omit<TakeInDeps, keyof TakeInStores | 'records'>

interface WriteStores extends TakeInStores {
  readonly records: Pick<RecordStore, 'current' | 'save' | 'confirm' | 'search' | 'purgeBinaries'>
  readonly inbox: Pick<InboxStore, 'receive' | 'markApplied'>
}

export interface WriteRecordsDeps<Stores extends WriteStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly tools: WriteTools
  /** The hospital's own key of a resource, as its messages would name it; null where it has none. */
  readonly keyOf: (resource: Resource) => string | null
  /** What is said of money, in the words of the stored record; anything else as it is. */
  readonly readMoney: <Posted extends Resource>(posted: Posted, about: AboutMoney) => Posted
  /** Configured hospitals. */
  readonly hospitalIds: readonly string[]
  /** SHA-256, hex. */
  readonly contentHash: (bytes: Uint8Array) => string
  /** Business time. */
  readonly clock: Clock
}

interface AboutMoney {
  /** The business day on which it was posted. */
  readonly day: CalendarDate
  /** What the same line said before; null where it is new. */
  readonly standing: Resource | null
  /** Whose a record (`Encounter/<id>`) is. */
  readonly patientOf: (record: string) => string | null
}

const mostTries = 4

/**
 * What a client posts goes the same way in as a message: kept as it came, identified by the hospital's own key, merged,
 * with all its effects, in one transaction. `afterwards` sees the records written and ends in the same transaction.
 * Refuses with RECORD_* and with what the contexts refuse; then nothing of it holds.
 */
export async function writeRecords<Stores extends WriteStores, Result> (deps: WriteRecordsDeps<Stores>, submission: Submission, afterwards: (stores: Stores, written: readonly WrittenRecord[]) => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await deps.inTransaction(async (stores) => afterwards(stores, await write(deps, stores, submission)))
    } catch (error) {
      // Somebody wrote the same first: decided again, what was new is found standing.
      if (codeOf(error) !== 'STORE_WRITE_CONFLICT' || tries === mostTries) throw error
    }
  }
}

async function write<Stores extends WriteStores> (deps: WriteRecordsDeps<Stores>, stores: Stores, submission: Submission): Promise<readonly WrittenRecord[]> {
  const { tools, keyOf, hospitalIds, clock } = deps
  const at = clock.now()
  const known = await lookUp(deps, stores, submission)
  const records = settleRecords(submission, known, { keyOf, stableId: tools.stableId, nextId: tools.ids.next, hospitalIds })
  const keys = records.map(({ resource }) => ({ type: resource.resourceType, id: resource.id }))
  const before = await currentOf(stores, keys)
  const settled = records.filter(({ posted }) => !isFoundByCondition(posted, known))
  refuseUnknownReferences(submission, known, { of: settled, among: records })
  const owners = new Map<string, Pick<SettledRecord, 'patientId'>>([...known.referred, ...records.map((record) => [nameOf(record), record] as const)])
  const toWrite = settled.map((record) => withMoney(record, deps.readMoney(record.resource, {
    day: tools.calendar(at), standing: before.get(nameOf(record))?.resource ?? null, patientOf: (name) => owners.get(name)?.patientId ?? null
  })))
  for (const { posted, resource } of toWrite) submission.refuseFaults(resource, posted.place)
  const message = messageOf(submission, { id: tools.ids.next(), contentHash: deps.contentHash, about: [...toWrite, ...known.referred.values()].map(({ resource }) => resource), hospitalId: toWrite[0]?.hospitalId ?? '', at })
  if (toWrite.length > 0) {
    const changes = toWrite.map((record) => changeOf(record, before.get(nameOf(record)), { submission, source: message.id, at }))
    const { produced } = await takeIn({ ...stores, ...tools }, changes, at)
    await stores.inbox.receive([message])
    await stores.inbox.markApplied(message.id, { at, mappingVersion: submissionSource, produced, notes: [] })
  }
  const after = await currentOf(stores, keys)
  return records.flatMap((settled) => outcomeOf(before.get(nameOf(settled)), after.get(nameOf(settled)), message.id))
}

/** Refused where somebody else wrote between our looking and our writing: what was decided may not hold any more. */
function outcomeOf (before: RecordVersion | undefined, record: RecordVersion | undefined, messageId: string): readonly WrittenRecord[] {
  if (record === undefined) return []
  const isChanged = record.source === messageId
  if (record.version !== (before?.version ?? 0) + (isChanged ? 1 : 0)) throw new DomainError('STORE_WRITE_CONFLICT', 'Another request wrote the same record first. Load it and decide again.')
  return [{ record, outcome: before === undefined ? 'created' : isChanged ? 'updated' : 'unchanged' }]
}

/** R4's PaymentNotice names no patient: only now it is known whose it is. */
function withMoney (record: SettledRecord, resource: SettledRecord['resource']): SettledRecord {
  return { ...record, resource, patientId: record.patientId ?? patientOf(resource) }
}

/** Nothing is created where If-None-Exist found one. */
function isFoundByCondition (posted: SubmittedRecord, known: Known): boolean {
  return posted.to.kind === 'new' && known.standing.has(posted)
}

function nameOf ({ resource }: SettledRecord): string {
  return `${resource.resourceType}/${resource.id}`
}

type Records = Pick<WriteStores, 'records'>

async function currentOf ({ records }: Records, keys: ReadonlyArray<{ readonly type: string, readonly id: string }>): Promise<Map<string, RecordVersion>> {
  const wanted = [...new Map(keys.map((key) => [`${key.type}/${key.id}`, key])).values()]
  return new Map((wanted.length === 0 ? [] : await records.current(wanted)).map((record) => [`${record.type}/${record.id}`, record]))
}

async function lookUp<Stores extends WriteStores> ({ tools, hospitalIds }: WriteRecordsDeps<Stores>, stores: Records, submission: Submission): Promise<Known> {
  const standing = new Map<SubmittedRecord, RecordVersion>()
  const named = await currentOf(stores, submission.records.flatMap(({ to, resource }) => to.kind === 'standing' ? [{ type: resource.resourceType, id: to.id }] : []))
  for (const posted of submission.records) {
    const { to, resource } = posted
    if (to.kind === 'standing') standing.set(posted, standingRecord(posted, named.get(`${resource.resourceType}/${to.id}`), submission.hospitalId))
    else if (to.unless !== null) {
      const found = onlyOne(await search(stores, to.unless), posted.place)
      if (found !== null) standing.set(posted, found)
    }
  }
  const references = submission.records.flatMap(({ resource, place }) => referencesIn(resource, place))
  const places = new Map(references.map((reference) => [reference.text, reference.place]))
  const found = new Map<string, string>()
  for (const [text, query] of submission.conditions) {
    const place = places.get(text) ?? 'Bundle'
    const record = onlyOne(await search(stores, query), place)
    if (record === null) throw referenceUnknown(place)
    found.set(text, `${record.type}/${record.id}`)
  }
  const referred = await currentOf(stores, [...found.values(), ...places.keys()].flatMap((text) => pointedKey(text) ?? []))
  const byCondition = submission.records.flatMap(({ resource, to }) => to.kind === 'new' && to.unless !== null
    ? hospitalIds.map((hospitalId) => ({ type: resource.resourceType, id: tools.stableId(hospitalId, resource.resourceType, `if-none-exist:${to.unless?.text ?? ''}`) }))
    : [])
  const taken = await currentOf(stores, byCondition)
  return { standing, found, referred, isTaken: (key) => taken.has(key) }
}

async function search ({ records }: Records, query: RecordQuery): Promise<readonly RecordVersion[]> {
  return (await records.search({ ...query, sort: [], limit: 2, offset: 0 })).records
}

/** A reference must lead to a record that is here and that the caller may see. */
function refuseUnknownReferences ({ isSeen }: Submission, { referred }: Known, { of, among }: { readonly of: readonly SettledRecord[], readonly among: readonly SettledRecord[] }): void {
  const own = new Set(among.map(nameOf))
  for (const { place, text } of of.flatMap(({ posted, resource }) => referencesIn(resource, posted.place))) {
    const key = pointedKey(text)
    const name = key === null ? '' : `${key.type}/${key.id}`
    const record = referred.get(name)
    if (!own.has(name) && (record === undefined || !isSeen(record))) throw referenceUnknown(place)
  }
}

interface Change {
  readonly submission: Submission
  readonly source: string
  readonly at: Date
}

function changeOf ({ posted, resource, hospitalId, patientId }: SettledRecord, before: RecordVersion | undefined, { submission, source, at }: Change): RecordChange {
  return {
    resource,
    removed: before === undefined || posted.to.kind === 'new' ? [] : slotsTakenAway(before, resource),
    weak: false,
    asOf: before === undefined ? at : afterAllSaid(before, at),
    hospitalId,
    patientId,
    isOurs: submission.isOurs,
    source,
    mappingVersion: null
  }
}
