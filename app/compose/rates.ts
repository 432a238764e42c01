/** How many came in the last minute, quarter of an hour and hour. */
export interface Rates {
  readonly minute: number
  readonly quarter: number
  readonly hour: number
}

export interface RateMeter {
  readonly count: (name: string) => void
  readonly of: (name: string) => Rates
}

const minutes = 60

/** Counts of this node, by real time, an hour back. Names are configured, so there are few. */
export function rateMeter (now: () => Date): RateMeter {
  const meters = new Map<string, { readonly counts: number[], readonly minuteOf: number[] }>()
  const minuteNow = (): number => Math.floor(now().getTime() / 60_000)
  return {
    count: (name) => {
      const meter = meters.get(name) ?? { counts: Array<number>(minutes).fill(0), minuteOf: Array<number>(minutes).fill(-1) }
      meters.set(name, meter)
      const minute = minuteNow()
      const place = minute % minutes
      meter.counts[place] = meter.minuteOf[place] === minute ? (meter.counts[place] ?? 0) + 1 : 1
      meter.minuteOf[place] = minute
    },
    of: (name) => {
      const meter = meters.get(name)
      const minute = minuteNow()
      const since = (back: number): number => meter === undefined ? 0 : meter.counts.reduce((sum, count, place) => (meter.minuteOf[place] ?? -1) > minute - back ? sum + count : sum, 0)
      return { minute: since(1), quarter: since(15), hour: since(minutes) }
    }
  }
}
