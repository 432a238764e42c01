import { fault } from './faults.ts'

export interface TextLine {
  /** From 1. */
  readonly number: number
  readonly text: string
}

const lineFeed = 0x0a
/** Far more than any format's line. */
const mostBytes = 65_536
const byteOrderMark = /^\ufeff/

/**
 * One line after the other, without blanks at its end, decoded as it comes: no copy of the whole is made. Both charsets
 * keep 0x0A for the line feed alone. Empty lines are counted and left out.
 */
export function * textLines (content: Uint8Array, charset: 'utf-8' | 'gb18030'): Iterable<TextLine> {
  const decoder = new TextDecoder(charset, { fatal: true, ignoreBOM: true })
  let number = 0
  for (let start = 0; start < content.length;) {
    number += 1
    const found = content.indexOf(lineFeed, start)
    const end = found === -1 ? content.length : found
    if (end - start > mostBytes) throw fault(number, 'it is longer than any line of a statement')
    const text = decoded(decoder, content.subarray(start, end), number).replace(byteOrderMark, '').trimEnd()
    if (text !== '') yield { number, text }
    start = end + 1
  }
}

function decoded (decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, number: number): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw fault(number, 'its bytes are not of the charset of the format')
  }
}

/** Cells of a delimited line: blanks around them go; a cell in double quotes may hold the delimiter, "" is a quote. */
export function cellsOf ({ number, text }: TextLine, delimiter: string): readonly string[] {
  if (!text.includes('"')) return text.split(delimiter).map((cell) => cell.trim())
  const cells: string[] = []
  let cell = ''
  let isQuoted = false
  for (let place = 0; place < text.length; place += 1) {
    const letter = text.charAt(place)
    if (isQuoted && letter === '"' && text.charAt(place + 1) === '"') { cell += '"'; place += 1 } else if (letter === '"') isQuoted = !isQuoted
    else if (letter === delimiter && !isQuoted) { cells.push(cell.trim()); cell = '' } else cell += letter
  }
  if (isQuoted) throw fault(number, 'a quote is not closed')
  return [...cells, cell.trim()]
}
