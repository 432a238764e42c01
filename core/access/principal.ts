export const roles = ['patient', 'guardian', 'doctor', 'pharmacist', 'support', 'reviewer', 'desk', 'community', 'hospital', 'terminal',
  'bureau', 'finance', 'operator', 'auditor', 'administrator', 'integrator'] as const
export type Role = typeof roles[number]

/** Who is calling, found by the bearer token. */
export interface Principal {
  readonly tokenId: string
  readonly role: Role
  /** The person (any of the person's patient ids), for patients, guardians and staff. */
  readonly personId: string | null
  /** The hospital or other organization the caller belongs to; null = none. */
  readonly organizationId: string | null
  /** What the token is narrowed to (scopes.ts); null = all that its role may. */
  readonly scopes: readonly string[] | null
  /** The integrator's client that holds the token. */
  readonly clientId?: string
  /** Only with `clientId`: whose statements its writes are. */
  readonly speaksFor?: SpeaksFor
  /** The account of a patient who logged in. */
  readonly accountId?: string
}

/** hospital: what the client writes, the hospital knows already. app: it is made here, so it goes out to the hospital. */
export type SpeaksFor = 'hospital' | 'app'

export interface Token extends Principal {
  /** The session that the token belongs to and ends with. */
  readonly sessionId?: string
  /** SHA-256 of the token, hex. The token itself is shown once and never kept. */
  readonly tokenHash: string
  readonly createdAt: Date
  /** Real time, not business time. */
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

/** One read or write of personal data, or a refusal of one. Ids only. */
export interface AuditEvent {
  readonly id: string
  readonly at: Date
  readonly tokenId: string | null
  readonly role: Role | null
  readonly personId: string | null
  readonly action: 'read' | 'search' | 'write' | 'operate'
  /** e.g. `Patient`, `message`, `ledger`. */
  readonly target: string
  readonly targetId: string | null
  readonly patientId: string | null
  readonly outcome: 'allowed' | 'refused'
  readonly requestId: string
}
