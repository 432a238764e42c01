import type { ErrorCode } from '../core/errors.ts'
import type { UnmappedCode } from './mapping.ts'
import type { Origin } from './tables.ts'

export type MappingErrorCode = Extract<ErrorCode, `MAPPING_${string}` | 'MESSAGE_TYPE_UNKNOWN'>

interface About {
  readonly lacks?: UnmappedCode | null
  readonly unmapped?: readonly UnmappedCode[]
  readonly row?: Origin | null
}

/**
 * Why a message could not be mapped. `place` is an HL7 path or a FHIR element, never a value; the codes that tables
 * lack stand apart from the message, which may be logged.
 */
export class MappingError extends Error {
  readonly code: MappingErrorCode
  readonly place: string | undefined
  /** Of MAPPING_CODE_UNKNOWN the table and the code; null where it could be free text. */
  readonly lacks: UnmappedCode | null
  /** All that tables lacked up to here. */
  readonly unmapped: readonly UnmappedCode[]
  /** The row at work; only where origins were asked for. */
  readonly row: Origin | null

  constructor (code: MappingErrorCode, message: string, place?: string, { lacks = null, unmapped = [], row = null }: About = {}) {
    super(message)
    this.name = 'MappingError'
    this.code = code
    this.place = place
    this.lacks = lacks
    this.unmapped = unmapped
    this.row = row
  }
}
