import type { CodeTable } from '../code-tables.ts'
import type { FindTable } from '../converters/converter.ts'
import { isObject } from '../element-path.ts'
import { decoded } from './identifier.ts'
import { textAt, type Printer } from './printer.ts'

export interface CodingPrinters {
  /** CodeableConcept, Coding or text → CWE, with a table: its code first, then what the sender said. */
  readonly cwe: Printer
  /** The unit of a Quantity, OBX-6. */
  readonly unit: Printer
}

export function makeCodingPrinters (findTable: FindTable): CodingPrinters {
  const systemNames = findTable('coding-system-names')

  /** A URI as HL7 table 0396 names it; what it does not name stays a URI. */
  function nameOf (system: string | undefined, hospitalId: string): string | undefined {
    if (system === undefined) return undefined
    const known = systemNames.find(system)
    if (known !== undefined) return known.code
    const table = /^http:\/\/terminology\.hl7\.org\/CodeSystem\/v2-(\d{4})$/.exec(system)
    if (table !== null) return `HL7${table[1]}`
    const own = `urn:yiqiao:hospital:${hospitalId}:codes:`
    if (system.startsWith(own)) return decoded(system.slice(own.length))
    return system.startsWith('urn:oid:') ? system.slice('urn:oid:'.length) : system
  }

  return {
    cwe: (value, { run, table }) => {
      if (typeof value === 'string') return ['', value]
      if (!isObject(value)) return undefined
      const codings = Array.isArray(value['coding']) ? value['coding'] as unknown[] : 'code' in value || 'display' in value ? [value] : []
      const text = textAt(value, 'text')
      const [first, second] = inOrder(codings, table)
      if (first === undefined) return text === undefined ? undefined : ['', text]
      const name = ({ system }: Coded): string | undefined => nameOf(system, run.envelope.hospitalId)
      const other: ReadonlyArray<string | undefined> = second === undefined ? ['', '', ''] : [second.code, second.display, name(second)]
      return [first.code, first.display, first.name ?? name(first), ...other, first.version, second?.version, text]
    },
    unit: (value, { run }) => {
      const [unit, code] = [textAt(value, 'unit'), textAt(value, 'code')]
      if (code === undefined || textAt(value, 'system') === undefined) return unit ?? code
      return [code, unit, nameOf(textAt(value, 'system'), run.envelope.hospitalId)]
    }
  }
}

interface Coded {
  readonly code: string | undefined
  readonly system: string | undefined
  readonly display: string | undefined
  readonly version: string | undefined
  /** The table's own name of the coding system. */
  readonly name?: string | undefined
}

function inOrder (codings: readonly unknown[], table: CodeTable | null): readonly Coded[] {
  const told = codings.filter(isObject).map((coding): Coded => ({
    code: textAt(coding, 'code'),
    system: textAt(coding, 'system'),
    display: textAt(coding, 'display'),
    version: textAt(coding, 'version')
  }))
  const hit = table === null ? undefined : told.find(({ code }) => code !== undefined && table.find(code) !== undefined)
  const mapped = hit === undefined ? undefined : table?.find(hit.code ?? '')
  if (hit === undefined || mapped === undefined) return told
  const same = told.find((each) => each !== hit && each.code === mapped.code)
  const first = same ?? { code: mapped.code, system: undefined, display: mapped.display, version: undefined, name: mapped.system }
  return [first, ...told.filter((each) => each !== hit && each !== same)]
}
