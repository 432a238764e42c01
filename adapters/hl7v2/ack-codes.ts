import type { ErrorCode, ErrorKind } from '../../core/errors.ts'

/** Table 0008. A…: the application's answer or original mode; C…: the accept answer of enhanced mode. */
export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR'

/**
 * The one table from a refusal's kind to table 0008, for a message that could not be stored: E "correct it", R "it is
 * not taken, send it again".
 */
const codeByKind: Readonly<Record<ErrorKind, 'AE' | 'AR'>> = {
  invalid: 'AE',
  not_found: 'AE',
  conflict: 'AE',
  forbidden: 'AE',
  unavailable: 'AR'
}

export function ackCodeOf (kind: ErrorKind): 'AE' | 'AR' {
  return codeByKind[kind]
}

/** Rejected rather than in error, though stored. */
const rejected: ReadonlySet<string> = new Set<ErrorCode>(['MESSAGE_VERSION_UNSUPPORTED', 'MESSAGE_PROCESSING_ID_UNSUPPORTED'])

/** Once a message is stored, nothing is gained by sending it again: AE, and AR for version and processing id only. */
export function applicationCodeOf (code: string): 'AE' | 'AR' {
  return rejected.has(code) ? 'AR' : 'AE'
}

/** Table 0357 by kind, and for the codes that it has an entry of its own for. */
const conditionByKind: Readonly<Record<ErrorKind, string>> = {
  invalid: '207', not_found: '204', conflict: '205', forbidden: '207', unavailable: '207'
}
const conditionByCode: Readonly<Partial<Record<string, string>>> = {
  MESSAGE_MALFORMED: '100',
  MESSAGE_TOO_LARGE: '104',
  MESSAGE_UNDECODABLE: '102',
  MESSAGE_TYPE_UNKNOWN: '200',
  MESSAGE_PROCESSING_ID_UNSUPPORTED: '202',
  MESSAGE_VERSION_UNSUPPORTED: '203',
  MAPPING_VALUE_MISSING: '101',
  MAPPING_VALUE_INVALID: '102',
  MAPPING_CODE_UNKNOWN: '103'
} satisfies Partial<Record<ErrorCode, string>>

const conditionTexts: Readonly<Record<string, string>> = {
  100: 'Segment sequence error',
  101: 'Required field missing',
  102: 'Data type error',
  103: 'Table value not found',
  104: 'Value too long',
  200: 'Unsupported message type',
  202: 'Unsupported processing id',
  203: 'Unsupported version id',
  204: 'Unknown key identifier',
  205: 'Duplicate key identifier',
  207: 'Application internal error'
}

/** Code and text of table 0357. */
export function conditionOf (code: string, kind: ErrorKind): { readonly code: string, readonly text: string } {
  const condition = conditionByCode[code] ?? conditionByKind[kind]
  return { code: condition, text: conditionTexts[condition] ?? '' }
}
