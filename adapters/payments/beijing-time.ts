/** All three channels write Beijing time, which is +08:00 the whole year, wherever the hospital's business zone lies. */
const aheadMs = 8 * 3_600_000

/** `2027-03-08T23:59:59+08:00`, the form of WeChat Pay. */
export function beijingInstant (at: Date): string {
  return `${shifted(at).slice(0, 19)}+08:00`
}

/** `2027-03-08 23:59:59`, the form of Alipay. */
export function beijingTime (at: Date): string {
  return shifted(at).slice(0, 19).replace('T', ' ')
}

/** `20270308235959`, the form of banks. */
export function beijingDigits (at: Date): string {
  return shifted(at).slice(0, 19).replaceAll(/[-T:]/g, '')
}

/** Reads any of the three; null where it is none. */
export function instantOf (text: string | undefined): Date | null {
  if (text === undefined) return null
  const found = /^(\d{4})-?(\d{2})-?(\d{2})[T ]?(\d{2}):?(\d{2}):?(\d{2})(?:\.\d{1,3})?(Z|[+-]\d{2}:\d{2})?$/.exec(text)
  if (found === null) return null
  const [, year, month, day, hour, minute, second, zone] = found
  const instant = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone ?? '+08:00'}`)
  return Number.isNaN(instant.getTime()) ? null : instant
}

function shifted (at: Date): string {
  return new Date(at.getTime() + aheadMs).toISOString()
}
