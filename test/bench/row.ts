import { availableParallelism, loadavg } from 'node:os'

/** One line of the goals table as measured here. */
export interface Measured {
  readonly what: string
  readonly value: string
  /** The goal of docs (architecture), or the bound or peer measured in the same run. */
  readonly against: string
  readonly isMet: boolean | null
}

export interface BenchRow {
  readonly name: string
  readonly run: (context: BenchContext) => Promise<readonly Measured[]>
}

export interface BenchContext {
  /** An empty folder on the disk that is measured. */
  readonly folder: string
  readonly progress: (text: string) => void
}

export interface Usage { readonly cpuMs: number, readonly wallMs: number }

/** A line that says how far wall times can be believed. */
export function otherWork (): Measured {
  return { what: 'load average of the machine meanwhile', value: loadavg()[0]?.toFixed(1) ?? '', against: `goals are for a quiet machine; this one has ${availableParallelism()} cores`, isMet: null }
}

/** CPU and wall time of this process while `work` runs. */
export async function usageOf (work: () => Promise<void> | void): Promise<Usage> {
  const cpu = process.cpuUsage()
  const from = performance.now()
  await work()
  const spent = process.cpuUsage(cpu)
  return { cpuMs: (spent.user + spent.system) / 1000, wallMs: performance.now() - from }
}

/** Calls per CPU second: warmed up, then the best of three rounds of about `roundMs`. */
export function ratePerCpuSecond (work: () => void, roundMs = 700): number {
  const loop = (ms: number): number => {
    const cpu = process.cpuUsage()
    const until = performance.now() + ms
    let calls = 0
    while (performance.now() < until) {
      for (let index = 0; index < 20; index++) work()
      calls += 20
    }
    const spent = process.cpuUsage(cpu)
    return calls / ((spent.user + spent.system) / 1e6)
  }
  loop(roundMs)
  return Math.max(loop(roundMs), loop(roundMs), loop(roundMs))
}

export const perSecond = (count: number): string => `${Math.round(count).toLocaleString('en')}/s`
export const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 3 : 0)} ms`
export function percentile (values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}
