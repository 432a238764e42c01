/** 验证码. Six digits that prove that somebody holds a phone. Only fingerprints are kept, of the number and of the code. */
export interface SmsCode {
  readonly id: string
  readonly phoneKey: string
  readonly use: CodeUse
  /** Whom it is about, where the use is bound to a person: it proves nothing for anybody else. */
  readonly subject: string | null
  readonly codeKey: string
  /** Business time, as all of it. */
  readonly sentAt: Date
  readonly expiresAt: Date
  readonly tries: number
  readonly usedAt: Date | null
}

/**
 * session: log in or register. bind: the desk ties the account to a patient. ward: a ward's phone agrees to a guardian.
 * sign, terminate: a contract of pay after care. identify: somebody at a terminal is whom the phone belongs to.
 * doctor: a doctor who registers can be reached there.
 */
export type CodeUse = 'session' | 'bind' | 'ward' | 'sign' | 'terminate' | 'identify' | 'doctor'

/** Below what carriers allow for a number: one a minute, five an hour, ten in 24 hours (domain document §3.2). */
export const codeLimits = { livesMs: 300_000, tries: 5, apartMs: 60_000, inAnHour: 5, hourMs: 3_600_000, inADay: 10, dayMs: 86_400_000 } as const

/** When the next code may go to a phone, or null for now: one a minute, five in any hour and ten in any 24 hours. */
export function nextCodeAt (sentAt: readonly Date[], now: Date): Date | null {
  const { apartMs, inAnHour, hourMs, inADay, dayMs } = codeLimits
  const times = sentAt.map((at) => at.getTime()).filter((atMs) => atMs > now.getTime() - dayMs).sort((one, other) => other - one)
  const nextMs = Math.max(...[[1, apartMs], [inAnHour, hourMs], [inADay, dayMs]].map(([most = 1, windowMs = 0]) => (times[most - 1] ?? -Infinity) + windowMs))
  return nextMs > now.getTime() ? new Date(nextMs) : null
}

/** Whether a code can still be tried; only the newest of a phone and use ever is. */
export function isCodeOpen (code: SmsCode, now: Date): boolean {
  return code.usedAt === null && now < code.expiresAt && code.tries < codeLimits.tries
}
