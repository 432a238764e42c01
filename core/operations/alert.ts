/** One episode of trouble: told once when it opens and once when it is over, never a flood. */
export interface Alert {
  readonly id: string
  /** What is watched, e.g. `queue-age`, `source-silent:east`, `dead-letters:east`. One open alert per key. */
  readonly key: string
  readonly openedAt: Date
  readonly closedAt: Date | null
  /** Numbers and names of parts, no personal data. */
  readonly detail: string
}
