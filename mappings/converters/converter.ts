import type { CodeTable } from '../code-tables.ts'
import type { Cell } from '../path.ts'
import type { Run } from '../run.ts'

/** What a row tells its converter. */
export interface Use {
  /** The row's path, e.g. `PID-7`. */
  readonly place: string
  /** The row's code table. */
  readonly table: CodeTable | null
  /** An unknown code is replaced by the row's default, so it is no error. */
  readonly hasDefault: boolean
}

/** Turns one value of a message into a FHIR value; undefined where there is nothing to say. */
export type Converter = (cell: Cell, run: Run, use: Use) => unknown

/** Reads whole segments, in message order: what one value alone cannot tell. */
export type SegmentsConverter = (segments: readonly Cell[], run: Run, use: Use) => unknown

/** Finds a code table that a data type needs; a missing one is a fault of the tables. */
export type FindTable = (name: string) => CodeTable
