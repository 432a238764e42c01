/** How a connection to an outside system stands on this node. */
export interface ConnectionStatus {
  readonly state: 'starting' | 'up' | 'down' | 'paused'
  /** Business time. */
  readonly since: Date
  /** A code of the catalogue; null while it is up. */
  readonly code: string | null
  /** What is wrong and what to do, without personal data. */
  readonly detail: string | null
  /** When something last came or went. */
  readonly lastAt: Date | null
}
