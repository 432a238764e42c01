import type { CodeTableFile } from './code-tables.ts'
import type { Condition, Row } from './row.ts'
import type { GroupTable } from './groups.ts'
import type { ColumnTable } from './view-table.ts'

/** A resource that a message makes. */
export interface ResourceTable {
  /** How rows refer to it; the resource type where it is not said. */
  readonly alias?: string
  readonly resource: string
  /** One for each segment of that name (`OBX`), each repetition of a field (`IN1-3`), or each group (`order`). */
  readonly per: string
  /** Row files in segments/. */
  readonly rows: readonly string[]
  /** It is only mentioned here: its facts fill what is absent. */
  readonly weak?: boolean
  readonly when?: Readonly<Record<string, Condition>>
  /** Two of one key in a message are two things (lines of text under one code), told apart by number. */
  readonly numbered?: boolean
  /** Left out with a note, instead of refusing the message, where a required element is absent. */
  readonly optional?: boolean
  readonly drop?: boolean
  readonly note?: string
}

/** A message structure, messages/*.json. */
export interface MessageTable {
  readonly table: string
  /** `ADT^A01`, … */
  readonly serves: readonly string[]
  /** Of a view's rows: its name in paths, and its columns. */
  readonly view?: string
  readonly columns?: readonly ColumnTable[]
  /** When the facts were so: the first filled path with a time of day. */
  readonly asOf?: readonly string[]
  readonly groups?: Readonly<Record<string, GroupTable>>
  /** Paths whose codes decide what is made: each must be in its table. */
  readonly expects?: Readonly<Record<string, string>>
  /** Aliases for MessageHeader.focus. */
  readonly focus?: readonly string[]
  /** Segments left unread on purpose, so no note is made of them. */
  readonly ignores?: readonly string[]
  readonly resources: readonly ResourceTable[]
  readonly note?: string
}

/** The JSON files of a folder as they stand, by name without `.json`. */
export interface TableFiles {
  readonly messages: Readonly<Record<string, unknown>>
  readonly segments: Readonly<Record<string, unknown>>
  readonly codeTables: Readonly<Record<string, unknown>>
}

/** A site's folder: what it reads differently, and in outbound/ what it writes differently. */
interface SiteFiles extends TableFiles {
  readonly outbound?: TableFiles
}

export interface MappingSources {
  readonly base: TableFiles
  readonly sites: Readonly<Record<string, SiteFiles>>
  /** outbound/: from FHIR to messages. */
  readonly outbound?: TableFiles
  /** facts/*.json. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** Where a row stands, for faults, for the printed table and for the origin of an element. */
export interface Origin {
  readonly file: string
  /** From 1. */
  readonly row: number
  readonly isSite: boolean
}

export interface Resolved<Each> {
  readonly row: Each
  readonly origin: Origin
}

export type ResolvedRow = Resolved<Row>

/** Base and site put together. */
export interface ResolvedTables {
  readonly site: string
  readonly messages: ReadonlyArray<{ readonly name: string, readonly table: MessageTable, readonly isSite: boolean }>
  readonly segments: ReadonlyMap<string, readonly ResolvedRow[]>
  /** With the operator's codes. */
  readonly codeTables: ReadonlyMap<string, CodeTableFile>
  readonly codeTableOrigins: ReadonlyMap<string, CodeTableOrigin>
}

/** What an operator decided about a code that a table of the site lacks. */
export interface OperatorCode {
  readonly table: string
  readonly code: string
  readonly to: { readonly code: string, readonly system: string | null, readonly display: string | null }
}

export interface CodeTableOrigin {
  readonly file: string
  readonly isSite: boolean
  /** Codes of the table that an operator resolved: they come before the file's. */
  readonly byOperator: ReadonlySet<string>
}
