import { minutesAfter, type ConsultationSettings } from './settings.ts'

/** 在线. What a doctor's app has said last; without a new word it is over after a while. */
export interface Presence {
  readonly doctorId: string
  readonly isOnline: boolean
  readonly seenAt: Date
}

export function isOnlineNow ({ isOnline, seenAt }: Presence, { onlineMinutes }: Pick<ConsultationSettings, 'onlineMinutes'>, now: Date): boolean {
  return isOnline && now < minutesAfter(seenAt, onlineMinutes)
}
