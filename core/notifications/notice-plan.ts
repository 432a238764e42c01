import type { Calendar } from '../clock.ts'
import { addDays, type StartOfDay } from '../days.ts'
import type { NoticeTemplate } from '../notice.ts'
import type { Device, KeptNotice } from './ports.ts'
import { templates, type NoticeChannel } from './templates.ts'

/** 催收时段. Reminders of debts go from, and before, these hours of the business zone, `HH:MM`. */
export interface DunningHours {
  readonly from: string
  readonly until: string
}

export interface BusinessDays {
  readonly calendar: Calendar
  readonly startOfDay: StartOfDay
}

/** When a template may go: null for now, else the next opening of the hours (I-24). */
export function mayGoAt (template: NoticeTemplate, now: Date, { from, until }: DunningHours, { calendar, startOfDay }: BusinessDays): Date | null {
  if (!templates[template].isDunning && templates[template].isQuietAtNight !== true) return null
  const today = calendar(now)
  const at = (day: typeof today, time: string): Date => new Date(startOfDay(day).getTime() + minutesOf(time) * 60_000)
  if (now < at(today, from)) return at(today, from)
  return now < at(today, until) ? null : at(addDays(today, 1), from)
}

function minutesOf (time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}

/** How the person can be reached: all sealed. */
export interface Reach {
  readonly phone: string | null
  readonly devices: readonly Device[]
  readonly openid: string | null
}

/** The first channel that reaches the person and was not tried in vain; one that was begun goes on. */
export function nextChannel ({ template, tried, channel, state }: Pick<KeptNotice, 'template' | 'tried' | 'channel' | 'state'>, reach: Reach): NoticeChannel | null {
  const has: Readonly<Record<NoticeChannel, boolean>> = { sms: reach.phone !== null, push: reach.devices.length > 0, wechat: reach.openid !== null }
  const open = templates[template].channels.filter((each) => has[each] && !tried.includes(each))
  return open.find((each) => state === 'queued' && each === channel) ?? open[0] ?? null
}

/** Whether a notice may still be carried: sent, read and suppressed ones are done; an undelivered one may go another way. */
export const mayGoOn = ({ state }: Pick<KeptNotice, 'state'>): boolean => state === 'queued' || state === 'undelivered'

const minuteMs = 60_000
/** By business time, from one asking to the next; carriers are sure of a message after three days. */
const asksAfterMs: readonly number[] = [1, 5, 15, 60, 240, 480, 720, 1_440, 1_440].map((minutes) => minutes * minuteMs)

/** When to ask for a receipt again; null: it is given up. */
export function nextAsk (asks: number, now: Date): Date | null {
  const after = asksAfterMs[asks]
  return after === undefined ? null : new Date(now.getTime() + after)
}
