import { fen, type Fen } from '../../core/money.ts'
import { fault } from './faults.ts'
import type { TextLine } from './text-lines.ts'

/** Reads the cells of one line by the names of their columns. */
export interface Row {
  readonly number: number
  /** Null: there is no such column, or its cell is empty. */
  readonly text: (...names: readonly string[]) => string | null
  readonly needed: (...names: readonly string[]) => string
  /** Decimal yuan of two decimals at most. */
  readonly yuan: (...names: readonly string[]) => Fen
  /** 0 where the cell is empty or the column is not there. */
  readonly yuanOrZero: (...names: readonly string[]) => Fen
  /** Beijing time, `2026-03-02 10:15:30` or `20260302101530`. */
  readonly time: (...names: readonly string[]) => Date | null
}

/** The columns of a header, in any order; the first of several names that is there is meant. */
export function columnsOf (header: TextLine, names: readonly string[], needed: readonly string[]): (line: TextLine, cells: readonly string[]) => Row {
  const places = new Map<string, number>()
  names.forEach((name, place) => { if (!places.has(name)) places.set(name, place) })
  const missing = needed.find((name) => !name.split('|').some((one) => places.has(one)))
  if (missing !== undefined) throw fault(header.number, `the column ${missing} is missing`)
  return ({ number }, cells) => rowOf(number, (wanted) => {
    for (const name of wanted) {
      const place = places.get(name)
      if (place !== undefined) return cells[place] ?? ''
    }
    return ''
  })
}

function rowOf (number: number, cell: (names: readonly string[]) => string): Row {
  const text = (...names: readonly string[]): string | null => cell(names) || null
  const needed = (...names: readonly string[]): string => {
    const found = text(...names)
    if (found === null) throw fault(number, `the column ${names[0] ?? ''} is empty`)
    return found
  }
  return {
    number,
    text,
    needed,
    yuan: (...names) => yuanToFen(needed(...names), number, names),
    yuanOrZero: (...names) => {
      const found = text(...names)
      return found === null ? fen(0) : yuanToFen(found, number, names)
    },
    time: (...names) => {
      const found = text(...names)
      return found === null ? null : beijingTime(found, number, names)
    }
  }
}

/** A third decimal is refused unless it is zero: nobody knows which fen it means. Amounts of 12 digits are the largest. */
function yuanToFen (text: string, number: number, names: readonly string[]): Fen {
  const [, sign = '', whole = '', part = ''] = /^([+-]?)(\d{1,12})(?:\.(\d{1,8}))?$/.exec(text) ?? []
  if (whole === '') throw fault(number, `the column ${names[0] ?? ''} is no amount`)
  if (part.length > 2 && !isFee(names) || /[1-9]/.test(part.slice(2))) throw fault(number, `the column ${names[0] ?? ''} has more than two decimals`)
  return fen((sign === '-' ? -1 : 1) * (Number(whole) * 100 + Number(part.slice(0, 2).padEnd(2, '0'))) + 0)
}

/** Channels write fees with five decimals; the last three are zeros. */
const isFee = (names: readonly string[]): boolean => names.some((name) => name.includes('费'))

function beijingTime (text: string, number: number, names: readonly string[]): Date {
  const [, year, month, day, hour, minute, second] = /^(\d{4})[-/]?(\d{2})[-/]?(\d{2})[ T]?(\d{2}):?(\d{2}):?(\d{2})(?:\.\d{1,3})?$/.exec(text) ?? []
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`)
  if (Number.isNaN(at.getTime())) throw fault(number, `the column ${names[0] ?? ''} is no time`)
  return at
}

/** Compares what a summary says with what was read. */
export function agree (number: number, what: string, said: number, read: number): void {
  if (said !== read) throw fault(number, `its ${what} is not that of the lines before it`)
}

export function countOf (text: string | null, number: number): number {
  if (text === null || !/^\d{1,15}$/.test(text)) throw fault(number, 'its count is no number')
  return Number(text)
}
