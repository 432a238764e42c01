import { fault, type CheckRun, type Part } from './fault.ts'

const relative = /^([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/
const absolute = /^https?:\/\/\S+?(?:\/([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?)?$/
const conditional = /^([A-Z][A-Za-z]+)\?\S+$/
const otherUri = /^(?:urn:uuid:[0-9a-fA-F-]{36}|urn:oid:[\d.]+|(?!https?:|urn:)[a-z][a-z0-9+.-]*:\S+)$/

/** The type a literal reference points to; undefined where its form does not tell, null where the form is wrong. */
function pointedType (reference: string, run: CheckRun): string | undefined | null {
  if (reference.startsWith('#')) return reference === '#' ? undefined : run.contained.get(reference) ?? null
  const match = relative.exec(reference) ?? absolute.exec(reference) ?? (run.inBundle ? conditional.exec(reference) : null)
  if (match !== null) return match[1]
  return otherUri.test(reference) ? undefined : null
}

interface ReferenceRule {
  /** null = any type. */
  readonly targets: ReadonlySet<string> | null
  readonly known: ReadonlySet<string>
}

function isForbidden (type: string, { targets, known }: ReferenceRule): boolean {
  return known.has(type) && targets?.has(type) === false
}

/**
 * References (FHIR R4 §2.3.0): a literal form that can be followed, contained targets that are there, a type that the
 * element allows, and at least one of reference, identifier and display.
 */
export function checkReference (value: Part, path: string, run: CheckRun, rule: ReferenceRule): void {
  const { reference, type } = value
  if (['reference', 'identifier', 'display', 'extension'].every((key) => value[key] === undefined)) {
    fault(run, path, 'invariant', 'needs a reference, an identifier or a display text')
  }
  if (typeof reference === 'string') checkLiteral(value, path, run, rule)
  if (typeof type === 'string' && isForbidden(type, rule)) fault(run, `${path}.type`, 'value', 'is a type of resource that is not allowed here')
}

function checkLiteral ({ reference, type }: Part, path: string, run: CheckRun, rule: ReferenceRule): void {
  const pointed = typeof reference === 'string' ? pointedType(reference, run) : undefined
  if (pointed === undefined || typeof reference !== 'string') return
  if (pointed === null) {
    fault(run, `${path}.reference`, 'value', 'must be Type/id, an absolute URL, urn:uuid:, urn:oid:, or #id of a contained resource that is there')
    return
  }
  // An absolute URL may end like Type/id by chance, so only a known type is judged there.
  const isUnknown = !rule.known.has(pointed) && !reference.startsWith('http')
  if (isUnknown || isForbidden(pointed, rule)) fault(run, `${path}.reference`, 'value', 'points to a type of resource that is not allowed here')
  if (typeof type === 'string' && rule.known.has(pointed) && type !== pointed) fault(run, `${path}.type`, 'value', 'differs from the type in the reference')
}
