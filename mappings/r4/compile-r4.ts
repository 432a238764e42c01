import { codeSetChecks } from './code-sets.ts'
import type { ElementRow, ElementTable } from './element-table.ts'
import { fault, isPart, type Check, type CheckRun, type Fault, type Part } from './fault.ts'
import { objectCheck, type ValueChecks } from './object-check.ts'
import { primitives, type PrimitiveCheck } from './primitives.ts'
import { checkReference } from './references.ts'

/** Answers every fault of a resource against FHIR R4; none means valid as far as can be told offline (decision 0004). */
export type R4Checker = (resource: unknown) => readonly Fault[]

/** Types are compiled to closures when first met: the start pays only for parsing the table. */
export function compileR4 (table: ElementTable): R4Checker {
  const checkable = new Set(table.resources)
  const known = new Set([...table.resources, ...table.otherResources])
  const codeSets = codeSetChecks(table)
  const compiled = new Map<string, Check>()
  const typeCheck = (name: string): Check => {
    const made = compiled.get(name)
    if (made !== undefined) return made
    const rows = table.types[name]
    if (rows === undefined) throw new TypeError(`elements.json: no type ${name}`)
    const check = objectCheck(name, name.includes('.') || !known.has(name) ? rows : { resourceType: '1..1 code', ...rows }, checks)
    compiled.set(name, check)
    return check
  }
  const later = (name: string): Check => {
    let check: Check | undefined
    return (value, path, run, owner) => { (check ??= typeCheck(name))(value, path, run, owner) }
  }
  const element = later('Element')
  const resource: Check = (value, path, run) => { checkResource({ checkable, typeCheck }, value, path, run) }
  const checks: ValueChecks = {
    element,
    isPrimitive: (name) => primitives.has(name),
    value: (row, type) => {
      const check = valueCheck(row, type, { later, resource, known })
      const set = row.codeSet === null ? null : codeSets(row.codeSet, type.name)
      return set === null ? check : (value, path, run, owner) => { check(value, path, run, owner); set(value, path, run, owner) }
    }
  }
  return (value) => {
    const run: CheckRun = { faults: [], contained: nothingContained, inBundle: false, isContained: false, depth: 0 }
    const type = isPart(value) ? value['resourceType'] : undefined
    resource(value, typeof type === 'string' && known.has(type) ? type : 'Resource', run, {})
    return run.faults
  }
}

interface Parts {
  readonly later: (name: string) => Check
  readonly resource: Check
  readonly known: ReadonlySet<string>
}

function valueCheck (row: ElementRow, type: ElementRow['types'][number], { later, resource, known }: Parts): Check {
  const primitive = primitives.get(type.name)
  if (primitive !== undefined) return primitiveCheck(primitive)
  if (type.name === 'Resource') return row.name === 'contained' ? containedCheck(resource) : resource
  const object = later(type.name)
  if (type.name !== 'Reference') return object
  const rule = { targets: type.targets, known }
  return (value, path, run, owner) => {
    object(value, path, run, owner)
    if (isPart(value)) checkReference(value, path, run, rule)
  }
}

function primitiveCheck (check: PrimitiveCheck): Check {
  return (value, path, run) => {
    const wanted = check(value)
    if (wanted !== null) fault(run, path, 'value', wanted)
  }
}

/** Contained resources have an id, contain nothing and have no life of their own (dom-2, dom-4, dom-5). */
function containedCheck (resource: Check): Check {
  return (value, path, run, owner) => {
    run.isContained = true
    resource(value, path, run, owner)
    run.isContained = false
    if (!isPart(value)) return
    if (typeof value['id'] !== 'string') fault(run, `${path}.id`, 'required', 'is required in a contained resource')
    if (value['contained'] !== undefined) fault(run, `${path}.contained`, 'invariant', 'may not be inside a contained resource (dom-2)')
    const meta = value['meta']
    if (isPart(meta) && ['versionId', 'lastUpdated', 'security'].some((key) => meta[key] !== undefined)) {
      fault(run, `${path}.meta`, 'invariant', 'may hold no version, time or label in a contained resource (dom-4, dom-5)')
    }
  }
}

function checkResource ({ checkable, typeCheck }: { readonly checkable: ReadonlySet<string>, readonly typeCheck: (name: string) => Check }, value: unknown, path: string, run: CheckRun): void {
  if (!isPart(value)) { fault(run, path, 'structure', 'must be a resource'); return }
  const type = value['resourceType']
  if (typeof type !== 'string') { fault(run, `${path}.resourceType`, 'required', 'is required'); return }
  if (!checkable.has(type)) { fault(run, `${path}.resourceType`, 'not-supported', 'is not a type of resource that this checker knows'); return }
  const outer = { contained: run.contained, inBundle: run.inBundle, isContained: run.isContained }
  if (!run.isContained) run.contained = containedTypes(value)
  run.isContained = false
  run.inBundle ||= type === 'Bundle'
  typeCheck(type)(value, path, run, value)
  Object.assign(run, outer)
}

const nothingContained: ReadonlyMap<string, string> = new Map()

function containedTypes (resource: Part): ReadonlyMap<string, string> {
  const contained = resource['contained']
  if (!Array.isArray(contained)) return nothingContained
  return new Map(contained.filter(isPart).flatMap(({ id, resourceType }) => typeof id === 'string' && typeof resourceType === 'string' ? [[`#${id}`, resourceType] as const] : []))
}
