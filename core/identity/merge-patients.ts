import { DomainError } from '../errors.ts'
import { linkSlot, type RecordChange, type RecordStore } from '../records/index.ts'
import type { Patient } from './patient.ts'
import type { PatientStore } from './ports.ts'

export interface MergeCommand {
  /** The record that is retired. */
  readonly fromId: string
  /** The record that goes on. */
  readonly toId: string
  /** Who or what decided it; becomes the source of the records' new versions. */
  readonly because: string
}

/** Merges and their undoing go the same way in as a message, so the FHIR records and the index cannot part. */
export interface MergeDeps {
  readonly patients: Pick<PatientStore, 'find' | 'links'>
  readonly records: Pick<RecordStore, 'current'>
  readonly takeIn: (changes: readonly RecordChange[]) => Promise<unknown>
}

/** 合并. Done here by hand what ADT^A40 does by message: no entry and no charge moves (decision 0003). */
export async function mergePatients ({ patients, records, takeIn }: MergeDeps, command: MergeCommand, at: Date): Promise<void> {
  const { fromId, toId } = command
  if (fromId === toId) throw new DomainError('PATIENT_MERGE_WITH_ITSELF', 'A patient cannot be merged into the same record; name two records.')
  const pair = await loadPair(patients, command)
  const asOf = await afterAllSaid(records, command, at)
  await takeIn([
    changeOf(pair.to, { command, asOf }, { link: [linkTo('replaces', fromId)] }),
    changeOf(pair.from, { command, asOf }, { active: false, link: [linkTo('replaced-by', toId)] })
  ])
}

/** 撤销合并. Restores exactly: the link ends in both records and the retired record is active again. */
export async function unmergePatients ({ patients, records, takeIn }: MergeDeps, command: MergeCommand, at: Date): Promise<void> {
  const { fromId, toId } = command
  const pair = await loadPair(patients, command)
  const links = await patients.links([fromId])
  if (!links.some((link) => link.kind === 'merge' && link.fromId === fromId && link.toId === toId)) {
    throw new DomainError('PATIENT_NOT_MERGED', 'The first record is not merged into the second; look at its links.')
  }
  const isStillRetired = links.some((link) => link.kind === 'merge' && link.fromId === fromId && link.toId !== toId)
  const asOf = await afterAllSaid(records, command, at)
  await takeIn([
    changeOf(pair.to, { command, asOf }, {}, [linkSlot('replaces', fromId)]),
    changeOf(pair.from, { command, asOf }, isStillRetired ? {} : { active: true }, [linkSlot('replaced-by', toId)])
  ])
}

async function loadPair (patients: MergeDeps['patients'], { fromId, toId }: MergeCommand): Promise<{ readonly from: Patient, readonly to: Patient }> {
  const from = await patients.find(fromId)
  const to = await patients.find(toId)
  if (from === null || to === null) throw new DomainError('PATIENT_NOT_FOUND', 'Both records must be registered; look them up by an identifier.')
  return { from, to }
}

/** A sender's clock may be ahead of ours; the decision is newer than what it decides about all the same. */
async function afterAllSaid (records: MergeDeps['records'], { fromId, toId }: MergeCommand, at: Date): Promise<Date> {
  const current = await records.current([fromId, toId].map((id) => ({ type: 'Patient', id })))
  const slots = ['active', linkSlot('replaced-by', toId), linkSlot('replaces', fromId)]
  const times = current.flatMap(({ elementTimes }) => slots.map((slot) => elementTimes[slot] ?? 0))
  return new Date(Math.max(at.getTime(), ...times.map((timeMs) => timeMs + 1)))
}

function linkTo (type: 'replaced-by' | 'replaces', patientId: string): unknown {
  return { other: { reference: `Patient/${patientId}` }, type }
}

function changeOf (patient: Patient, { command, asOf }: { command: MergeCommand, asOf: Date }, elements: Readonly<Record<string, unknown>>, removed: readonly string[] = []): RecordChange {
  return {
    resource: { resourceType: 'Patient', id: patient.id, ...elements },
    removed,
    weak: false,
    asOf,
    hospitalId: patient.hospitalId,
    patientId: patient.id,
    source: command.because,
    mappingVersion: null
  }
}
