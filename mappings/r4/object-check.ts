import { elementRow, type ElementRow } from './element-table.ts'
import { fault, isPart, type Check, type CheckRun, type Part } from './fault.ts'
import { invariants } from './invariants.ts'

/** Deeper than any record of ours; a guard against input made to exhaust the stack. */
const deepest = 60

interface ObjectRules {
  readonly typeName: string
  readonly slots: ReadonlyMap<string, Check>
  /** Per required element, the keys that satisfy it. */
  readonly required: ReadonlyArray<{ readonly name: string, readonly keys: readonly string[] }>
  /** Per choice, its variants; each with its `_` sibling. */
  readonly choices: ReadonlyArray<{ readonly name: string, readonly keys: ReadonlyArray<readonly [string, string]> }>
}

/** How the compiler turns one value's type into a check; single values only, lists are made here. */
export interface ValueChecks {
  readonly value: (row: ElementRow, type: ElementRow['types'][number]) => Check
  readonly isPrimitive: (typeName: string) => boolean
  readonly element: Check
}

/** The check of an object: a data type, a part of a resource, or a resource. */
export function objectCheck (typeName: string, rows: Readonly<Record<string, string>>, checks: ValueChecks): Check {
  const rules = objectRules(typeName, rows, checks)
  const ownInvariants = invariants[typeName] ?? []
  return (value, path, run) => {
    if (!isPart(value)) { fault(run, path, 'structure', 'must be an object'); return }
    if (run.depth >= deepest) { fault(run, path, 'structure', 'is nested too deeply'); return }
    run.depth++
    const keys = Object.keys(value)
    if (keys.length === 0) fault(run, path, 'structure', 'may not be empty')
    for (const key of keys) {
      const slot = rules.slots.get(key)
      if (slot === undefined) fault(run, `${path}.${key}`, 'structure', `is not an element of ${typeName}`)
      else slot(value[key], `${path}.${key}`, run, value)
    }
    checkPresence(rules, value, path, run)
    for (const { key, text, holds } of ownInvariants) if (!holds(value)) fault(run, path, 'invariant', `${text} (${key})`)
    run.depth--
  }
}

function checkPresence ({ required, choices }: ObjectRules, value: Part, path: string, run: CheckRun): void {
  for (const { name, keys } of required) {
    if (keys.every((key) => value[key] === undefined)) fault(run, `${path}.${name}`, 'required', 'is required')
  }
  for (const { name, keys } of choices) {
    let present = 0
    for (const [key, extra] of keys) if (value[key] !== undefined || value[extra] !== undefined) present++
    if (present > 1) fault(run, `${path}.${name}`, 'structure', 'may hold one value of one type only')
  }
}

function objectRules (typeName: string, rows: Readonly<Record<string, string>>, checks: ValueChecks): ObjectRules {
  const slots = new Map<string, Check>()
  const required: Array<{ name: string, keys: string[] }> = []
  const choices: Array<{ name: string, keys: Array<readonly [string, string]> }> = []
  for (const row of Object.entries(rows).map(([name, text]) => elementRow(name, text))) {
    const keys = row.types.map(({ name }) => row.isChoice ? `${row.name}${name.charAt(0).toUpperCase()}${name.slice(1)}` : row.name)
    row.types.forEach((type, place) => {
      const key = keys[place] ?? row.name
      const isPrimitive = checks.isPrimitive(type.name)
      const single = checks.value(row, type)
      slots.set(key, row.max === 1 ? single : listCheck(single, row.max, isPrimitive ? `_${key}` : null))
      if (isPrimitive) slots.set(`_${key}`, row.max === 1 ? checks.element : extensionListCheck(checks.element))
    })
    if (row.required) required.push({ name: row.name, keys: keys.flatMap((key) => [key, `_${key}`]) })
    if (row.isChoice) choices.push({ name: `${row.name}[x]`, keys: keys.map((key) => [key, `_${key}`] as const) })
  }
  return { typeName, slots, required, choices }
}

/** `null` holds the place of a primitive that has only an extension (FHIR R4 §2.6.1). */
function listCheck (single: Check, max: number, extensionKey: string | null): Check {
  return (value, path, run, owner) => {
    if (!Array.isArray(value)) { fault(run, path, 'structure', 'must be a list'); return }
    if (value.length === 0) fault(run, path, 'structure', 'may not be empty')
    if (value.length > max) fault(run, path, 'structure', 'has too many entries')
    for (let place = 0; place < value.length; place++) {
      if (value[place] === null && extensionKey !== null && isExtended(owner[extensionKey], place)) continue
      single(value[place], `${path}[${place}]`, run, owner)
    }
  }
}

function isExtended (extensions: unknown, place: number): boolean {
  return Array.isArray(extensions) && isPart(extensions[place])
}

function extensionListCheck (element: Check): Check {
  return (value, path, run, owner) => {
    if (!Array.isArray(value)) { fault(run, path, 'structure', 'must be a list'); return }
    if (value.every((entry) => entry === null)) fault(run, path, 'structure', 'may not be empty')
    value.forEach((entry, place) => { if (entry !== null) element(entry, `${path}[${place}]`, run, owner) })
  }
}
