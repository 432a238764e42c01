/**
 * Writes mappings/base/code-tables/ig-*.json from the concept maps of the HL7 v2-to-FHIR guide 1.0.0 (content CC0-1.0).
 * By hand: `npx tsx deploy/generate/ig-code-tables.ts <folder of the guide's code system CSV files>`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { csvRows } from './csv-rows.ts'

interface Target { readonly code: string, readonly system?: string, readonly display?: string }

/** `PatientClass[EncounterStatus]` → `patient-class-encounter-status`. */
function tableName (sheet: string): string {
  return sheet.replace(/([a-z0-9])([A-Z])/g, '$1-$2').replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
}

/** Rows under a condition are left out: a table answers by the code alone. The first row of a code wins. */
function mapOf (rows: ReadonlyArray<readonly string[]>): Map<string, Target> {
  const map = new Map<string, Target>()
  for (const cells of rows.slice(2)) {
    // Some cells end in a no-break space that was decoded wrongly.
    const clean = cells.map((cell) => cell.replace(/[\u00a0\u00c2]/g, '').trim())
    const at = (column: number): string => clean[column] ?? ''
    const [from, condition, code, display, system] = [at(0), at(3) + at(4), at(6), at(8), at(9)]
    if (from === '' || code === '' || condition !== '' || map.has(from) || /\s/.test(from)) continue
    map.set(from, { code, ...(/^[a-z]+:\S+$/.test(system) ? { system } : {}), ...(display === '' ? {} : { display }) })
  }
  return map
}

/** One code per line: the files read and diff like the guide's own sheets. */
function print (table: string, sheet: string, map: ReadonlyMap<string, Target>): string {
  const systems = new Set([...map.values()].map(({ system }) => system))
  const head = { table, source: `HL7 v2-to-FHIR IG 1.0.0, ${sheet}, CC0-1.0`, ...(systems.size === 1 && !systems.has(undefined) ? { system: [...systems][0] } : {}) }
  const lines = Object.entries(head).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`)
  const codes = [...map].map(([code, target]) => `    ${JSON.stringify(code)}: ${JSON.stringify(target)}`)
  return `{\n${lines.join('\n')}\n  "map": {\n${codes.join(',\n')}\n  }\n}\n`
}

const [, , folder = ''] = argv
const target = join(import.meta.dirname, '../../mappings/base/code-tables')
for (const file of readdirSync(folder)) {
  const sheet = /^HL7 Concept Map_ (.+) - Sheet1\.csv$/.exec(file)?.[1]
  if (sheet === undefined) continue
  const map = mapOf(csvRows(readFileSync(join(folder, file), 'utf8')))
  const table = tableName(sheet)
  if (map.size > 0) writeFileSync(join(target, `ig-${table}.json`), print(table, sheet, map))
}
