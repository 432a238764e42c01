import type { Resource } from './record.ts'

/**
 * A slot is what one message can replace without touching the rest: most often a top-level element. Three things
 * differ, because FHIR R4 says so:
 *
 * - `_birthDate` goes with `birthDate`, or a data-absent-reason would outlive the day it stood for.
 * - A choice is one slot (`value[x]`): a resource may have one value only, of whatever type.
 * - Extensions are apart by url, and the links of a Patient by type and reference: they come from different messages
 *   (a charge says its kind, its credit says who cancelled it), so the newer array must not wipe out the older.
 */
export type Slots = Map<string, SlotContent>

/** The raw elements of a slot, as they stand in the resource. */
export type SlotContent = Readonly<Record<string, unknown>>

/** Choice elements at the top level of R4 resources, with the types that follow their name. */
const choice = new RegExp('^(abatement|age|asNeeded|born|code|created|deceased|due|effective|event|item|legallyBinding|medication|module|' +
  'multipleBirth|occurred|occurrence|onset|performed|product|quantity|reported|scheduled|serviced|source|start|statusReason|subject|' +
  'target|timing|topic|value)(?:Age|Attachment|Boolean|Canonical|CodeableConcept|Coding|Date|DateTime|Decimal|Duration|Identifier|' +
  'Instant|Integer|Money|Period|Quantity|Range|Ratio|Reference|SampledData|String|Time|Timing|Uri)$')

/** Elements of `meta` that the store writes (see with-meta.ts). */
const ownMeta = ['versionId', 'lastUpdated', 'source']

/** Name of the slot that an element belongs to; a name of a set's member (`extension:<url>`) stands for itself. */
export function slotName (element: string): string {
  const bare = element.startsWith('_') ? element.slice(1) : element
  const found = choice.exec(bare)
  return found === null ? bare : `${found[1]}[x]`
}

/** The slot of one link of a Patient: `link:replaced-by:Patient/<id>`. Ending a link is removing this. */
export function linkSlot (type: 'replaced-by' | 'replaces', patientId: string): string {
  return `link:${type}:Patient/${patientId}`
}

export function slotsOf (resource: Resource): Slots {
  const slots: Slots = new Map()
  for (const element of Object.keys(resource)) {
    const value = resource[element]
    if (element === 'resourceType' || element === 'id' || value === undefined) continue
    const memberName = membership(resource.resourceType, element)
    if (memberName !== null && Array.isArray(value)) addMembers(slots, element, value, memberName)
    else if (element === 'meta') addMeta(slots, value as SlotContent)
    else {
      const name = slotName(element)
      slots.set(name, { ...slots.get(name), [element]: value })
    }
  }
  return slots
}

/** The resource that the slots make, in their order; members of a set in the order of their names. */
export function resourceOf (type: string, id: string, slots: Slots): Resource & { readonly id: string } {
  const elements: Record<string, unknown> = { resourceType: type, id }
  const members: Record<string, Array<readonly [string, readonly unknown[]]>> = {}
  for (const [name, content] of slots) {
    for (const [element, value] of Object.entries(content)) {
      if (membership(type, element) === null || !Array.isArray(value)) elements[element] = value
      else {
        elements[element] = null
        members[element] = [...members[element] ?? [], [name, value]]
      }
    }
  }
  for (const [element, parts] of Object.entries(members)) {
    elements[element] = parts.sort(([one], [other]) => one < other ? -1 : 1).flatMap(([, values]) => values)
  }
  return elements as Resource & { readonly id: string }
}

function membership (resourceType: string, element: string): ((member: Readonly<Record<string, unknown>>) => string) | null {
  if (element === 'extension' || element === 'modifierExtension') return (member) => String(member['url'])
  if (element === 'link' && resourceType === 'Patient') {
    return (member) => `${String(member['type'])}:${String((member['other'] as { reference?: unknown } | undefined)?.reference)}`
  }
  return null
}

function addMembers (slots: Slots, element: string, members: readonly unknown[], nameOf: (member: Readonly<Record<string, unknown>>) => string): void {
  for (const member of members) {
    const name = `${element}:${nameOf(member as Readonly<Record<string, unknown>>)}`
    const others = slots.get(name)?.[element] as readonly unknown[] | undefined
    slots.set(name, { [element]: others === undefined ? [member] : [...others, member] })
  }
}

function addMeta (slots: Slots, meta: SlotContent): void {
  const rest = Object.fromEntries(Object.entries(meta).filter(([name]) => !ownMeta.includes(name)))
  if (Object.keys(rest).length > 0) slots.set('meta', { meta: rest })
}
