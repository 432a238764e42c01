import type { Person } from './person.ts'

/** Looks at every byte that leaves by the log, and at what it is shown, for numbers of the persons. */
export interface Watch {
  readonly line: (line: string) => void
  readonly lines: () => number
  readonly found: () => readonly string[]
  readonly look: (where: string, text: string) => void
}

export function openWatch (persons: readonly Person[]): Watch {
  const all = persons.flatMap((person) => [person, ...person.guardian === null ? [] : [person.guardian]])
  const numbers = new Set(all.flatMap(({ phone, file }) => [phone, file.residentId ?? phone]))
  const names = new Set(all.map(({ file }) => file.name.join('')))
  const found: string[] = []
  let lines = 0
  const look = (where: string, text: string): void => {
    for (const [number] of text.matchAll(/\d{17}[\dX]|1380000\d{4}/g)) if (numbers.has(number)) found.push(`${where}: a number in clear`)
    for (const [words] of text.matchAll(/\p{Script=Han}{2,6}/gu)) if (names.has(words)) found.push(`${where}: a name in clear`)
  }
  return {
    line: (line) => {
      lines += 1
      look('log', line)
    },
    lines: () => lines,
    found: () => found,
    look
  }
}
