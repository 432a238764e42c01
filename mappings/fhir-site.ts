import type { Resource } from '../core/records/index.ts'
import { compilePut, isObject, parseElementPath, type JsonObject } from './element-path.ts'
import { compileFhirPath } from './fhir-path.ts'

/** sites/<site>/fhir/<Type>.json: what this hospital's server does in its own way. */
interface SiteType {
  /** Slots that are not taken: `telecom`, `extension:<url>`. */
  readonly drop?: readonly string[]
  /** From a FHIR path to an element path (docs/mapping.md), first what is there. */
  readonly copy?: ReadonlyArray<{ readonly from: string, readonly to: string }>
  /** By place (`status`, `class.code`): the server's own codes as those of R4. */
  readonly codes?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly note?: string
}

/** Changes a resource of the server, which must be the caller's own copy. */
export type SiteRules = (resource: JsonObject & Resource, context: { readonly hospitalId: string }) => void

/**
 * Files by name: types, and `identifiers`, a table from the systems of the server's identifiers to HL7 table 0203, for
 * servers that tell numbers apart by system alone.
 */
export function compileFhirSite (files: Readonly<Record<string, unknown>>, drop: readonly string[], faults: string[]): SiteRules {
  const { identifiers = {}, ...types } = files
  const kinds = isTable(identifiers) ? identifiers : {}
  if (!isTable(identifiers)) faults.push('fhir/identifiers.json: needs systems and their kinds, both texts')
  const byType = new Map(Object.entries(types).map(([type, file]) => [type, compileType(file, (why) => { faults.push(`fhir/${type}.json: ${why}`) })]))
  return (resource, { hospitalId }) => {
    nameIdentifiers(resource, { kinds, hospitalId })
    byType.get(resource.resourceType)?.(resource)
    for (const slot of drop) dropSlot(resource, slot)
  }
}

type Fault = (why: string) => void

const keys: readonly string[] = ['drop', 'copy', 'codes', 'note']

function compileType (given: unknown, fault: Fault): (resource: JsonObject) => void {
  const file: SiteType = isObject(given) ? given : {}
  for (const key of Object.keys(file)) if (!keys.includes(key)) fault(`unknown key "${key}"`)
  const copies = (file.copy ?? []).map(({ from, to }) => compileCopy(from, to, fault))
  const codes = Object.entries(file.codes ?? {}).map(([place, table]) => ({ names: place.split('.'), table: new Map(Object.entries(table)) }))
  return (resource) => {
    for (const copy of copies) copy(resource)
    for (const { names, table } of codes) replaceCodes(resource, names, table)
    for (const slot of file.drop ?? []) dropSlot(resource, slot)
  }
}

function compileCopy (from: string, to: string, fault: Fault): (resource: JsonObject) => void {
  const read = compileFhirPath(from)
  const path = parseElementPath(to)
  if (read === null) fault(`no such path: "${from}"`)
  if (path === null) fault(`no such element: "${to}"`)
  const put = path === null ? null : compilePut(path, null)
  return (resource) => {
    const [found] = read?.(resource) ?? []
    if (found !== undefined) put?.(resource, found)
  }
}

function replaceCodes (within: unknown, [name, ...rest]: readonly string[], table: ReadonlyMap<string, string>): void {
  if (Array.isArray(within)) within.forEach((item) => { replaceCodes(item, name === undefined ? [] : [name, ...rest], table) })
  if (!isObject(within) || name === undefined) return
  const value = within[name]
  if (rest.length > 0) replaceCodes(value, rest, table)
  else if (typeof value === 'string') within[name] = table.get(value) ?? value
}

function dropSlot (resource: JsonObject, slot: string): void {
  const [, url] = /^extension:(.*)$/.exec(slot) ?? []
  const { extension } = resource
  if (url === undefined) {
    Reflect.deleteProperty(resource, slot)
    Reflect.deleteProperty(resource, `_${slot}`)
  } else if (Array.isArray(extension)) {
    const kept = (extension as unknown[]).filter((each) => !isObject(each) || each['url'] !== url)
    if (kept.length > 0) resource['extension'] = kept
    else Reflect.deleteProperty(resource, 'extension')
  }
}

/** 公民身份号码, GB 11643; what a Chinese sender calls it (HL7 table 0203). */
const residentIdSystem = 'urn:oid:2.16.156.10011.1.3'
const residentIdKinds: readonly string[] = ['NI', 'NNCHN']
const kindSystem = 'http://terminology.hl7.org/CodeSystem/v2-0203'

/**
 * The hospital's own numbers read as they do from HL7 v2 (converters/identifier.ts): of a kind that the site names, or
 * that the server tells without a system.
 */
function nameIdentifiers (value: unknown, by: { readonly kinds: Readonly<Record<string, string>>, readonly hospitalId: string }): void {
  if (Array.isArray(value)) value.forEach((item) => { nameIdentifiers(item, by) })
  if (!isObject(value)) return
  if (typeof value['value'] === 'string') nameIdentifier(value, by)
  for (const part of Object.values(value)) nameIdentifiers(part, by)
}

/** Puts our numbering of a thing into the hospital's own words, for a resource that goes to its server. */
export type TellIdentifiers = (resource: Resource, context: { readonly hospitalId: string }) => Resource

/** The way back of `identifiers`: the first system that the table names for a kind. */
export function compileTellIdentifiers ({ identifiers }: Readonly<Record<string, unknown>>): TellIdentifiers {
  const systems = new Map(Object.entries(isTable(identifiers) ? identifiers : {}).map(([system, kind]) => [encodeURIComponent(kind), system] as const).reverse())
  return (resource, { hospitalId }) => {
    const own = `urn:yiqiao:hospital:${hospitalId}:`
    const systemOf = (system: string): string => {
      if (system === residentIdSystem) return residentIdKinds.flatMap((kind) => systems.get(kind) ?? [])[0] ?? system
      return system.startsWith(own) ? systems.get(system.slice(own.length)) ?? system : system
    }
    return systems.size === 0 ? resource : told(resource, systemOf) as Resource
  }
}

function told (value: unknown, systemOf: (system: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => told(item, systemOf))
  if (!isObject(value)) return value
  const parts = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, told(part, systemOf)]))
  return typeof value['value'] === 'string' && typeof value['system'] === 'string' ? { ...parts, system: systemOf(value['system']) } : parts
}

function nameIdentifier (identifier: JsonObject, { kinds, hospitalId }: { readonly kinds: Readonly<Record<string, string>>, readonly hospitalId: string }): void {
  const { system } = identifier
  const known = typeof system === 'string' && Object.hasOwn(kinds, system) ? kinds[system] : undefined
  const told = kindOf(identifier['type'])
  const kind = known ?? told
  if (kind === undefined) return
  if (told === undefined) identifier['type'] = { coding: [{ system: kindSystem, code: kind }] }
  if (residentIdKinds.includes(kind)) identifier['system'] = residentIdSystem
  else if (known !== undefined || system === undefined) identifier['system'] = `urn:yiqiao:hospital:${hospitalId}:${encodeURIComponent(kind)}`
}

function kindOf (type: unknown): string | undefined {
  const coding: unknown = isObject(type) && Array.isArray(type['coding']) ? type['coding'][0] : undefined
  return isObject(coding) && typeof coding['code'] === 'string' ? coding['code'] : undefined
}

function isTable (value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string')
}
