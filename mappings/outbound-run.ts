import type { Resource } from '../core/records/index.ts'
import type { MappingError } from './mapping-error.ts'

/** Who tells whom, when and in what form. */
export interface OutboundEnvelope {
  /** MSH-10. */
  readonly controlId: string
  readonly at: Date
  readonly sendingApplication: string
  readonly sendingFacility: string
  readonly receivingApplication: string
  readonly receivingFacility: string
  /** MSH-12, e.g. `2.5.1`. */
  readonly version: string
  /** MSH-11. */
  readonly processingId: string
  /** IANA zone that the hospital's clocks show. */
  readonly zone: string
  /** Numbers of other hospitals are never written as this one's. */
  readonly hospitalId: string
  /** MSH-18, e.g. `GB18030`; UNICODE UTF-8 where it is not said. The caller encodes accordingly. */
  readonly characterSet?: string
  /** The receiver was told of the record before: an order goes out as changed (XO), not as new (NW). */
  readonly isUpdate?: boolean
}

/** The record that is told, and those it refers to, loaded beforehand. */
export interface OutboundBundle {
  readonly focus: Resource
  /** `Patient/…`; a reference to elsewhere as it stands in the record. */
  readonly related: (reference: string) => Resource | undefined
}

/** What is gathered while one message is written. */
export interface OutboundRun {
  readonly envelope: OutboundEnvelope
  /** Trigger, message code and structure besides. */
  readonly header: Readonly<Record<string, unknown>>
  /** Minutes to add to UTC. Within an hour of a change of clocks it may be the offset before or after: it is told beside the time, so the instant is right. */
  readonly offsetAt: (utcMs: number) => number
  readonly related: (reference: string) => Resource | undefined
  /** Elements and reasons, never values. */
  readonly note: (text: string) => void
  readonly refuse: (error: MappingError) => void
}

/** What a segment stands for. */
export interface OutboundScope {
  /** The record, or one element of it. */
  readonly item: unknown
  readonly record: Resource
  readonly outer: OutboundScope | null
  /** Set ID: 1, 2, … of the segments of this name. */
  readonly number: number
}

/** A record that is named and was not loaded: it has no elements, and nothing may stand for it alone. */
interface AbsentRecord extends Resource {
  readonly [absent]: true
}

const absent = Symbol('absent')

export function isAbsent (record: unknown): boolean {
  return typeof record === 'object' && record !== null && absent in record
}

/** The record behind a Reference; contained ones are found in the record that refers to them. */
export function recordBehind (reference: unknown, record: Resource, run: OutboundRun): Resource | undefined {
  if (typeof reference !== 'string' || reference === '') return undefined
  if (reference.startsWith('#')) return containedIn(record).find(({ id }) => id === reference.slice(1))
  const found = run.related(reference)
  if (found !== undefined) return found
  const [, resourceType, id] = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(reference) ?? []
  return resourceType === undefined || id === undefined ? undefined : absentRecord(resourceType, id)
}

function absentRecord (resourceType: string, id: string): AbsentRecord {
  return { resourceType, id, [absent]: true }
}

function containedIn (record: Resource): readonly Resource[] {
  const { contained } = record
  return Array.isArray(contained) ? contained as Resource[] : []
}
