import type { SegmentSource } from './source.ts'
import type { Columns } from './view-table.ts'

/**
 * A place in an HL7 v2 message as integrators write it: `PID-7`, `PV1-19.1`, `CX-4.2.1`, `PID-3[5=MR].1` (in PID-3 the
 * repetition whose 5th component is MR, of it the 1st component), or a whole segment: `OBX`.
 */
export interface Hl7Path {
  readonly text: string
  readonly segment: string
  /** 0: the whole segment. */
  readonly field: number
  readonly where: { readonly component: number, readonly subcomponent: number, readonly is: string } | null
  /** 0: the whole field. */
  readonly component: number
  /** 0: the whole component. */
  readonly subcomponent: number
}

const grammar = /^([A-Z][A-Z0-9]{2})(?:-(\d{1,3})(?:\[(\d{1,2})(?:\.(\d{1,2}))?=([^\]]*)\])?(?:\.(\d{1,2}))?(?:\.(\d{1,2}))?)?$/

const columnGrammar = /^([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?$/

/**
 * A path of either kind: of HL7 v2, or into a row of a view (`patients.patient_no`; `patients` is the whole row). A
 * column is resolved to its field number here, once, so that rows are read like segments. Null where the text is no
 * path or names no column that a table declares.
 */
export function parsePath (text: string, columns: Columns): Hl7Path | null {
  const found = columnGrammar.exec(text)
  if (found === null) return parseHl7Path(text)
  const [, view = '', column] = found
  const numbers = columns.get(view)
  const field = column === undefined ? 0 : numbers?.get(column)
  if (numbers === undefined || field === undefined) return null
  return { text, segment: view, field, where: null, component: 0, subcomponent: 0 }
}

/** Null where the text is no path. */
function parseHl7Path (text: string): Hl7Path | null {
  const found = grammar.exec(text)
  if (found === null) return null
  const [, segment = '', field, whereComponent, whereSubcomponent, is, component, subcomponent] = found
  return {
    text,
    segment,
    field: Number(field ?? 0),
    where: whereComponent === undefined ? null : { component: Number(whereComponent), subcomponent: Number(whereSubcomponent ?? 1), is: is ?? '' },
    component: Number(component ?? 0),
    subcomponent: Number(subcomponent ?? 0)
  }
}

/** One value in a message: a field's repetition, or one component of it that is itself composed. */
export interface Cell {
  readonly segment: SegmentSource
  /** 0: the whole segment. */
  readonly field: number
  readonly repetition: number
  /** 0: the whole repetition, so that parts are components; else parts are its subcomponents. */
  readonly component: number
  /** Only where the path names a subcomponent. */
  readonly subcomponent: number
}

/** Text of the n-th part, without surrounding blanks; undefined where absent, blank or deleted. */
export function part (cell: Cell, n: number): string | undefined {
  const text = cell.component === 0
    ? cell.segment.value(cell.field, cell.repetition, n, 1)
    : cell.subcomponent === 0
      ? cell.segment.value(cell.field, cell.repetition, cell.component, n)
      : n === 1 ? cell.segment.value(cell.field, cell.repetition, cell.component, cell.subcomponent) : undefined
  return filled(text)
}

/** Text of the m-th part of the n-th part; a component has no third level, so there only the first is there. */
export function partOfPart (cell: Cell, n: number, m: number): string | undefined {
  if (cell.component === 0) return filled(cell.segment.value(cell.field, cell.repetition, n, m))
  return m === 1 ? part(cell, n) : undefined
}

/** Whether the sender deleted the value on purpose (`""`). */
export function isDeleted (cell: Cell): boolean {
  return cell.segment.value(cell.field, cell.repetition, Math.max(cell.component, 1), Math.max(cell.subcomponent, 1)) === null
}

/** The n-th part as a cell of its own, e.g. the HD inside a CX. */
export function inner (cell: Cell, n: number): Cell {
  return { ...cell, component: n, subcomponent: 0 }
}

export function filled (text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || text === '') return undefined
  const first = text.charCodeAt(0)
  const last = text.charCodeAt(text.length - 1)
  if (first > 32 && last > 32 && first !== 0x3000 && last !== 0x3000) return text
  const trimmed = text.trim()
  return trimmed === '' ? undefined : trimmed
}

/** The repetitions a path means in a segment: those its discriminator chooses, or all. */
export function repetitionsOf (path: Hl7Path, segment: SegmentSource): readonly number[] {
  const count = segment.count(path.field)
  const { where } = path
  if (where === null) return count === 1 ? onlyFirst : Array.from({ length: count }, (_, index) => index + 1)
  const chosen: number[] = []
  for (let repetition = 1; repetition <= count; repetition++) {
    if (filled(segment.value(path.field, repetition, where.component, where.subcomponent)) === where.is) chosen.push(repetition)
  }
  return chosen
}

const onlyFirst: readonly number[] = [1]
