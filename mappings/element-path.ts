/**
 * Where a row puts its value in a FHIR element.
 *
 *   birthDate, period.start      one value
 *   name[]                       a new item of the list for every repetition
 *   telecom[home]                the same; the word only tells rows apart, so that a site can replace one of them
 *   communication[0].language    the item with that index
 *   value[x]                     the converter tells the type (valueQuantity, valueString, …)
 */
interface ElementStep {
  readonly name: string
  /** none: no list. append: a new item each time. A number: that item. */
  readonly list: 'none' | 'append' | number
  readonly choice: boolean
}

export type ElementPath = readonly ElementStep[]
export type JsonObject = Record<string, unknown>

/** What a converter gives to a `value[x]` target. */
export interface Choice {
  readonly choice: string
  readonly value: unknown
}

const grammar = /^(_?[a-zA-Z][a-zA-Z0-9]*)(?:\[([A-Za-z0-9-]*)\])?$/

/** Null where the text is no element path. */
export function parseElementPath (text: string): ElementPath | null {
  const steps: ElementStep[] = []
  for (const word of text.split('.')) {
    const found = grammar.exec(word)
    if (found === null) return null
    const [, name = '', label] = found
    if (label === 'x') steps.push({ name, list: 'none', choice: true })
    else if (label === undefined) steps.push({ name, list: 'none', choice: false })
    else steps.push({ name, list: /^\d+$/.test(label) ? Number(label) : 'append', choice: false })
  }
  return steps
}

export type Put = (into: JsonObject, value: unknown) => void

/** `extras` fill what the converter left out: in the list's new item, or in the value itself where there is no list. */
export function compilePut (path: ElementPath, extras: JsonObject | null): Put {
  const firstList = path.findIndex((step) => step.list !== 'none')
  const inItem = firstList >= 0 && firstList < path.length - 1
  return path.reduceRight<Put | null>((next, step, index) => {
    if (next === null) return putLast(step, extras !== null && !inItem ? extras : null)
    return putThrough(step, next, extras !== null && index === firstList ? extras : null)
  }, null) ?? (() => {})
}

function putLast (step: ElementStep, extras: JsonObject | null): Put {
  const complete = (value: unknown): unknown => extras !== null && isObject(value) ? { ...extras, ...value } : value
  const { name, list } = step
  if (step.choice) {
    return (into, value) => {
      const { choice, value: chosen } = value as Choice
      into[name + choice] = chosen
    }
  }
  if (list === 'none') return extras === null ? (into, value) => { into[name] = value } : (into, value) => { into[name] = complete(value) }
  if (list === 'append') return (into, value) => { listIn(into, name).push(complete(value)) }
  return (into, value) => { listIn(into, name)[list] = complete(value) }
}

function putThrough (step: ElementStep, next: Put, extras: JsonObject | null): Put {
  const { name, list } = step
  if (list === 'none') return (into, value) => { next(objectAt(into, name, extras), value) }
  if (list === 'append') {
    return (into, value) => {
      const item: JsonObject = { ...extras }
      listIn(into, name).push(item)
      next(item, value)
    }
  }
  return (into, value) => {
    const items = listIn(into, name)
    const item = isObject(items[list]) ? items[list] : { ...extras }
    items[list] = item
    next(item, value)
  }
}

function objectAt (into: JsonObject, name: string, extras: JsonObject | null): JsonObject {
  const there = into[name]
  if (isObject(there)) return there
  const made: JsonObject = { ...extras }
  into[name] = made
  return made
}

function listIn (into: JsonObject, name: string): unknown[] {
  const there = into[name]
  if (Array.isArray(there)) return there as unknown[]
  const made: unknown[] = []
  into[name] = made
  return made
}

export function isObject (value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
