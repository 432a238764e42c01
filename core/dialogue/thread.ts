/** Who takes part. `id`: a patient record, a practitioner, a hospital; of support: `support`. */
export interface Party {
  readonly kind: 'patient' | 'doctor' | 'hospital' | 'support'
  readonly id: string
}

/**
 * 会话. One thread of messages in one order of business; text, pictures and events, numbered 1, 2, 3 … without a gap.
 * Its id is the id of what it is about (a consultation, an invitation, an after-sales request).
 */
export interface Thread {
  readonly id: string
  /** consultation | invitation | support: who hears of its messages (ThreadPurpose). */
  readonly purpose: string
  readonly hospitalId: string
  readonly parties: readonly Party[]
  readonly isOpen: boolean
  /** Number of its last message; 0: none yet. */
  readonly lastNumber: number
  readonly openedAt: Date
  readonly closedAt: Date | null
}

export interface Message {
  readonly threadId: string
  readonly number: number
  /** Null: the system tells of an event. */
  readonly by: Party | null
  /** The sender's own id of it: said twice is said once. */
  readonly clientId: string
  readonly kind: 'text' | 'picture' | 'event'
  /** Of an event: its code, e.g. `doctor_assigned`. */
  readonly text: string | null
  readonly attachmentId: string | null
  readonly at: Date
}

export const mostTextLength = 4_000

export function isSameParty (one: Party, other: Party): boolean {
  return one.kind === other.kind && one.id === other.id
}

/** Whoever asks, as far as it decides which party of a thread they are. */
export interface Asker {
  readonly role: string
  readonly personId: string | null
  readonly organizationId: string | null
  /** Own records and those of wards; empty for staff. */
  readonly patientIds: readonly string[]
}

/** The party of a thread that somebody speaks for; null: none. A guardian speaks for the ward. */
export function partyOf (asker: Asker, { parties }: Pick<Thread, 'parties'>): Party | null {
  return parties.find(({ kind, id }) => {
    switch (kind) {
      case 'patient': return asker.patientIds.includes(id)
      case 'doctor': return asker.role === 'doctor' && asker.personId === id
      case 'hospital': return asker.role === 'hospital' && asker.organizationId === id
      case 'support': return asker.role === 'support'
    }
  }) ?? null
}
