/** 验证码. Six digits that prove that somebody holds a phone. Only fingerprints are kept, of the number and of the code. */
export interface SmsCode {
  readonly id: string
  readonly phoneKey: string
  readonly use: CodeUse
  readonly codeKey: string
  /** Business time, as all of it. */
  readonly sentAt: Date
  readonly expiresAt: Date
  readonly tries: number
  readonly usedAt: Date | null
}

/** session: log in or register. bind: the desk ties the account to a patient. ward: a ward's phone agrees to a guardian. */
export type CodeUse = 'session' | 'bind' | 'ward'

export const codeLimits = { livesMs: 300_000, tries: 5, apartMs: 60_000, inADay: 10, dayMs: 86_400_000 } as const

/** When the next code may go to a phone, or null for now: one a minute and ten in any 24 hours. */
export function nextCodeAt (sentAt: readonly Date[], now: Date): Date | null {
  const { apartMs, inADay, dayMs } = codeLimits
  const times = sentAt.map((at) => at.getTime()).filter((atMs) => atMs > now.getTime() - dayMs).sort((one, other) => other - one)
  const [newest] = times
  const tenth = times[inADay - 1]
  const nextMs = Math.max(newest === undefined ? 0 : newest + apartMs, tenth === undefined ? 0 : tenth + dayMs)
  return nextMs > now.getTime() ? new Date(nextMs) : null
}

/** Whether a code can still be tried; only the newest of a phone and use ever is. */
export function isCodeOpen (code: SmsCode, now: Date): boolean {
  return code.usedAt === null && now < code.expiresAt && code.tries < codeLimits.tries
}
