import type { Resource } from '../core/records/index.ts'
import { isObject } from './element-path.ts'
import { compileFhirPath, type ReadFhir } from './fhir-path.ts'
import { recordBehind, type OutboundRun, type OutboundScope } from './outbound-run.ts'

/**
 * Where a row of a message that goes out reads.
 *
 *   birthDate, name[use=official].family    of what the segment stands for
 *   Appointment.start                       of the record of that type around it
 *   Appointment                             that record as a whole
 *   value[x]                                its value of whatever type, for printers of Observation values
 *   requester->Practitioner.identifier      of the record that a reference leads to, if it is of that type
 *   Envelope.controlId                      of the message itself
 *   Segment.number, Segment.item            the segment's Set ID, and what it stands for as a whole
 */
export interface OutboundPath {
  readonly read: (scope: OutboundScope, run: OutboundRun) => readonly Found[]
  /** Type of the record it leads to as a whole; null: an element. */
  readonly type: string | null
  /** For errors: `Patient.birthDate`. */
  readonly place: string
  /** Top-level elements that it reads, by type of record. */
  readonly reads: ReadonlyArray<readonly [type: string, element: string]>
}

/** A value and the record it is of. */
export interface Found {
  readonly value: unknown
  readonly record: Resource
}

/** Where a path is used. */
export interface PathPlace {
  /** Types of the records around, the nearest first. */
  readonly types: readonly string[]
  /** What the segment stands for: null where it is an element. */
  readonly itemType: string | null
  /** `Patient`, `Appointment.participant`. */
  readonly place: string
}

const ofTheMessage: readonly string[] = ['Envelope', 'Segment']

interface Piece {
  /** The type that the piece starts from: named, led to by an arrow, or null: what the segment stands for. */
  readonly type: string | null
  /** Elements from there; '' for the whole. */
  readonly elements: string
  readonly read: ReadFhir
}

/** A text in place of the path says what is wrong with it. */
export function compileOutboundPath (text: string, within: PathPlace): OutboundPath | string {
  if (text === 'value[x]') return wholeValue(within)
  const words = text.split('->')
  const pieces = words.map((word, index) => pieceOf(word, index > 0))
  const [start, ...leads] = pieces
  if (start === undefined || start === null || !isWhole(leads)) return `no such path: "${text}"`
  const head = start.type
  if (head !== null && !ofTheMessage.includes(head) && !within.types.includes(head)) return `no ${head} around it: "${text}"`
  const typed = [{ ...start, type: head ?? within.itemType }, ...leads]
  const last = typed.at(-1)
  return {
    type: last?.elements === '' ? last.type : null,
    reads: typed.flatMap(({ type, elements }) => type === null ? [] : elementsOf(type, elements)),
    place: head === null ? `${within.place}.${text}` : text,
    read: (scope, run) => leads.reduce((found, lead) => found.flatMap((each) => followed(each, lead, run)), begun(head, start.read, scope, run))
  }
}

function isWhole (pieces: ReadonlyArray<Piece | null>): pieces is Piece[] {
  return pieces.every((piece) => piece !== null)
}

function pieceOf (text: string, isLedTo: boolean): Piece | null {
  const [, type = null, elements = ''] = /^([A-Z][A-Za-z]*)(?:\.(.+))?$/.exec(text) ?? [text, null, text]
  const read = compileFhirPath(elements)
  return read === null || text === '' || (isLedTo && type === null) ? null : { type, elements, read }
}

function wholeValue ({ itemType, place }: PathPlace): OutboundPath {
  const elements = ['value[x]', 'extension[http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.value]']
  return {
    type: itemType,
    reads: itemType === null ? [] : elements.map((element) => [itemType, element] as const),
    place: `${place}.value[x]`,
    read: ({ item, record }) => [{ value: item, record }]
  }
}

/** `extension[url=X].valueCode` → `extension[X]`, so that each extension counts as one element. */
function elementsOf (type: string, path: string): Array<readonly [string, string]> {
  const [, element, url] = /^(_?[A-Za-z]+)(?:\[url=([^\]]*)\])?/.exec(path) ?? []
  if (element === undefined || ofTheMessage.includes(type)) return []
  return [[type, url === undefined ? element : `${element}[${url}]`]]
}

function begun (head: string | null, read: ReadFhir, scope: OutboundScope, run: OutboundRun): readonly Found[] {
  if (head === 'Envelope') return read({ ...run.envelope, ...run.header }).map((value) => ({ value, record: scope.record }))
  if (head === 'Segment') return read({ number: scope.number, item: scope.item }).map((value) => ({ value, record: scope.record }))
  if (head === null) return read(scope.item).map((value) => ({ value, record: scope.record }))
  for (let each: OutboundScope | null = scope; each !== null; each = each.outer) {
    const { record } = each
    if (record.resourceType === head) return read(record).map((value) => ({ value, record }))
  }
  return []
}

function followed ({ value, record }: Found, { type, read }: Piece, run: OutboundRun): readonly Found[] {
  const target = isObject(value) ? recordBehind(value['reference'], record, run) : undefined
  return target?.resourceType === type ? read(target).map((each) => ({ value: each, record: target })) : []
}
