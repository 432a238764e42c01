import type { Resource } from '../records/index.ts'

type Json = Readonly<Record<string, unknown>>

/** A literal reference inside a resource, with the FHIRPath of its text. */
export interface FoundReference {
  readonly place: string
  readonly text: string
}

/** References, and the addresses of attachments, which may name a Binary of the same Bundle. */
const carriers: readonly string[] = ['reference', 'url']

/** Every literal reference of a resource, wherever it stands; those to contained resources left out. */
export function referencesIn (resource: Resource, place: string): readonly FoundReference[] {
  const found: FoundReference[] = []
  collect(resource, place, found)
  return found
}

function collect (value: unknown, place: string, found: FoundReference[]): void {
  if (Array.isArray(value)) { value.forEach((item, index) => { collect(item, `${place}[${index}]`, found) }); return }
  if (typeof value !== 'object' || value === null) return
  for (const [element, part] of Object.entries(value)) {
    if (element === 'reference' && typeof part === 'string') {
      if (!part.startsWith('#')) found.push({ place: `${place}.reference`, text: part })
    } else collect(part, `${place}.${element}`, found)
  }
}

/** The same resource with other texts in its references. */
export function withReferences <Value> (value: Value, renamed: (text: string) => string | undefined): Value {
  if (Array.isArray(value)) return value.map((item: unknown) => withReferences(item, renamed)) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([element, part]: [string, unknown]) =>
    [element, carriers.includes(element) && typeof part === 'string' ? renamed(part) ?? part : withReferences(part, renamed)])) as Value
}

const literal = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/

/** `Type/id`, also of a reference to one version; null for every other form. */
export function pointedKey (text: string): { readonly type: string, readonly id: string } | null {
  const [, type, id] = literal.exec(text) ?? []
  return type === undefined || id === undefined ? null : { type, id }
}

/** Elements of R4 resources that say whose the record is, in the order in which they are asked. */
const owners: readonly string[] = ['subject', 'patient', 'beneficiary', 'for', 'deliverTo', 'securityContext']

/** Id of the patient whose compartment a resource belongs to (FHIR R4 CompartmentDefinition patient); null where it names none. */
export function patientOf (resource: Resource): string | null {
  const references = [...owners.map((element) => resource[element]), resource['target'], actorsOf(resource), paymentPatient(resource)].flat()
  for (const value of references) {
    const text = (value as Json | null | undefined)?.['reference']
    const key = typeof text === 'string' ? pointedKey(text) : null
    if (key?.type === 'Patient') return key.id
  }
  return null
}

function actorsOf ({ participant }: Resource): readonly unknown[] {
  return Array.isArray(participant) ? participant.map((one) => (one as Json)['actor']) : []
}

/** R4's PaymentNotice names no patient; ours does by an extension (mappings/facts/payment-notice.json). */
function paymentPatient ({ extension }: Resource): readonly unknown[] {
  return Array.isArray(extension) ? extension.filter((one) => (one as Json)['url'] === 'urn:yiqiao:fhir:payment-patient').map((one) => (one as Json)['valueReference']) : []
}
