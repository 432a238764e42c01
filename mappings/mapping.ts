import type { RecordChange } from '../core/records/index.ts'
import type { StableId } from '../core/ids.ts'
import type { MessageSource } from './source.ts'
import type { RowOrigin } from './trace.ts'
import type { ViewTable } from './view-table.ts'

/** What the message is mapped for. */
export interface MappingContext {
  readonly hospitalId: string
  readonly stableId: StableId
  /** IANA zone of local times without offset. */
  readonly zone: string
  /** Fall-back for `asOf` and for required instants that the message lacks. */
  readonly receivedAt: Date
  /** Inbox message id, or the interface's name. */
  readonly source: string
  /**
   * Nothing is stored ($convert-data): what the message does not number is made all the same, under a key of the
   * message's own, instead of being refused or left out.
   */
  readonly isConversion?: boolean
  /** Told of each element which row made it, when the message is mapped. Without it nothing is gathered. */
  readonly origins?: (origin: RowOrigin) => void
}

export interface Mapped {
  /** In the order they must be applied: what is referred to comes first. References are `Type/id`. */
  readonly changes: readonly RecordChange[]
  /** The MessageHeader of the message; not stored. */
  readonly header: { readonly resourceType: 'MessageHeader', readonly id: string, readonly [element: string]: unknown }
  /** What no row read, e.g. `ZPI: no table`. */
  readonly notes: readonly string[]
  /** Codes that a table lacks, each once a table: the default, or the sender's own coding, went on instead. */
  readonly unmapped: readonly UnmappedCode[]
  readonly version: string
}

/** A code of the sender's that a table lacks; of what could be free text (see lacking) nothing is told but a note. */
export interface UnmappedCode {
  readonly table: string
  readonly code: string
  /** Where it stood, e.g. `PID-8`. */
  readonly place: string
}

/** Compiled tables of one site. */
export interface SiteMapping {
  readonly site: string
  readonly version: string
  /** Throws MappingError; never anything else. */
  readonly map: (message: MessageSource, context: MappingContext) => Mapped
  /** What the hospital's views must look like, by name: `patients`, … */
  readonly views: ReadonlyMap<string, ViewTable>
}
