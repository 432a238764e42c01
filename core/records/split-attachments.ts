import type { StableId } from '../ids.ts'
import type { RecordChange, Resource } from './record.ts'

export interface AttachmentDeps {
  readonly stableId: StableId
  /** SHA-1 of the bytes that a base64 text stands for, in base64 (FHIR R4 Attachment.hash). */
  readonly hashOf: (base64: string) => string
}

type Json = Readonly<Record<string, unknown>>

/** Longer data leave the record, so that its history does not copy a photo with every new phone number. A person's photo always does: it can be taken away for good there. */
const inlineBytesMax = 1024

/** Where R4 carries attachments among what we keep. Others are not searched: this is on the path of every message. */
const carriers = ['Communication', 'Consent', 'DiagnosticReport', 'DocumentReference', 'Media', 'Observation', 'Patient', 'Practitioner']

/** The change without its large attachments, behind a Binary for each. The same bytes of a patient are kept once. */
export function splitAttachments (deps: AttachmentDeps, change: RecordChange): readonly RecordChange[] {
  if (!carriers.includes(change.resource.resourceType)) return [change]
  const binaries: RecordChange[] = []
  const inlineMax = change.resource.resourceType === 'Patient' ? 0 : inlineBytesMax
  const resource = withoutData(change.resource, inlineMax, (attachment) => {
    const base64 = (attachment['data'] as string).replaceAll(/\s/g, '')
    const rest = Object.fromEntries(Object.entries(attachment).filter(([name]) => name !== 'data'))
    const hash = deps.hashOf(base64)
    const binary = binaryOf(change, deps.stableId(change.hospitalId, 'Binary', `${change.patientId ?? ''}|${hash}`), { contentType: attachment['contentType'], data: base64 })
    binaries.push(binary)
    return { ...rest, url: `Binary/${binary.resource.id}`, size: bytesOf(base64), hash }
  })
  return binaries.length === 0 ? [change] : [...binaries, { ...change, resource: resource as RecordChange['resource'] }]
}

/** Its content follows from its id, so its time says nothing: the same photo again leaves it unchanged. */
function binaryOf (change: RecordChange, id: string, content: Json): RecordChange {
  const securityContext = change.patientId === null ? {} : { securityContext: { reference: `Patient/${change.patientId}` } }
  const resource: Resource & { id: string } = { resourceType: 'Binary', id, ...content, ...securityContext }
  return { ...change, resource, removed: [], weak: false, asOf: new Date(0) }
}

function bytesOf (base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return base64.length / 4 * 3 - padding
}

/** R4 wants a content type beside the data of an Attachment; SampledData and Signature have other companions. */
function isLargeAttachment (value: Json, inlineMax: number): boolean {
  const { data, contentType } = value as { data?: unknown, contentType?: unknown }
  return typeof data === 'string' && typeof contentType === 'string' && data.length / 4 * 3 > inlineMax
}

function withoutData (value: unknown, inlineMax: number, replace: (attachment: Json) => Json): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutData(item, inlineMax, replace))
  if (typeof value !== 'object' || value === null) return value
  if (isLargeAttachment(value as Json, inlineMax)) return replace(value as Json)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withoutData(part, inlineMax, replace)]))
}
