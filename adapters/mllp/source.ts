/** One configured sender (SITE_CONFIG sources[] of kind mllp). */
export interface MllpSource {
  readonly name: string
  readonly hospitalId: string
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** Addresses or CIDR blocks that may connect; empty = all. */
  readonly peers: readonly string[]
  readonly tls: MllpTls | null
  /** Used where MSH-18 is empty (an HL7 table 0211 name or an iconv name). */
  readonly charset: string
  readonly mappingSite: string
  /** stored: AA says "on disk". applied: AA says "its effects are done". */
  readonly ack: 'stored' | 'applied'
  /** control_id_and_date: the HIS restarts its counter daily, so the MSH-7 date belongs to the key. */
  readonly keyRule: 'control_id' | 'control_id_and_date'
  readonly limits: MllpLimits
}

export interface MllpTls {
  readonly key: string
  readonly cert: string
  /** PEM of the authorities whose client certificates are let in; null = no client certificate is asked for. */
  readonly clientCa: string | null
}

export interface MllpLimits {
  readonly maxMessageBytes: number
  readonly maxConnections: number
  readonly idleTimeoutMs: number
  /** From the first byte of a frame to its last. */
  readonly messageTimeoutMs: number
  /** How long an `applied` answer waits. */
  readonly applyTimeoutMs: number
}
