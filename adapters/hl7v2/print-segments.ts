import { type Delimiters, isHeaderName, standardDelimiters } from './delimiters.ts'
import { escapeText } from './escapes.ts'

/** A text to be escaped; `null` prints `""`, '' and undefined print nothing. */
type FieldText = string | null | undefined

/**
 * One field: a text, a list of components (each a text or a list of subcomponents), repetitions of these, or text
 * that carries its delimiters already (which is printed even where it is empty).
 */
export type FieldContent = FieldText | ComponentContents | { readonly repetitions: ReadonlyArray<FieldText | ComponentContents> } | { readonly raw: string }
export type ComponentContents = ReadonlyArray<FieldText | readonly FieldText[]>

export interface SegmentContent {
  readonly name: string
  /** By the standard's field numbers; MSH-1 and MSH-2 come from the delimiters. */
  readonly fields: Readonly<Record<number, FieldContent>>
}

/** Writes a message; every segment ends with CR. */
export function printSegments (segments: readonly SegmentContent[], delimiters: Delimiters = standardDelimiters): string {
  return segments.map((segment) => `${printSegment(segment, delimiters)}\r`).join('')
}

function printSegment ({ name, fields }: SegmentContent, delimiters: Delimiters): string {
  const { field, component, repetition, escape, subcomponent, truncation } = delimiters
  const isHeader = isHeaderName(name)
  let text = isHeader ? name + field + component + repetition + escape + subcomponent + truncation : name
  let last = isHeader ? 2 : 0
  for (const key of Object.keys(fields)) {
    const number = Number(key)
    const content = printField(fields[number], delimiters)
    if ((content === '' && !isRaw(fields[number])) || number <= (isHeader ? 2 : 0)) continue
    text += field.repeat(number - last) + content
    last = number
  }
  return text
}

function printField (content: FieldContent, delimiters: Delimiters): string {
  if (content === null || content === undefined || typeof content === 'string') return printText(content, delimiters)
  if ('raw' in content) return content.raw
  if ('repetitions' in content) return content.repetitions.map((one) => printRepetition(one, delimiters)).join(delimiters.repetition)
  return printRepetition(content, delimiters)
}

function isRaw (content: FieldContent): boolean {
  return typeof content === 'object' && content !== null && 'raw' in content
}

function printRepetition (content: FieldText | ComponentContents, delimiters: Delimiters): string {
  if (!isList(content)) return printText(content, delimiters)
  return joinValued(content.map((component) => !isList(component)
    ? printText(component, delimiters)
    : joinValued(component.map((text) => printText(text, delimiters)), delimiters.subcomponent)), delimiters.component)
}

function isList<Item> (content: FieldText | readonly Item[]): content is readonly Item[] {
  return Array.isArray(content)
}

/** Without delimiters behind the last valued part. */
function joinValued (parts: readonly string[], delimiter: string): string {
  const last = parts.findLastIndex((part) => part !== '')
  return parts.slice(0, last + 1).join(delimiter)
}

function printText (text: FieldText, delimiters: Delimiters): string {
  if (text === null) return '""'
  return text === undefined ? '' : escapeText(text, delimiters)
}
