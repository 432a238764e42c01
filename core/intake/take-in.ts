import type { Calendar } from '../clock.ts'
import { savePractitioner, type PractitionerStore } from '../directory/index.ts'
import { savePatient, tie, type IdentityDoubt, type PatientStore } from '../identity/index.ts'
import type { Ids, StableId } from '../ids.ts'
import { recordCharge, type ChargeFacts, type ChargeStore, type LedgerStore } from '../ledger/index.ts'
import type { OutboxStore } from '../outbox.ts'
import { addOutbound, outboundFor, type Destination, type OutboundStore } from '../outbound/index.ts'
import { saveChanges, type RecordChange, type RecordStore, type SavedRecord, type SearchValuesOf } from '../records/index.ts'
import { saveVisit, type VisitStore } from '../visits/index.ts'
import type { Fact, FactsOf } from './fact.ts'

export interface TakeInDeps {
  readonly records: Pick<RecordStore, 'current' | 'save' | 'confirm'>
  readonly patients: PatientStore
  readonly visits: Pick<VisitStore, 'save'>
  readonly practitioners: Pick<PractitionerStore, 'find' | 'save'>
  readonly charges: Pick<ChargeStore, 'find' | 'save'>
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey'>
  readonly outbox: Pick<OutboxStore, 'add'>
  readonly outbound: Pick<OutboundStore, 'add'>
  readonly destinations: readonly Destination[]
  readonly factsOf: FactsOf
  readonly searchValuesOf: SearchValuesOf
  readonly stableId: StableId
  /** SHA-1 of the bytes that a base64 text stands for, in base64. */
  readonly hashOf: (base64: string) => string
  readonly ids: Ids
  readonly calendar: Calendar
}

export interface TakenIn {
  /** `Type/id` of what came to be or changed. */
  readonly produced: readonly string[]
  readonly doubts: readonly IdentityDoubt[]
}

/**
 * The one way in: what a message, an interface or a decision at the desk says becomes versions of records and, in the
 * same transaction, what the contexts make of them and what goes out to the hospital's own systems. A record
 * that did not change has had its effects already, so a resend ends after the first read.
 */
export async function takeIn (deps: TakeInDeps, changes: readonly RecordChange[], at: Date): Promise<TakenIn> {
  const saved = await saveChanges(deps, changes, at)
  const told = saved.flatMap((record) => factsTold(deps, record))
  const doubts = await takeInPatients(deps, told, at)
  for (const { fact } of told) {
    if (fact.kind === 'practitioner') await savePractitioner(deps, fact.practitioner)
    else if (fact.kind === 'visit') await saveVisit(deps, fact.visit)
  }
  for (const { fact, from } of told) {
    if (fact.kind === 'charge') await recordCharge(deps, { facts: fact.charge, overruled: saidInVain(deps, from), isNew: from.before === null }, at)
  }
  await addOutbound(deps, outboundFor(saved, changes, deps.destinations), at)
  const produced = saved.filter(({ outcome }) => outcome === 'changed').map(({ record }) => `${record.type}/${record.id}`)
  return { produced, doubts }
}

interface Told {
  readonly fact: Fact
  readonly from: SavedRecord
}

/** What is overruled must still reach the ledger, which refuses a line that contradicts its books. */
function factsTold ({ factsOf, calendar }: TakeInDeps, from: SavedRecord): readonly Told[] {
  const { record, outcome, overruled } = from
  if (record.hospitalId === null || (outcome !== 'changed' && overruled.length === 0)) return []
  const facts = factsOf(record.resource, { hospitalId: record.hospitalId, calendar })
  return facts.filter(({ kind }) => outcome === 'changed' || kind === 'charge').map((fact) => ({ fact, from }))
}

function saidInVain ({ factsOf, calendar }: TakeInDeps, { overruled }: SavedRecord): readonly ChargeFacts[] {
  return overruled
    .flatMap(({ resource, hospitalId }) => factsOf(resource, { hospitalId, calendar }))
    .flatMap((fact) => fact.kind === 'charge' ? [fact.charge] : [])
}

/** All patients of the message first, then the groups: a merge names two, and either may be new. */
async function takeInPatients (deps: TakeInDeps, told: readonly Told[], at: Date): Promise<readonly IdentityDoubt[]> {
  const touched: string[] = []
  const doubts: IdentityDoubt[] = []
  for (const { fact, from } of told) {
    if (fact.kind !== 'patient') continue
    const saved = await savePatient(deps, { patient: fact.patient, replacedBy: fact.replacedBy, because: from.record.source }, at)
    touched.push(...saved.touched)
    doubts.push(...saved.doubts)
  }
  if (touched.length > 0) await tie(deps, touched)
  return doubts
}
