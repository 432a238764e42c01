/** The device: its credential and the name under which the hospital knows it. It acts for its own hospital only. */
export interface Terminal {
  readonly id: string
  readonly tokenId: string
  readonly hospitalId: string
}

/** 终端会话. One person's time at a terminal. When it ends, nothing of the person can be used there any more. */
export interface TerminalSession {
  readonly id: string
  readonly terminalId: string
  readonly tokenId: string
  readonly hospitalId: string
  readonly openedAt: Date
  /** When the terminal last said something in it. */
  readonly seenAt: Date
  readonly endedAt: Date | null
}
