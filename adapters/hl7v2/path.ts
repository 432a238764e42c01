import { DomainError } from '../../core/errors.ts'

/** Where a subcomponent stands. All numbers count from 1, as the standard prints them. */
export interface Hl7Path {
  readonly segment: string
  readonly occurrence: number
  readonly field: number
  readonly repetition: number
  readonly component: number
  readonly subcomponent: number
}

/** `PID-3[2].4.1`, `OBX[3]-5`. What is left out is 1: a path always names one subcomponent. */
export function parsePath (path: string): Hl7Path {
  const reader = { path, at: 3 }
  const segment = path.slice(0, 3)
  const occurrence = readBracket(reader)
  const field = readAfter(reader, '-')
  const repetition = readBracket(reader)
  const component = path[reader.at] === '.' ? readAfter(reader, '.') : 1
  const subcomponent = path[reader.at] === '.' ? readAfter(reader, '.') : 1
  if (reader.at !== path.length || !isSegmentName(path)) throw malformed()
  return { segment, occurrence, field, repetition, component, subcomponent }
}

/** A capital letter and two capital letters or digits. By character codes: paths are read by the million. */
function isSegmentName (path: string): boolean {
  for (let at = 0; at < 3; at++) {
    const code = path.charCodeAt(at)
    const isCapital = code >= 0x41 && code <= 0x5a
    if (!isCapital && (at === 0 || code < 0x30 || code > 0x39)) return false
  }
  return true
}

interface Reader { readonly path: string, at: number }

function readBracket (reader: Reader): number {
  if (reader.path[reader.at] !== '[') return 1
  const number = readAfter(reader, '[')
  if (reader.path[reader.at] !== ']') throw malformed()
  reader.at++
  return number
}

/** A number from 1 to 999,999 behind the given character. */
function readAfter (reader: Reader, character: string): number {
  if (reader.path[reader.at] !== character) throw malformed()
  let number = 0
  let at = reader.at + 1
  for (; at < reader.path.length && at < reader.at + 7; at++) {
    const digit = reader.path.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) break
    number = number * 10 + digit
  }
  if (number === 0) throw malformed()
  reader.at = at
  return number
}

function malformed (): DomainError {
  return new DomainError('REQUEST_INVALID', 'Write an HL7 path as SEG[occurrence]-field[repetition].component.subcomponent, for example PID-3[2].4.1.')
}
