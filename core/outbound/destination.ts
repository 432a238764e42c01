import type { RecordChange, SavedRecord } from '../records/index.ts'

/** Where what we make goes back to a hospital (SITE_CONFIG destinations[]). */
export interface Destination {
  readonly name: string
  readonly hospitalId: string
  readonly kind: 'mllp' | 'fhir'
  readonly sends: readonly Sent[]
}

interface Sent {
  /** Type of the record that goes out. */
  readonly resource: string
  /** HL7 v2 message that tells it, e.g. ADT^A31; null where the resource itself is written. */
  readonly message: string | null
  /** Only a record that is new, or only one that was there; asked: only where the change names this message; absent: either. */
  readonly when?: 'new' | 'changed' | 'asked'
}

/** One version of one record, to be told to one destination. */
export interface Outgoing {
  readonly destination: Destination
  readonly message: string | null
  readonly record: { readonly type: string, readonly id: string, readonly version: number }
  readonly patientId: string | null
}

/** The kind of a destination's outbox messages, and the name of its queue. */
export const outboxKindOf = (destination: string): string => `destination:${destination}`

/** A version goes to a destination once by each message, whoever asks for it. */
export function outboxKeyOf ({ record: { type, id, version }, message }: Pick<Outgoing, 'record' | 'message'>): string {
  return `${type}/${id}/${version}/${message ?? 'write'}`
}

/**
 * What goes out after records were saved: those that one of our own changes made different, to the destinations of
 * their hospital. What the hospital told us is not told back to it.
 */
export function outboundFor (saved: readonly SavedRecord[], changes: readonly RecordChange[], destinations: readonly Destination[]): readonly Outgoing[] {
  if (destinations.length === 0) return []
  const ours = new Set(changes.filter(({ isOurs }) => isOurs === true).map(({ resource }) => `${resource.resourceType}/${resource.id}`))
  if (ours.size === 0) return []
  const parts = new Set(changes.filter(({ isPart }) => isPart === true).map(({ resource }) => `${resource.resourceType}/${resource.id}`))
  const asked = new Map(changes.map(({ resource, toldAs }) => [`${resource.resourceType}/${resource.id}`, toldAs]))
  return saved
    .filter(({ outcome, record: { type, id } }) => outcome === 'changed' && ours.has(`${type}/${id}`))
    .flatMap(({ before, record: { type, id, version, hospitalId, patientId } }) => destinations
      .filter((destination) => destination.hospitalId === hospitalId)
      .flatMap((destination) => destination.sends
        .filter(({ resource, message, when }) => resource === type && (message === null || !parts.has(`${type}/${id}`)) && isMeant({ message, when }, { isNew: before === null, asked: asked.get(`${type}/${id}`) }))
        .map(({ message }) => ({ destination, message, record: { type, id, version }, patientId }))))
}

/** A change that names its message is told by that one alone; a resource is written whatever the change says. */
function isMeant ({ message, when }: { readonly message: string | null, readonly when: Sent['when'] | undefined }, { isNew, asked }: { readonly isNew: boolean, readonly asked: string | undefined }): boolean {
  if (asked !== undefined) return message === null || message === asked
  return when === undefined || (when !== 'asked' && (when === 'new') === isNew)
}
