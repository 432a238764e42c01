import { fault, isPart, type Check, type CheckRun, type Part } from './fault.ts'
import type { ElementTable } from './element-table.ts'

interface CodeSet {
  readonly name: string
  readonly codes: ReadonlySet<string>
  readonly bySystem: ReadonlyMap<string, ReadonlySet<string>>
}

/** Checks of closed code sets (required bindings), made once per set. */
export function codeSetChecks (table: ElementTable): (name: string, typeName: string) => Check {
  const sets = new Map<string, CodeSet>()
  const setOf = (name: string): CodeSet => {
    const made = sets.get(name) ?? codeSet(name, table.codes[name] ?? {})
    sets.set(name, made)
    return made
  }
  return (name, typeName) => {
    const set = setOf(name)
    if (typeName === 'code') return (value, path, run) => { checkCode(set, value, path, run) }
    if (typeName === 'Coding') return (value, path, run) => { if (!isPart(value) || !holdsCoding(set, value)) refuse(set, path, run) }
    return (value, path, run) => { checkConcept(set, value, path, run) }
  }
}

function codeSet (name: string, systems: Readonly<Record<string, string>>): CodeSet {
  const bySystem = new Map(Object.entries(systems).map(([system, codes]) => [system, new Set(codes.split(' '))]))
  return { name, bySystem, codes: new Set([...bySystem.values()].flatMap((codes) => [...codes])) }
}

function checkCode (set: CodeSet, value: unknown, path: string, run: CheckRun): void {
  if (typeof value === 'string' && !set.codes.has(value)) refuse(set, path, run)
}

/** Where the set is closed, one coding must be of it: text alone does not do (FHIR R4 §4.1.5.1). */
function checkConcept (set: CodeSet, value: unknown, path: string, run: CheckRun): void {
  if (!isPart(value)) return
  const codings = value['coding']
  if (!Array.isArray(codings) || !codings.some((coding) => isPart(coding) && holdsCoding(set, coding))) refuse(set, path, run)
}

function holdsCoding (set: CodeSet, { system, code }: Part): boolean {
  return typeof system === 'string' && typeof code === 'string' && set.bySystem.get(system)?.has(code) === true
}

function refuse (set: CodeSet, path: string, run: CheckRun): void {
  fault(run, path, 'code-invalid', `must be of the closed code set ${set.name}`)
}
