import type { Choice, JsonObject } from '../element-path.ts'
import { part, type Cell } from '../path.ts'
import { leaveOut, type Run } from '../run.ts'
import { parseTimestamp, dateTimeText } from '../time.ts'
import { attachment, attachmentLink } from './attachment.ts'
import { defined, type Codings } from './coding.ts'
import { period, timeOf } from './time.ts'
import { decimalOf, joined } from './text.ts'
import type { Converter, Use } from './converter.ts'

/**
 * OBX-5 by its type in OBX-2, as the IG's OBX[Observation] rows 6–33: one value[x]. A result is never lost for its
 * form: what is no number in an NM, no day in a DT, goes on as text.
 */
interface ObservationValues {
  readonly observationValue: Converter
  /** ED and RP have no value[x] in R4: the R5 extension's attachment. */
  readonly observationValueAttachment: Converter
}

type Read = (cell: Cell, run: Run, use: Use) => Choice | undefined

export function makeObservationValues (codings: Codings): ObservationValues {
  const unit = (cell: Cell, run: Run): JsonObject | undefined => codings.unitOf({ ...cell, field: 6, repetition: 1, component: 0, subcomponent: 0 }, run)
  const concept: Read = (cell, run) => chosen('CodeableConcept', codings.conceptOf(cell, run, null))

  const number: Read = (cell, run, use) => {
    const text = part(cell, 1)
    if (text === undefined) return undefined
    const value = decimalOf(text)
    if (value !== undefined) return { choice: 'Quantity', value: { value, ...unit(cell, run) } }
    leaveOut(run, use.place, 'no number, kept as text')
    return { choice: 'String', value: text }
  }

  const structured: Read = (cell, run) => structuredNumeric(cell, (elements) => ({ ...elements, ...unit(cell, run) }))

  const range: Read = (cell, run) => {
    const [low, high] = [decimalOf(part(cell, 1)), decimalOf(part(cell, 2))]
    const end = (value: number | undefined): JsonObject | undefined => value === undefined ? undefined : { value, ...unit(cell, run) }
    return low === undefined && high === undefined ? asText(cell) : { choice: 'Range', value: defined({ low: end(low), high: end(high) }) }
  }

  const byType: Readonly<Record<string, Read>> = {
    NM: number,
    SN: structured,
    NR: range,
    CE: concept,
    CWE: concept,
    CNE: concept,
    CF: concept,
    IS: concept,
    ID: concept,
    DR: (cell, run, use) => chosen('Period', period(cell, run, use)),
    DT: moment,
    DTM: moment,
    TS: moment,
    TM: (cell) => {
      const text = part(cell, 1)
      const time = text === undefined ? undefined : timeOf(text)
      return time === undefined ? asText(cell) : { choice: 'Time', value: time }
    },
    ED: () => undefined,
    RP: () => undefined
  }

  return {
    observationValue: (whole, run, use) => {
      const kind = whole.segment.value(2, 1, 1, 1) ?? 'ST'
      const count = whole.segment.count(5)
      const cell: Cell = { ...whole, field: 5, repetition: 1, component: 0 }
      if (count === 0) return undefined
      const read = byType[kind] ?? asText
      if (count > 1 && read === asText) return linesOf(whole, count)
      if (count > 1) leaveOut(run, use.place, 'more than one value, the first counts')
      return read(cell, run, use)
    },
    observationValueAttachment: (whole, run, use) => {
      const kind = whole.segment.value(2, 1, 1, 1)
      const cell: Cell = { ...whole, field: 5, repetition: 1, component: 0 }
      return kind === 'ED' ? attachment(cell, run, use) : kind === 'RP' ? attachmentLink(cell, run, use) : undefined
    }
  }
}

function asText (cell: Cell): Choice | undefined {
  return chosen('String', joined(cell))
}

function linesOf (whole: Cell, count: number): Choice | undefined {
  const lines: string[] = []
  for (let repetition = 1; repetition <= count; repetition++) lines.push(joined({ ...whole, field: 5, repetition, component: 0 }) ?? '')
  return chosen('String', lines.join('\n').trim() === '' ? undefined : lines.join('\n'))
}

const moment: Read = (cell, run) => {
  const text = part(cell, 1)
  const time = text === undefined ? null : parseTimestamp(text)
  return time === null ? asText(cell) : { choice: 'DateTime', value: dateTimeText(time, run.zone) }
}

/** SN: `>^100`, `1^-^5`, `1^:^128`; what is none of these goes on as text. */
function structuredNumeric (cell: Cell, quantity: (elements: JsonObject) => JsonObject): Choice | undefined {
  const [sign, separator] = [part(cell, 1), part(cell, 3)]
  const [first, second] = [decimalOf(part(cell, 2)), decimalOf(part(cell, 4))]
  const comparator = sign === undefined || sign === '=' ? undefined : comparatorOf(sign) ?? 'unknown'
  if (first === undefined || comparator === 'unknown') return asText(cell)
  if (second === undefined) return separator === undefined ? { choice: 'Quantity', value: quantity(defined({ value: first, comparator })) } : asText(cell)
  if (separator === ':' || separator === '/') return { choice: 'Ratio', value: { numerator: defined({ value: first, comparator }), denominator: { value: second } } }
  const isRange = separator === '-' && comparator === undefined
  return isRange ? { choice: 'Range', value: { low: quantity({ value: first }), high: quantity({ value: second }) } } : asText(cell)
}

function comparatorOf (text: string | undefined): string | undefined {
  return text === '<' || text === '<=' || text === '>' || text === '>=' ? text : undefined
}

function chosen (choice: string, value: unknown): Choice | undefined {
  return value === undefined ? undefined : { choice, value }
}
