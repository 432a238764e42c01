import type { StableId } from '../ids.ts'
import type { RecordChange } from '../records/index.ts'
import type { Picture } from './ports.ts'
import type { Message, Party, Thread } from './thread.ts'

const messageSystem = 'urn:yiqiao:fhir:message'
const threadSystem = 'urn:yiqiao:fhir:thread'
const types = { patient: 'Patient', doctor: 'Practitioner', hospital: 'Organization', support: null } as const

/**
 * 消息 as FHIR Communication (C8). In the compartment of the patient who takes part; a dialogue without a patient, and the
 * system's events, are no part of anybody's record. A picture stands beside it as Binary.
 */
export function messageRecord ({ thread, message, picture }: { readonly thread: Thread, readonly message: Message, readonly picture: Picture | null }, stableId: StableId): RecordChange | null {
  const patient = thread.parties.find(({ kind }) => kind === 'patient')
  const sender = message.by
  if (patient === undefined || sender === null) return null
  const id = stableId(thread.hospitalId, 'Communication', `${thread.id}:${message.number}`)
  const recipients = thread.parties.filter((party) => party !== sender && !(party.kind === sender.kind && party.id === sender.id)).flatMap(referenceTo)
  const [from] = referenceTo(sender)
  return {
    resource: {
      resourceType: 'Communication',
      id,
      identifier: [{ system: messageSystem, value: `${thread.id}:${message.number}` }],
      partOf: [{ identifier: { system: threadSystem, value: thread.id } }],
      status: 'completed',
      category: [{ text: thread.purpose }],
      subject: { reference: `Patient/${patient.id}` },
      sent: message.at.toISOString(),
      ...recipients.length === 0 ? {} : { recipient: recipients },
      ...from === undefined ? {} : { sender: from },
      payload: payloadOf(message, picture)
    },
    removed: [],
    weak: false,
    asOf: message.at,
    hospitalId: thread.hospitalId,
    patientId: patient.id,
    isOurs: true,
    source: 'dialogue',
    mappingVersion: null
  }
}

function referenceTo ({ kind, id }: Party): ReadonlyArray<Readonly<Record<string, unknown>>> {
  const type = types[kind]
  if (type === null) return [{ display: 'support' }]
  // A hospital is known by the installation's own name of it, which is no id of an Organization.
  return [kind === 'hospital' ? { type, identifier: { value: id } } : { reference: `${type}/${id}` }]
}

function payloadOf ({ text }: Message, picture: Picture | null): ReadonlyArray<Readonly<Record<string, unknown>>> {
  return [
    ...text === null ? [] : [{ contentString: text }],
    ...picture === null ? [] : [{ contentAttachment: { contentType: picture.contentType, data: base64Of(picture.bytes) } }]
  ]
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** RFC 4648 §4. Core knows no Buffer. */
function base64Of (bytes: Uint8Array): string {
  let text = ''
  for (let place = 0; place < bytes.length; place += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(place, place + 3)
    const bits = first << 16 | second << 8 | third
    const left = bytes.length - place
    text += `${alphabet[bits >> 18]}${alphabet[bits >> 12 & 63]}${left > 1 ? alphabet[bits >> 6 & 63] : '='}${left > 2 ? alphabet[bits & 63] : '='}`
  }
  return text
}
