import type { StableId } from '../ids.ts'
import { afterAllSaid, type RecordChange, type RecordStore, type Resource } from '../records/index.ts'
import type { ConsultationForDocuments } from './ports.ts'

export interface OurRecord {
  readonly resource: Resource & { readonly id: string }
  /** What we say of a record that only follows from another one: kept and served, told to nobody. */
  readonly isUntold?: boolean
}

interface Whose {
  readonly hospitalId: string
  readonly patientId: string
}

interface KeepTools<Stores> {
  readonly stableId: StableId
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
}

/** Says in FHIR what was decided here; of a record that stands it holds after all that was said of it before. */
export async function keepOurRecords<Stores extends { readonly records: Pick<RecordStore, 'current'> }> (stores: Stores, { takeIn }: Pick<KeepTools<Stores>, 'takeIn'>, { hospitalId, patientId, records }: Whose & { readonly records: readonly OurRecord[] }, at: Date): Promise<void> {
  const standing = await stores.records.current(records.map(({ resource }) => ({ type: resource.resourceType, id: resource.id })))
  const changes = records.map(({ resource, isUntold }): RecordChange => {
    const before = standing.find(({ type, id }) => type === resource.resourceType && id === resource.id)
    return {
      resource, removed: [], weak: false, asOf: before === undefined ? at : afterAllSaid(before, at), hospitalId, patientId, ...isUntold === true ? {} : { isOurs: true }, source: 'prescriptions', mappingVersion: null
    }
  })
  await takeIn(stores, changes, at)
}

/** The virtual visit of a consultation (core/consultations/request-records.ts), where there is one: `Encounter/id`. */
export async function visitOf ({ records, consultations }: { readonly records: Pick<RecordStore, 'current'>, readonly consultations: { readonly find: (id: string) => Promise<ConsultationForDocuments | null> } }, stableId: StableId, consultationId: string): Promise<string | null> {
  const consultation = await consultations.find(consultationId)
  if (consultation === null) return null
  const [visit] = await records.current([{ type: 'Encounter', id: stableId(consultation.hospitalId, 'Encounter', consultation.number) }])
  return visit === undefined ? null : `Encounter/${visit.id}`
}
