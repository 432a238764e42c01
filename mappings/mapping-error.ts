import type { ErrorCode } from '../core/errors.ts'

export type MappingErrorCode = Extract<ErrorCode, `MAPPING_${string}` | 'MESSAGE_TYPE_UNKNOWN'>

/** Why a message could not be mapped. `place` is an HL7 path or a FHIR element, never a value. */
export class MappingError extends Error {
  readonly code: MappingErrorCode
  readonly place: string | undefined

  constructor (code: MappingErrorCode, message: string, place?: string) {
    super(message)
    this.name = 'MappingError'
    this.code = code
    this.place = place
  }
}
