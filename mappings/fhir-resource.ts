import type { StableId } from '../core/ids.ts'
import type { RecordChange, Resource } from '../core/records/index.ts'
import { isObject, type JsonObject } from './element-path.ts'
import type { FhirKeyOf, FhirTypes } from './fhir-keys.ts'
import { namePayer, readChargeItem, readPaymentNotice } from './fhir-money.ts'
import { compileFhirPath } from './fhir-path.ts'
import { mapReferences, pointedBy, type RemoteReference } from './fhir-references.ts'
import type { SiteRules } from './fhir-site.ts'
import { MappingError } from './mapping-error.ts'

/** Which hospital's server, and whose names it uses. */
export interface FhirSourceOf {
  readonly source: string
  readonly hospitalId: string
  /** Base address of the server, without a slash at its end. */
  readonly base: string
  readonly stableId: StableId
}

export interface FhirIdentity {
  readonly recordId: string
  readonly key: string | null
}

export interface FhirMappingContext extends FhirSourceOf {
  /** Of the inbox message. */
  readonly messageId: string
  readonly receivedAt: Date
  /** The business day of an instant. */
  readonly dayOf: (instant: Date) => string
  /** Types whose resources we hold; what refers to others keeps the address at the server. */
  readonly isHeld: (type: string) => boolean
  /** Our record; null: the server did not show it when it was asked; undefined: it has not come yet. */
  readonly recordOf: (remote: RemoteReference) => string | null | undefined
  /** Our record of an entry of the same Bundle (`urn:uuid:…`); undefined where there is none. */
  readonly entryOf: (fullUrl: string) => string | undefined
  /** Of a record of ours that a payment names, whose it is; undefined: it has not come yet. */
  readonly patientOf: (record: string) => string | null | undefined
  /** What stands of a line of money; null where it is new, or anything else. */
  readonly standing: Resource | null
}

export interface FhirMapped {
  /** Nothing where the resource is left out; a patient who is only named comes before what names them. */
  readonly changes: readonly RecordChange[]
  readonly notes: readonly string[]
  /** What it refers to and has not come yet: nothing may be taken in before. */
  readonly missing: readonly RemoteReference[]
}

/** The tables of one site. */
export interface CompiledFhir {
  readonly known: FhirTypes
  readonly keyOf: FhirKeyOf
  readonly applySite: SiteRules
  readonly patientPaths: ReadonlyMap<string, (resource: unknown) => readonly unknown[]>
  readonly version: string
}

type Own = JsonObject & Resource

/** With the site's rules applied; the resource that came is left as it is. */
export function ownCopy ({ applySite }: CompiledFhir, resource: Resource, hospitalId: string): Own {
  const copy = structuredClone(resource) as Own
  applySite(copy, { hospitalId })
  return copy
}

export function identify ({ keyOf }: CompiledFhir, own: Own, { source, hospitalId, stableId }: FhirSourceOf): FhirIdentity {
  const key = keyOf(own)
  return { key, recordId: stableId(hospitalId, own.resourceType, key ?? `remote:${source}:${own.id ?? ''}`) }
}

/** What is gathered while one resource is mapped. */
interface Run {
  readonly compiled: CompiledFhir
  readonly context: FhirMappingContext
  readonly notes: string[]
  readonly missing: RemoteReference[]
  /** Patients that are known by a number only. */
  readonly named: RecordChange[]
  readonly asOf: Date
}

/** Throws MappingError. `recordId` is what was once given to the resource. */
export function mapResource (compiled: CompiledFhir, resource: Resource, recordId: string, context: FhirMappingContext): FhirMapped {
  const type = resource.resourceType
  if (compiled.known.types[type] === undefined) return leftOut(`${type}: is not taken from FHIR servers; left out`)
  if (type === 'PaymentNotice' && resource['status'] === 'draft') return leftOut('PaymentNotice.status: a draft is no payment; left out')
  const run: Run = { compiled, context, notes: [], missing: [], named: [], asOf: statedAt(resource) ?? context.receivedAt }
  const own = ownCopy(compiled, resource, context.hospitalId)
  readMoney(own, resource.id ?? '', run)
  const elements = withOwnReferences(own, run)
  if (type === 'PaymentNotice') readPayer(elements, run)
  if (run.missing.length > 0) return { changes: [], notes: run.notes, missing: run.missing }
  const patientId = type === 'Patient' ? recordId : patientIdIn(elements, run)
  if (patientId === null && compiled.patientPaths.has(type)) {
    const unshown = ownersNotShown(resource, run)
    return unshown.length > 0 ? { changes: [], notes: run.notes, missing: unshown } : withoutPatient(type)
  }
  return { changes: [...run.named, changeOf(elements, { recordId, patientId, isWeak: false }, run)], notes: run.notes, missing: [] }
}

function readMoney (own: Own, remoteId: string, { context, asOf, notes }: Run): void {
  const money = { remoteId, source: context.source, day: context.dayOf(asOf), standing: context.standing }
  if (own.resourceType === 'ChargeItem') readChargeItem(own, money, (text) => { notes.push(text) })
  if (own.resourceType === 'PaymentNotice') readPaymentNotice(own, money)
}

/** A server may show a visit before its patient, a payment before its visit: they may come yet. */
function ownersNotShown (resource: Resource, { compiled, context: { base, isHeld, recordOf } }: Run): readonly RemoteReference[] {
  const isPayment = resource.resourceType === 'PaymentNotice'
  const owners = [...compiled.patientPaths.get(resource.resourceType)?.(resource) ?? [], ...(isPayment ? [resource['request']] : [])]
  return owners.flatMap((value) => {
    const pointed = isObject(value) && typeof value['reference'] === 'string' ? pointedBy(value['reference'], base) : null
    const remote = pointed?.kind === 'remote' && (isPayment || pointed.remote.type === 'Patient') ? pointed.remote : null
    return remote !== null && isHeld(remote.type) && recordOf(remote) === null ? [remote] : []
  })
}

