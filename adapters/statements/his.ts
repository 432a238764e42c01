import { fen } from '../../core/money.ts'
import type { StatementItem } from '../../core/payments/index.ts'
import { agree, columnsOf, countOf, type Row } from './columns.ts'
import { fault } from './faults.ts'
import { cellsOf, textLines, type TextLine } from './text-lines.ts'

const kinds = ['charge', 'credit', 'adjustment', 'payment'] as const
const neededColumns = ['transaction_id', 'kind', 'amount']

/**
 * Day list of a hospital's own system, as docs/reconciliation.md has it: CSV with the columns transaction_id,
 * visit_number, kind, amount (yuan), ended by `#count,N`; or one JSON object a line with transactionId, visitNumber,
 * kind, amountFen, ended by `{"count":N}`. A credit counts against its day, whatever sign it is written with.
 */
export function * hisStatement (content: Uint8Array): Iterable<StatementItem> {
  let read: ((line: TextLine) => Fields) | null = null
  let lines = 0
  let isCounted = false
  let last = 0
  for (const line of textLines(content, 'utf-8')) {
    last = line.number
    if (isCounted) throw fault(line.number, 'it stands behind the count')
    const count = countIn(line)
    if (count !== null) {
      agree(line.number, 'count', count, lines)
      isCounted = true
    } else if (read === null) {
      const isJson = line.text.startsWith('{')
      read = isJson ? ofJson : ofCsv(line)
      if (isJson) { lines += 1; yield itemOf(line.number, read(line)) }
    } else { lines += 1; yield itemOf(line.number, read(line)) }
  }
  if (last > 0 && !isCounted) throw fault(last, 'the count is missing behind it')
}

interface Fields {
  readonly transactionId: unknown
  readonly kind: unknown
  readonly amountFen: unknown
}

function countIn ({ number, text }: TextLine): number | null {
  if (text.startsWith('#count')) return countOf(text.split(',')[1]?.trim() ?? null, number)
  if (!text.startsWith('{') || !text.includes('"count"')) return null
  const { count } = object(number, text)
  return countOf(typeof count === 'number' ? String(count) : null, number)
}

function ofCsv (header: TextLine): (line: TextLine) => Fields {
  const read = columnsOf(header, cellsOf(header, ','), neededColumns)
  return (line) => {
    const row: Row = read(line, cellsOf(line, ','))
    return { transactionId: row.needed('transaction_id'), kind: row.needed('kind'), amountFen: row.yuan('amount') }
  }
}

function ofJson ({ number, text }: TextLine): Fields {
  const { transactionId, kind, amountFen } = object(number, text)
  return { transactionId, kind, amountFen }
}

function object (number: number, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>
  } catch {
    // Told below, with its line.
  }
  throw fault(number, 'it is no JSON object')
}

function itemOf (line: number, { transactionId, kind: named, amountFen }: Fields): StatementItem {
  const kind = kinds.find((one) => one === named)
  if (kind === undefined) throw fault(line, 'its kind is none of charge, credit, adjustment, payment')
  if (typeof transactionId !== 'string' || transactionId === '' || transactionId.length > 200) throw fault(line, 'it has no transaction id')
  if (typeof amountFen !== 'number' || !Number.isSafeInteger(amountFen)) throw fault(line, 'its amount is no whole number of fen')
  return {
    line, kind, key: transactionId, isDone: true, amountFen: fen(kind === 'credit' ? 0 - Math.abs(amountFen) : amountFen), feeFen: fen(0),
    split: null, merchant: null, hospitalId: null, channelNumber: null, at: null
  }
}
