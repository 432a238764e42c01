import { MappingError } from '../mapping-error.ts'
import { part, type Cell } from '../path.ts'
import { isTellable, lacking, leaveOut } from '../run.ts'
import type { Converter } from './converter.ts'

export const string: Converter = (cell) => part(cell, 1)

/** FHIR codes have no leading, trailing or doubled blanks. */
export function codeText (text: string | undefined): string | undefined {
  return text === undefined ? undefined : /\s/.test(text) ? text.replace(/\s+/g, ' ') : text
}

/** With a table: the table's code; a code that it lacks is refused, unless the row has a default. */
export const code: Converter = (cell, run, use) => {
  const found = codeText(part(cell, 1))
  if (found === undefined || use.table === null) return found
  const coded = use.table.find(found)
  if (coded !== undefined) return coded.code
  const lacks = { table: use.table.name, code: found, place: use.place }
  lacking(run, lacks)
  if (use.hasDefault) return leaveOut(run, use.place, `code is not in table ${use.table.name}`)
  throw new MappingError('MAPPING_CODE_UNKNOWN', `${use.place} has a code that table ${use.table.name} lacks; resolve it or add it to the site's table.`, use.place, { lacks: isTellable(found) ? lacks : null, unmapped: run.unmapped })
}

/** For elements that may stay away: a code that the table lacks is left out with a note. */
export const codeIfKnown: Converter = (cell, run, use) => code(cell, run, { ...use, hasDefault: true })

/** HL7 table 0136, or a table whose codes are true and false. */
export const boolean: Converter = (cell, run, use) => {
  const found = part(cell, 1)
  if (found === undefined) return undefined
  const said = use.table === null ? found.toUpperCase() : use.table.find(found)?.code
  if (use.table !== null && said === undefined) lacking(run, { table: use.table.name, code: found, place: use.place })
  if (said === 'Y' || said === 'true') return true
  if (said === 'N' || said === 'false') return false
  return leaveOut(run, use.place, 'neither yes nor no')
}

const decimalGrammar = /^[+-]?(\d+(\.\d*)?|\.\d+)$/

export function decimalOf (text: string | undefined): number | undefined {
  return text !== undefined && decimalGrammar.test(text) && text.length <= 18 ? Number(text) : undefined
}

export const decimal: Converter = (cell, run, use) => {
  const text = part(cell, 1)
  return text === undefined ? undefined : decimalOf(text) ?? leaveOut(run, use.place, 'no number')
}

export const positiveInt: Converter = (cell, run, use) => {
  const text = part(cell, 1)
  if (text === undefined) return undefined
  const value = decimalOf(text)
  return value !== undefined && Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : leaveOut(run, use.place, 'no whole number above zero')
}

export const unsignedInt: Converter = (cell, run, use) => part(cell, 1) === '0' ? 0 : positiveInt(cell, run, use)

/** Several free text components or repetitions, as one text. */
export const wholeText: Converter = (cell) => joined(cell)

export function joined (cell: Cell, separator = ' '): string | undefined {
  const words: string[] = []
  for (let n = 1; n <= 12; n++) {
    const word = part(cell, n)
    if (word !== undefined) words.push(word)
  }
  return words.length === 0 ? undefined : words.join(separator)
}
