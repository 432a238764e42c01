/** 07:30 to 18:00 of one day in Beijing. */
export interface BusinessDay {
  readonly date: string
  /** `YYMMDD`, for numbers that begin anew every day. */
  readonly tag: string
  readonly at: (minute: number) => Date
}

export const businessMinutes = 630

export function businessDay (date: string): BusinessDay {
  const opens = Date.parse(`${date}T07:30:00+08:00`)
  return {
    date,
    tag: date.replaceAll('-', '').slice(2),
    at: (minute) => new Date(opens + minute * 60_000)
  }
}
