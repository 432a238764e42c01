/**
 * Every refusal of the product, in one catalogue. Each code has one of five kinds; each protocol maps the kind once
 * (HTTP problem, FHIR OperationOutcome, HL7 ACK, job). docs/errors.md explains every code; a test compares the two.
 */
export type ErrorKind = 'invalid' | 'not_found' | 'conflict' | 'forbidden' | 'unavailable'

export const catalogue = {
  // inbox and mapping
  MESSAGE_UNDECODABLE: 'invalid',
  MESSAGE_MALFORMED: 'invalid',
  MESSAGE_TYPE_UNKNOWN: 'invalid',
  MESSAGE_VERSION_UNSUPPORTED: 'invalid',
  MESSAGE_PROCESSING_ID_UNSUPPORTED: 'invalid',
  MESSAGE_TOO_LARGE: 'invalid',
  MESSAGE_CONTROL_ID_REUSED: 'conflict',
  MESSAGE_STILL_QUEUED: 'unavailable',
  MESSAGE_NOT_FOUND: 'not_found',
  MESSAGE_NOT_REPAIRABLE: 'conflict',
  QUEUE_NOT_FOUND: 'not_found',
  SOURCE_NOT_FOUND: 'not_found',
  MAPPING_VALUE_MISSING: 'invalid',
  MAPPING_VALUE_INVALID: 'invalid',
  MAPPING_CODE_UNKNOWN: 'invalid',
  MAPPING_OUTPUT_INVALID: 'invalid',
  MAPPING_SITE_UNKNOWN: 'not_found',
  MAPPING_TABLE_UNKNOWN: 'not_found',
  UNMAPPED_CODE_NOT_FOUND: 'not_found',
  UNMAPPED_CODE_ALREADY_RESOLVED: 'conflict',
  UNMAPPED_CODE_NOT_RESOLVED: 'conflict',
  UNMAPPED_CODE_TARGET_INVALID: 'invalid',
  // records
  RECORD_NOT_FOUND: 'not_found',
  RECORD_SEARCH_INVALID: 'invalid',
  RECORD_INVALID: 'invalid',
  RECORD_ID_UNKNOWN: 'not_found',
  RECORD_VERSION_CHANGED: 'conflict',
  RECORD_NOT_UNIQUE: 'conflict',
  RECORD_REFERENCE_UNKNOWN: 'invalid',
  RECORD_HOSPITAL_UNKNOWN: 'invalid',
  REFERENCE_NOT_KNOWN_YET: 'unavailable',
  // access
  ACCESS_UNAUTHENTICATED: 'forbidden',
  ACCESS_DENIED: 'forbidden',
  CLIENT_NOT_FOUND: 'not_found',
  CODE_INVALID: 'invalid',
  ACCOUNT_BOUND: 'conflict',
  BINDING_REFUSED: 'invalid',
  SESSION_NOT_FOUND: 'not_found',
  WECHAT_NOT_CONFIGURED: 'not_found',
  WECHAT_STATE_INVALID: 'invalid',
  SCENE_NOT_FOUND: 'not_found',
  PROFILE_FACT_FIXED: 'invalid',
  GUARDIANSHIP_NOT_FOUND: 'not_found',
  WARD_OF_AGE: 'conflict',
  // identity
  PATIENT_NOT_FOUND: 'not_found',
  PATIENT_MERGE_WITH_ITSELF: 'invalid',
  PATIENT_MERGE_CIRCULAR: 'conflict',
  PATIENT_NOT_MERGED: 'conflict',
  READING_NOT_FOUND: 'not_found',
  // vital signs and advice
  VITAL_UNIT_UNKNOWN: 'invalid',
  VITAL_IMPLAUSIBLE: 'invalid',
  ADVICE_NOT_FOUND: 'not_found',
  // faces and terminals
  TERMINAL_SESSION_NOT_FOUND: 'not_found',
  CHALLENGE_NOT_FOUND: 'not_found',
  IDENTIFICATION_NOT_FOUND: 'not_found',
  IDENTIFICATION_DECIDED: 'conflict',
  FACE_CONSENT_NEEDED: 'invalid',
  FACE_REVIEW_NOT_FOUND: 'not_found',
  FACE_REVIEW_DECIDED: 'conflict',
  FACE_INDEX_LOADING: 'unavailable',
  // appointments
  SLOT_NOT_FOUND: 'not_found',
  SCHEDULE_NOT_FOUND: 'not_found',
  SLOT_FULL: 'conflict',
  SLOT_OVER: 'conflict',
  SLOT_NOT_BOOKABLE: 'conflict',
  SLOT_NOT_OURS: 'conflict',
  SLOT_OVERLAPS: 'conflict',
  SLOT_HAS_SEATS: 'conflict',
  APPOINTMENT_NOT_FOUND: 'not_found',
  APPOINTMENT_STANDS: 'conflict',
  APPOINTMENT_OVERLAPS: 'conflict',
  APPOINTMENT_HOLD_OVER: 'conflict',
  APPOINTMENT_TOO_LATE: 'conflict',
  APPOINTMENT_MOVES_USED: 'conflict',
  APPOINTMENT_STATE_REFUSED: 'conflict',
  WAIT_NOT_FOUND: 'not_found',
  WAIT_STANDS: 'conflict',
  WAIT_LINE_FULL: 'conflict',
  // visits and ledger
  VISIT_NOT_FOUND: 'not_found',
  VISIT_CANCELLED: 'conflict',
  CHARGE_ALREADY_POSTED: 'conflict',
  CHARGE_CREDIT_DIFFERS: 'conflict',
  ENTRY_UNBALANCED: 'invalid',
  ENTRY_ALREADY_POSTED: 'conflict',
  ENTRY_ALREADY_REVERSED: 'conflict',
  ENTRY_NOT_FOUND: 'not_found',
  ENTRY_NOT_REVERSIBLE: 'conflict',
  // pay after care
  CONTRACT_NOT_FOUND: 'not_found',
  CONTRACT_STANDS: 'conflict',
  CONTRACT_NOT_TERMINABLE: 'conflict',
  CONTRACT_NOT_IN_FORCE: 'conflict',
  AGREEMENT_NOT_FOUND: 'not_found',
  AGREEMENT_CHANGED: 'conflict',
  NOT_ELIGIBLE: 'invalid',
  ELIGIBILITY_CHECK_NOT_FOUND: 'not_found',
  BILL_NOT_FOUND: 'not_found',
  BILL_AMOUNT_INVALID: 'invalid',
  BILL_NOT_OVERDUE: 'conflict',
  HOLD_NOT_FOUND: 'not_found',
  DECISION_NOT_FOUND: 'not_found',
  DECISION_NEEDS_ANOTHER_PERSON: 'forbidden',
  DECISION_MADE: 'conflict',
  DISPUTE_NOT_FOUND: 'not_found',
  DISPUTE_ANSWERED: 'conflict',
  // payments
  PAYMENT_NOT_FOUND: 'not_found',
  PAYMENT_AMOUNT_INVALID: 'invalid',
  PAYMENT_CHANNEL_UNAVAILABLE: 'unavailable',
  PAYMENT_NOT_PAYABLE: 'conflict',
  REFUND_NOT_FOUND: 'not_found',
  REFUND_EXCEEDS_PAYMENT: 'conflict',
  STATEMENT_INVALID: 'invalid',
  STATEMENT_NOT_FOUND: 'not_found',
  RECONCILIATION_NOT_FOUND: 'not_found',
  DISCREPANCY_NOT_FOUND: 'not_found',
  DAY_NOT_CLOSABLE: 'conflict',
  // notifications
  NOTICE_NOT_FOUND: 'not_found',
  DEVICE_NOT_FOUND: 'not_found',
  // credit feed
  FEED_FILE_NOT_FOUND: 'not_found',
  FEED_ACK_INVALID: 'invalid',
  EPISODE_NOT_FOUND: 'not_found',
  EPISODE_NOT_RELEASABLE: 'conflict',
  // vouchers
  VOUCHER_NOT_FOUND: 'not_found',
  VOUCHER_STATE_REFUSED: 'conflict',
  VOUCHER_NOT_IN_TIME: 'conflict',
  VOUCHER_REBOOKINGS_USED: 'conflict',
  VOUCHER_BOOKED_ELSEWHERE: 'conflict',
  VOUCHER_OF_ANOTHER_PERSON: 'conflict',
  VOUCHER_NOT_FOR_HOSPITAL: 'conflict',
  VOUCHER_CODE_REFUSED: 'invalid',
  VOUCHER_NONE_LEFT: 'conflict',
  VOUCHER_LIMIT_REACHED: 'conflict',
  VOUCHER_GROUP_CONTRADICTED: 'conflict',
  VOUCHER_BATCH_NOT_FOUND: 'not_found',
  VOUCHER_BATCH_SHORT: 'conflict',
  VOUCHER_BATCH_RECALLED: 'conflict',
  VOUCHER_CAMPAIGN_NOT_FOUND: 'not_found',
  VOUCHER_PARTY_INACTIVE: 'forbidden',
  VOUCHER_USE_NOT_FOUND: 'not_found',
  VOUCHER_USE_STATE_REFUSED: 'conflict',
  // codes of vouchers
  VOUCHER_CODE_NOT_THERE: 'conflict',
  DENY_LIST_TOO_LARGE: 'unavailable',
  OFFLINE_USE_NOT_FOUND: 'not_found',
  OFFLINE_USE_SETTLED: 'conflict',
  // requests
  REQUEST_INVALID: 'invalid',
  IDEMPOTENCY_KEY_REUSED: 'invalid',
  IDEMPOTENCY_KEY_IN_USE: 'conflict',
  CLOCK_NOT_FORWARD: 'conflict',
  JOB_NOT_FOUND: 'not_found',
  BACKUP_IMPOSSIBLE: 'unavailable',
  BACKUP_INVALID: 'invalid',
  RESTORE_REFUSED: 'conflict',
  // outside parties that answer no
  OUTSIDE_REFUSED: 'invalid',
  OUTBOUND_NOT_FOUND: 'not_found',
  OUTBOUND_NOT_REPAIRABLE: 'conflict',
  // views of a hospital
  VIEW_NAME_INVALID: 'invalid',
  VIEW_NOT_FOUND: 'unavailable',
  VIEW_COLUMN_MISSING: 'unavailable',
  VIEW_COLUMN_CHANGED: 'unavailable',
  VIEW_KEY_AMBIGUOUS: 'unavailable',
  VIEW_FORBIDDEN: 'unavailable',
  VIEW_LOGIN_REFUSED: 'unavailable',
  VIEW_SERVER_UNREACHABLE: 'unavailable',
  VIEW_SLOW: 'unavailable',
  VIEW_BUSY: 'unavailable',
  VIEW_UNREADABLE: 'unavailable',
  // parts that are not there now
  FACE_ENGINE_UNAVAILABLE: 'unavailable',
  STORE_UNAVAILABLE: 'unavailable',
  STORE_WRITE_CONFLICT: 'unavailable',
  OUTSIDE_UNAVAILABLE: 'unavailable',
  OUTSIDE_DOWN: 'unavailable',
  OUTSIDE_FAILED: 'unavailable'
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof catalogue

/**
 * A refusal. `message` says what to do next and never carries personal data; `place` names where in the input
 * (an HL7 path or a FHIR element), never its value.
 */
export class DomainError extends Error {
  readonly code: ErrorCode
  readonly kind: ErrorKind
  readonly place: string | undefined
  /** Where more than one thing stands in the way: a code for each, all of them. */
  readonly reasons: readonly string[] | undefined

  constructor (code: ErrorCode, message: string, place?: string, reasons?: readonly string[]) {
    super(message)
    this.name = 'DomainError'
    this.code = code
    this.kind = catalogue[code]
    this.place = place
    this.reasons = reasons
  }
}
