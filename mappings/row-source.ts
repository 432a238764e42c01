import type { MessageSource, SegmentSource } from './source.ts'
import { viewPrefix, type ViewTable } from './view-table.ts'

/** Texts by our column names. null: the database says that there is nothing; absent: the view has no such column. */
export type ViewRow = Readonly<Record<string, string | null>>

/**
 * A row of a view as a message: a header of our own (type `view:<view>`, control id), then one segment, named like the
 * view, whose fields are the columns. A row is the whole truth of its columns, so NULL and blank say "deleted".
 */
export function rowSource ({ view, fields, columns }: ViewTable, { row, controlId }: { readonly row: ViewRow, readonly controlId: string }): MessageSource {
  const times = new Set(columns.filter(({ type }) => type === 'date' || type === 'time').map(({ name }) => name))
  const read = (name: string | undefined): string | null | undefined => {
    if (name === undefined || !Object.hasOwn(row, name)) return undefined
    const text = row[name] ?? ''
    if (text.trim() === '') return null
    return times.has(name) ? hl7Time(text) : text
  }
  const columnsAt = (field: number): readonly string[] => (fields[field - 1]?.of ?? []).filter((name) => Object.hasOwn(row, name))
  const segment: SegmentSource = {
    name: view,
    count: (field) => columnsAt(field).length > 0 ? 1 : 0,
    value: (field, repetition, component, subcomponent) =>
      repetition === 1 && subcomponent === 1 ? read(fields[field - 1]?.of[component - 1]) : undefined,
    raw: (field) => columnsAt(field).map((name) => row[name] ?? '').join('^')
  }
  return { segments: [headerOf(`${viewPrefix}${view}`, controlId), segment] }
}

function headerOf (type: string, controlId: string): SegmentSource {
  const texts: Readonly<Record<number, string>> = { 3: 'VIEWS', 9: type, 10: controlId }
  return {
    name: 'MSH',
    count: (field) => texts[field] === undefined ? 0 : 1,
    value: (field, repetition, component, subcomponent) => repetition === 1 && component === 1 && subcomponent === 1 ? texts[field] : undefined,
    raw: (field) => texts[field] ?? ''
  }
}

const isoTime = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/

/** ISO 8601 in the spelling of HL7, which the converters read; anything else stays as it is and is judged there. */
function hl7Time (text: string): string {
  const found = isoTime.exec(text.trim())
  if (found === null) return text
  const [, year, month, day, hour, minute, second = '00', fraction = '', offset = ''] = found
  if (hour === undefined) return `${year}${month}${day}`
  const zone = offset === 'Z' ? '+0000' : offset.replace(':', '')
  return `${year}${month}${day}${hour}${minute}${second}${/^\.0+$/.test(fraction) ? '' : fraction}${zone}`
}
