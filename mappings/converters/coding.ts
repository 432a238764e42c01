import type { CodeTable, Coded } from '../code-tables.ts'
import type { JsonObject } from '../element-path.ts'
import { part, type Cell } from '../path.ts'
import { lacking, type Run } from '../run.ts'
import { codeText } from './text.ts'
import type { Converter, FindTable, Use } from './converter.ts'

/** CWE, CE, CNE, IS, ID → CodeableConcept, Coding, and what else the IG makes of them. */
export interface Codings {
  readonly codeableConcept: Converter
  readonly coding: Converter
  /** Text alone, e.g. of ST. */
  readonly conceptText: Converter
  /** A coded unit, OBX-6. */
  readonly unitOf: (cell: Cell, run: Run) => JsonObject | undefined
  readonly systemOf: (name: string | undefined, run: Run) => string | undefined
  readonly conceptOf: (cell: Cell, run: Run, use: Pick<Use, 'table' | 'place'> | null) => JsonObject | undefined
}

export function makeCodings (findTable: FindTable): Codings {
  const systems = findTable('coding-systems')

  /** A name of HL7 table 0396 as a URI; names that only this hospital knows stay its own. */
  function systemOf (name: string | undefined, run: Run): string | undefined {
    if (name === undefined) return undefined
    const known = systems.find(name) ?? systems.find(name.toUpperCase())
    if (known !== undefined) return known.code
    const table = /^HL7-?(\d{4})$/i.exec(name)
    if (table !== null) return `http://terminology.hl7.org/CodeSystem/v2-${table[1]}`
    if (/^[0-2](\.(0|[1-9]\d*))+$/.test(name)) return `urn:oid:${name}`
    if (/^(https?:\/\/|urn:)\S+$/.test(name)) return name
    return `urn:yiqiao:hospital:${run.context.hospitalId}:codes:${encodeURIComponent(name)}`
  }

  function codingAt (cell: Cell, run: Run, first: number, version: number): JsonObject | undefined {
    const code = codeText(part(cell, first))
    const display = part(cell, first + 1)
    if (code === undefined && display === undefined) return undefined
    const system = code === undefined ? undefined : systemOf(part(cell, first + 2), run)
    const versionText = system === undefined ? undefined : part(cell, version)
    return defined({ system, version: versionText, code, display })
  }

  function conceptOf (cell: Cell, run: Run, use: Pick<Use, 'table' | 'place'> | null): JsonObject | undefined {
    const original = codingAt(cell, run, 1, 7)
    const mapped = use === null ? undefined : codedBy(use, codeText(part(cell, 1)), run, isUniversal(original))
    const coding = [
      mapped === undefined ? undefined : codingOf(mapped),
      isSameCode(original, mapped) ? undefined : original,
      codingAt(cell, run, 4, 8),
      codingAt(cell, run, 10, 13)
    ].filter((each) => each !== undefined)
    const text = part(cell, 9)
    const [first] = coding
    if (first === undefined) return text === undefined ? undefined : { text }
    if (text === undefined && coding.length === 1 && first['code'] === undefined) return { text: first['display'] }
    return text === undefined ? { coding } : { coding, text }
  }

  return {
    systemOf,
    conceptOf,
    codeableConcept: (cell, run, use) => conceptOf(cell, run, use),
    coding: (cell, run, use) => {
      const original = codingAt(cell, run, 1, 7)
      if (original === undefined || original['code'] === undefined) return undefined
      const mapped = codedBy(use, codeText(part(cell, 1)), run, isUniversal(original))
      return mapped === undefined ? original : codingOf(mapped)
    },
    conceptText: (cell) => {
      const text = part(cell, 1)
      return text === undefined ? undefined : { text }
    },
    unitOf: (cell, run) => {
      const code = codeText(part(cell, 1))
      const unit = part(cell, 2) ?? code
      const system = systemOf(part(cell, 3), run)
      if (unit === undefined) return undefined
      return system === undefined || code === undefined ? { unit } : { unit, system, code }
    }
  }
}

/** What a table says, as a Coding. */
export function codingOf ({ system, code, display }: Coded): JsonObject {
  return defined({ system, code, display })
}

/** Of a system that everybody knows (SNOMED CT, LOINC): neither a table of HL7 v2, which ours translate, nor the hospital's. */
function isUniversal (coding: JsonObject | undefined): boolean {
  const system = coding?.['system']
  return typeof system === 'string' && !system.startsWith('urn:yiqiao:') && !system.startsWith('http://terminology.hl7.org/CodeSystem/v2-')
}

function isSameCode (original: JsonObject | undefined, mapped: Coded | undefined): boolean {
  return original !== undefined && mapped !== undefined && original['code'] === mapped.code && (original['system'] === undefined || original['system'] === mapped.system)
}

/** Without the elements that are undefined: FHIR JSON has no empty elements. */
export function defined (elements: JsonObject): JsonObject {
  const kept: JsonObject = {}
  for (const name of Object.keys(elements)) if (elements[name] !== undefined) kept[name] = elements[name]
  return kept
}

/** What the row's table says of a code; what it lacks is collected unless it speaks for itself, and the sender's own coding goes on. */
function codedBy ({ table, place }: Pick<Use, 'table' | 'place'>, code: string | undefined, run: Run, speaksForItself = false): Coded | undefined {
  if (table === null || code === undefined) return undefined
  const coded = table.find(code)
  if (coded === undefined && !speaksForItself) lacking(run, { table: table.name, code, place })
  return coded
}

/** The code a table gives, or nothing: for optional closed codes inside data types, whose unknown codes are collected. */
export function tableCode (table: CodeTable, text: string | undefined, run: Run, place: string): string | undefined {
  return codedBy({ table, place }, text, run)?.code
}

