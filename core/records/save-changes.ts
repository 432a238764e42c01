import type { SearchValue, RecordStore } from './ports.ts'
import type { RecordChange, RecordVersion } from './record.ts'
import { mergeRecord, type Merged } from './merge-record.ts'
import { splitAttachments, type AttachmentDeps } from './split-attachments.ts'

export type SearchValuesOf = (record: RecordVersion) => readonly SearchValue[]

export interface SavedRecord {
  /** What stood before; null for a new record. */
  readonly before: RecordVersion | null
  readonly record: RecordVersion
  readonly outcome: Merged['outcome']
  /** The changes of which something did not hold: older than what stands, or against a final state. */
  readonly overruled: readonly RecordChange[]
}

interface SaveDeps extends AttachmentDeps {
  readonly records: Pick<RecordStore, 'current' | 'save' | 'confirm'>
  readonly searchValuesOf: SearchValuesOf
}

/** One read and at most two writes, however many records: this is on the path of every message. */
export async function saveChanges ({ records, searchValuesOf, stableId, hashOf }: SaveDeps, changes: readonly RecordChange[], at: Date): Promise<readonly SavedRecord[]> {
  const grouped = byRecord(changes.flatMap((change) => splitAttachments({ stableId, hashOf }, change)))
  const keys = [...grouped.values()].map(([change]) => ({ type: change.resource.resourceType, id: change.resource.id }))
  const current = new Map((await records.current(keys)).map((record) => [`${record.type}/${record.id}`, record]))
  const saved = [...grouped].map(([key, ofRecord]) => mergeInTurn(current.get(key) ?? null, ofRecord, at))
  const changed = saved.filter(({ outcome }) => outcome === 'changed')
  const confirmed = saved.filter(({ outcome }) => outcome === 'confirmed')
  if (changed.length > 0) await records.save(changed.map(({ record }) => ({ ...record, searchValues: searchValuesOf(record) })))
  if (confirmed.length > 0) await records.confirm(confirmed.map(({ record }) => record))
  return saved
}

type Group = [RecordChange, ...RecordChange[]]

function byRecord (changes: readonly RecordChange[]): Map<string, Group> {
  const grouped = new Map<string, Group>()
  for (const change of changes) {
    const key = `${change.resource.resourceType}/${change.resource.id}`
    const group = grouped.get(key)
    if (group === undefined) grouped.set(key, [change])
    else group.push(change)
  }
  return grouped
}

/** Several changes of one record make one version. */
function mergeInTurn (before: RecordVersion | null, changes: Group, at: Date): SavedRecord {
  const versionBefore = before?.version ?? 0
  const overruled: RecordChange[] = []
  let outcome: Merged['outcome'] = 'unchanged'
  let record = before
  for (const change of changes) {
    const merged = mergeRecord(record, change, at, versionBefore + 1)
    record = merged.record
    if (merged.outcome === 'changed' || outcome === 'unchanged') outcome = merged.outcome
    if (merged.isOverruled) overruled.push(change)
  }
  return { before, record: record as RecordVersion, outcome, overruled }
}
