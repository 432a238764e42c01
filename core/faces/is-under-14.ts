import type { CalendarDate } from '../clock.ts'

/** From the 14th birthday on a person consents for themselves (个人信息保护法 art. 31). */
export function isUnder14 (birthDate: string, today: CalendarDate): boolean {
  return `${Number(birthDate.slice(0, 4)) + 14}${birthDate.slice(4)}` > today
}
