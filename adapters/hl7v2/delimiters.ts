/** The separators a message declares in MSH-1 and MSH-2. An empty string means that the message has none of this kind. */
export interface Delimiters {
  readonly field: string
  readonly component: string
  readonly repetition: string
  readonly escape: string
  readonly subcomponent: string
  /** HL7 v2.7 and later; empty where MSH-2 does not declare it. */
  readonly truncation: string
}

export const standardDelimiters: Delimiters = {
  field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&', truncation: ''
}

/**
 * From MSH-1 and MSH-2. Old senders leave out what they do not use; the recommended character stands in, unless the
 * message uses that very character for something else (HL7 v2.5.1 §2.5.4).
 */
export function readDelimiters (field: string, declared: string): Delimiters {
  if (field === '|' && declared === '^~\\&') return standardDelimiters
  const taken = field + declared
  const orStandard = (character: string | undefined, standard: string): string => character ?? (taken.includes(standard) ? '' : standard)
  return {
    field,
    component: orStandard(declared[0], '^'),
    repetition: orStandard(declared[1], '~'),
    escape: orStandard(declared[2], '\\'),
    subcomponent: orStandard(declared[3], '&'),
    truncation: declared[4] ?? ''
  }
}

/** Segments whose first field is the separator itself, so that their numbering is one off (HL7 v2.5.1 §2.15.9.1). */
export function isHeaderName (name: string): boolean {
  return name === 'MSH' || name === 'BHS' || name === 'FHS'
}

/** Finds the declaration in a text; the first header counts. Without one, the recommended characters are taken. */
export function delimitersOf (text: string, headerStart: number): Delimiters {
  if (text.startsWith('MSH|^~\\&|', headerStart) || !isHeaderName(text.slice(headerStart, headerStart + 3))) return standardDelimiters
  const field = text.charAt(headerStart + 3)
  if (!isSeparator(field)) return standardDelimiters
  const rest = text.slice(headerStart + 4, headerStart + 10)
  const end = rest.search(new RegExp(`[\\r\\n${field === '|' ? '|' : `\\${field}`}]`))
  return readDelimiters(field, end < 0 ? rest : rest.slice(0, end))
}

/** Printable ASCII that is neither letter nor digit. */
export function isSeparator (character: string): boolean {
  const code = character.charCodeAt(0)
  return code > 0x20 && code < 0x7f && !isLetterOrDigit(code)
}

function isLetterOrDigit (code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}
