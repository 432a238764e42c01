import { DomainError } from '../../core/errors.ts'

/** Changes the part with this number (from 1) and adds the delimiters that are missing before it. */
export function replacePart (text: string, delimiter: string, number: number, change: (part: string) => string): string {
  if (delimiter === '') {
    if (number === 1) return change(text)
    throw new DomainError('REQUEST_INVALID', 'The message declares no delimiter for this part of the path.')
  }
  let start = 0
  for (let passed = 1; passed < number; passed++) {
    const next = text.indexOf(delimiter, start)
    if (next < 0) return text + delimiter.repeat(number - passed) + change('')
    start = next + 1
  }
  const end = text.indexOf(delimiter, start)
  if (end < 0) return text.slice(0, start) + change(text.slice(start))
  return text.slice(0, start) + change(text.slice(start, end)) + text.slice(end)
}
