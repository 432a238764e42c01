import { savePractitioner } from '../directory/index.ts'
import { savePatient, tie, type IdentityDoubt } from '../identity/index.ts'
import { recordCharge, type ChargeFacts } from '../ledger/index.ts'
import { addOutbound, outboundFor } from '../outbound/index.ts'
import { saveChanges, type RecordChange, type SavedRecord } from '../records/index.ts'
import { joinedVisits, keepSteps, saveVisit, stepOf, stepOfVisit, type Visit, type VisitStep } from '../visits/index.ts'
import { answersTold } from './answer-told.ts'
import { anaesthesiasTold } from './anaesthesia-told.ts'
import { billVisits, billCharges } from './bill-told.ts'
import { bookTold } from './book-told.ts'
import { examinationsTold } from './examine-told.ts'
import { facesTold, withoutWithdrawnPhotos } from './face-told.ts'
import type { TakeInDeps, Told } from './told.ts'

export type { TakeInDeps } from './told.ts'

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
  const saved = await saveChanges(deps, await withoutWithdrawnPhotos(deps, changes, at), at)
  const told = saved.flatMap((record) => factsTold(deps, record))
  const doubts = await takeInPatients(deps, told, at)
  for (const { fact } of told) {
    if (fact.kind === 'practitioner') await savePractitioner(deps, fact.practitioner)
    else if (fact.kind === 'visit') await saveVisit(deps, fact.visit)
  }
  const billsOf = await billVisits(deps, told, at)
  for (const { fact, from } of told) {
    if (fact.kind !== 'charge') continue
    const booked = await recordCharge(deps, { facts: fact.charge, overruled: saidInVain(deps, from), isNew: from.before === null }, at)
    await billCharges(deps, booked, billsOf, at)
  }
  const steps = [...told.flatMap(stepsTold), ...saved.flatMap((record) => stepsInVain(deps, record))]
  await keepSteps(deps, steps, at)
  await addOutbound(deps, outboundFor(saved, changes, deps.destinations), at)
  await joinVisits(deps, told, at)
  await bookTold(deps, { told, steps, takeIn: (changes) => takeIn(deps, changes, at) }, at)
  await examinationsTold(deps, told, at)
  await anaesthesiasTold(deps, told)
  await answersTold(deps, { told, saved }, at)
  await facesTold(deps, { told, saved, takeIn: (changes) => takeIn(deps, changes, at) }, at)
  const produced = saved.filter(({ outcome }) => outcome === 'changed').map(({ record }) => `${record.type}/${record.id}`)
  return { produced, doubts }
}

/** 就诊进度. What a changed record says of a visit's course. */
function stepsTold ({ fact, from: { record, outcome } }: Told): readonly VisitStep[] {
  const step = fact.kind === 'step' ? fact.step : fact.kind === 'visit' ? stepOfVisit(fact.visit) : null
  if (step === null || outcome !== 'changed') return []
  const saidMs = record.elementTimes['status'] ?? record.lastUpdated.getTime()
  return [stepOf(step, { recordId: `${record.type}/${record.id}`, saidAt: new Date(saidMs) })]
}

/**
 * A queue that calls in the second in which it lets wait, or whose messages come in another order, has called all the
 * same: what does not hold of its place is a step of the visit's course.
 */
function stepsInVain ({ factsOf, calendar }: TakeInDeps, { overruled, record: { type, id } }: SavedRecord): readonly VisitStep[] {
  if (type !== 'Task' && type !== 'Encounter') return []
  return overruled
    .filter(({ resource }) => type === 'Task' || resource['subject'] !== undefined)
    .flatMap(({ resource, hospitalId, asOf }) => factsOf(resource, { hospitalId, calendar })
      .flatMap((fact) => fact.kind === 'step' && fact.step.per === 'moment' ? [stepOf(fact.step, { recordId: `${type}/${id}`, saidAt: asOf })] : []))
}

/** A visit that was registered here and that the hospital has numbered: its link goes the same way in. */
async function joinVisits (deps: TakeInDeps, told: readonly Told[], at: Date): Promise<void> {
  const visits = told.flatMap(({ fact }): readonly Visit[] => fact.kind === 'visit' ? [fact.visit] : [])
  const joined = await joinedVisits(deps, visits, { source: told[0]?.from.record.source ?? '', at })
  if (joined.length > 0) await takeIn(deps, joined, at)
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