/** Without a patient it would stand in the directory, for all to see; money is not left out in silence. */
function withoutPatient (type: string): FhirMapped {
  if (type !== 'ChargeItem' && type !== 'PaymentNotice') return leftOut(`${type}: names no patient; left out`)
  throw new MappingError('MAPPING_VALUE_MISSING', `This ${type} names no patient; have the server correct it, then replay.`, type)
}

const leftOut = (note: string): FhirMapped => ({ changes: [], notes: [note], missing: [] })

/** meta.lastUpdated. */
export function statedAt (resource: Resource): Date | null {
  const { meta } = resource
  const instant = isObject(meta) && typeof meta['lastUpdated'] === 'string' ? new Date(meta['lastUpdated']) : null
  return instant === null || Number.isNaN(instant.getTime()) ? null : instant
}

function changeOf (elements: Own, { recordId, patientId, isWeak }: { readonly recordId: string, readonly patientId: string | null, readonly isWeak: boolean }, { context, asOf, compiled }: Run): RecordChange {
  const { meta, ...rest } = elements
  const kept = isObject(meta) ? Object.fromEntries(Object.entries(meta).filter(([name]) => ['profile', 'tag', 'security'].includes(name))) : {}
  return {
    resource: { ...rest, ...(Object.keys(kept).length === 0 ? {} : { meta: kept }), resourceType: elements.resourceType, id: recordId },
    removed: [],
    weak: isWeak,
    asOf,
    hospitalId: context.hospitalId,
    patientId,
    source: context.messageId,
    mappingVersion: compiled.version
  }
}

function withOwnReferences (own: Own, run: Run): Own {
  const { base } = run.context
  const settled = mapReferences(own, (reference) => ownReference(reference, run))
  // Attachments may be told by an address below the server's own (`Binary/7`).
  return JSON.parse(JSON.stringify(settled), (name, value: unknown) => name === 'url' && typeof value === 'string' && /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.test(value) ? `${base}/${value}` : value) as Own
}

function ownReference (reference: JsonObject, run: Run): JsonObject {
  const { base, isHeld, recordOf, entryOf } = run.context
  const text = reference['reference']
  if (typeof text !== 'string') return logicalReference(reference, run)
  const pointed = pointedBy(text, base)
  if (pointed.kind === 'search') return { ...reference, ...literalTo(recordByNumber(pointed.type, pointed.identifier, run)), ...(reference['identifier'] === undefined ? { identifier: pointed.identifier } : {}) }
  if (pointed.kind === 'entry') return { ...reference, reference: entryOf(text) ?? text }
  if (pointed.kind !== 'remote') return reference
  const { type, remoteId } = pointed.remote
  const recordId = isHeld(type) ? recordOf(pointed.remote) : null
  if (recordId === undefined) run.missing.push(pointed.remote)
  return { ...reference, reference: typeof recordId === 'string' ? `${type}/${recordId}` : `${base}/${type}/${remoteId}` }
}

/** `identifier` alone: a record of ours where the number is one that the hospital's records are known by. */
function logicalReference (reference: JsonObject, run: Run): JsonObject {
  const identifier = reference['identifier']
  const type = typeof reference['type'] === 'string' ? reference['type'] : 'Patient'
  const isOfPatient = reference['type'] !== undefined || kindOf(identifier) === 'MR'
  return isObject(identifier) && isOfPatient ? { ...reference, ...literalTo(recordByNumber(type, identifier, run)) } : reference
}

const literalTo = (record: string | null): JsonObject => record === null ? {} : { reference: record }

/** A number of another kind (a resident id) says who it is, and not under which number the record is kept. */
function recordByNumber (type: string, identifier: JsonObject, run: Run): string | null {
  const { compiled, context } = run
  const own = ownCopy(compiled, { resourceType: type, identifier: [identifier] }, context.hospitalId)
  const [named] = own['identifier'] as readonly unknown[]
  const kind = kindOf(named)
  const isKeyed = kind === undefined || JSON.stringify(compiled.known.types[type]?.key ?? []).includes(`code=${kind}]`)
  const { key, recordId } = identify(compiled, own, context)
  if (key === null || !isKeyed) return null
  if (type === 'Patient') run.named.push(changeOf(own, { recordId, patientId: recordId, isWeak: true }, run))
  return `${type}/${recordId}`
}

function kindOf (identifier: unknown): string | undefined {
  const [kind] = compileFhirPath('type.coding.code')?.(identifier) ?? []
  return typeof kind === 'string' ? kind : undefined
}

/** The first Patient that the resource belongs to. */
function patientIdIn (elements: Own, { compiled }: Run): string | null {
  for (const value of compiled.patientPaths.get(elements.resourceType)?.(elements) ?? []) {
    const [, id] = isObject(value) ? /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(String(value['reference'])) ?? [] : []
    if (id !== undefined) return id
  }
  return null
}

/** A payment says what it is for: the patient, or something of theirs, most often the visit. */
function readPayer (payment: Own, run: Run): void {
  const request = isObject(payment['request']) ? String(payment['request']['reference']) : ''
  const [, type, id] = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/.exec(request) ?? []
  if (type === undefined || id === undefined || patientIdIn(payment, run) !== null) return
  const patientId = type === 'Patient' ? id : run.context.patientOf(request)
  if (patientId === undefined) run.missing.push({ type, remoteId: id })
  else if (patientId !== null) namePayer(payment, { patientId, encounterId: type === 'Encounter' ? id : null })
}
