import { MappingError } from '../mapping-error.ts'
import type { Printed } from '../outbound-content.ts'
import { decimalText, invalid, leftOut, textAt, type Printer, type Printing } from './printer.ts'

/** Numbers and flags are printed as FHIR writes them. Line ends of all kinds become line feeds (`\.br\`). */
export const text: Printer = (value) => {
  if (typeof value === 'string') return value.replace(/\r\n?/g, '\n')
  if (typeof value === 'number') return decimalText(value)
  return typeof value === 'boolean' ? String(value) : undefined
}

/** The receiver's code for one of FHIR; refused where the table lacks it, unless the row has a default. */
export const code: Printer = (value, printing) => {
  const found = textAt(value)
  const { table, hasDefault, run, place } = printing
  if (found === undefined || table === null) return found
  const coded = table.find(found)
  if (coded !== undefined) return coded.code
  if (hasDefault) return leftOut(printing, `code is not in table ${table.name}`)
  run.refuse(new MappingError('MAPPING_CODE_UNKNOWN', `${place} has a code that outbound table ${table.name} lacks; add it to the site's outbound/code-tables.`, place))
  return undefined
}

export const codeIfKnown: Printer = (value, printing) => code(value, { ...printing, hasDefault: true })

/** HL7 table 0136. */
export const yesNo: Printer = (value) => typeof value === 'boolean' ? (value ? 'Y' : 'N') : undefined

/** Our number of a thing that the hospital has not numbered (EI), so that its answer can name it. */
export const ownNumber: Printer = (value, { run }) => {
  const id = textAt(value)
  return id === undefined ? undefined : [id, run.envelope.sendingApplication]
}

/** The same as CX: our number of a patient or a visit. */
export const ownPatientNumber: Printer = (value, printing) => ownCx(value, 'PI', printing)
export const ownVisitNumber: Printer = (value, printing) => ownCx(value, 'VN', printing)

function ownCx (value: unknown, type: string, { run }: Printing): Printed | undefined {
  const id = textAt(value)
  return id === undefined ? undefined : [id, '', '', [run.envelope.sendingApplication], type]
}

/** OBX-7: as it is told, else by its limits. */
export const referenceRange: Printer = (value) => {
  const [low, high] = [textAt(value, 'low', 'value'), textAt(value, 'high', 'value')]
  const limits = low !== undefined && high !== undefined ? `${low}-${high}` : low !== undefined ? `>=${low}` : high === undefined ? undefined : `<=${high}`
  return textAt(value, 'text') ?? limits
}

/** Money as FT1 has it (CP: amount and currency), exact to the fen. */
export const amount: Printer = (value, printing) => {
  const yuan = Number(textAt(value, 'value') ?? Number.NaN)
  const fen = Math.round(yuan * 100)
  if (!Number.isSafeInteger(fen) || fen / 100 !== yuan) return invalid(printing, 'is no whole number of fen')
  const size = String(Math.abs(fen)).padStart(3, '0')
  return [[`${fen < 0 ? '-' : ''}${size.slice(0, -2)}.${size.slice(-2)}`, textAt(value, 'currency') ?? 'CNY']]
}
