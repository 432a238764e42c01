import type { NewMessage } from '../inbox/index.ts'
import type { Resource } from '../records/index.ts'
import type { Submission } from './submitted-records.ts'

/** The source of what clients post: `meta.source` of the records leads to its message, and by it to the body. */
export const submissionSource = 'fhir-api'

interface MessageParts {
  readonly id: string
  /** SHA-256, hex. */
  readonly contentHash: (bytes: Uint8Array) => string
  /** What was written and what that refers to. */
  readonly about: readonly Resource[]
  readonly hospitalId: string
  readonly at: Date
}

/** The inbox keeps what was posted, so that operators find it by the patient like any message. */
export function messageOf (submission: Submission, { id, contentHash, about, hospitalId, at }: MessageParts): NewMessage {
  const numbers = [...new Set(about.filter(({ resourceType }) => resourceType === 'Patient').flatMap((patient) => recordNumber(patient) ?? []))]
  return {
    id,
    source: submissionSource,
    hospitalId,
    format: 'fhir',
    raw: submission.raw,
    contentHash: contentHash(submission.raw),
    dedupeKey: null,
    controlId: submission.requestId,
    type: submission.type,
    trigger: submission.interaction,
    sentAt: null,
    charset: 'utf8',
    lanes: numbers.length === 0 ? [`${hospitalId}:type:${submission.type}`] : numbers.map((number) => `${hospitalId}:patient:${number}`),
    receivedAt: at,
    parked: null,
    ack: new Uint8Array(0),
    replayOf: null
  }
}

interface Identifier { readonly value?: string, readonly type?: { readonly coding?: ReadonlyArray<{ readonly code?: string }> } }

/** 病历号. As the lanes of messages take it: the MR number, else PI, else the first. */
function recordNumber ({ identifier }: Resource): string | undefined {
  const identifiers = Array.isArray(identifier) ? identifier as readonly Identifier[] : []
  const ofType = (code: string): Identifier | undefined => identifiers.find(({ type }) => type?.coding?.some((coding) => coding.code === code) === true)
  return (ofType('MR') ?? ofType('PI') ?? identifiers[0])?.value
}
