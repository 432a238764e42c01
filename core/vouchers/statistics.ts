import type { Count, StatisticsFilter, StatisticsKey, VoucherStatisticsStore } from './office-ports.ts'
import type { VoucherState } from './voucher.ts'

/** 统计 (V-08): how many went through each step, and how many stand where. */
export interface VoucherFigures {
  readonly generated: number
  readonly sent: number
  readonly converted: number
  readonly issued: number
  readonly booked: number
  readonly used: number
  readonly examined: number
  /** Redemptions; those that were rolled back are taken off. */
  readonly redeemed: number
  readonly rolledBack: number
  readonly voided: number
  readonly expired: number
  /** 作废数量 of the seed: by decision and by time. */
  readonly voidedOrExpired: number
  readonly unsent: number
  readonly unconverted: number
  /** In a person's hand: neither booked, in use, nor over. */
  readonly live: number
}

/** Figures of the whole where nothing was counted are all zero. */
export function figuresOf (counts: readonly Count[]): VoucherFigures {
  const done = (what: Count['what']): number => sum(counts.filter((count) => count.what === what))
  const standing = (state: VoucherState): number => sum(counts.filter(({ to }) => to === state)) - sum(counts.filter(({ from }) => from === state))
  const [voided, expired, rolledBack] = [done('voided'), done('expired'), done('rolled_back')]
  return {
    generated: done('generated'), sent: done('sent'), converted: done('converted'), issued: done('issued'), booked: done('booked'), used: done('used'), examined: done('examined'),
    redeemed: done('redeemed') - rolledBack, rolledBack, voided, expired, voidedOrExpired: voided + expired,
    unsent: done('generated') - done('sent'), unconverted: done('sent') - done('converted'), live: standing('issued')
  }
}

const sum = (counts: readonly Count[]): number => counts.reduce((total, { count }) => total + count, 0)

export interface StatisticsRow {
  readonly key: string | null
  readonly figures: VoucherFigures
}

/** Of the whole, and of each key: a step that belongs to no hospital or community yet is under null. */
export async function statisticsOf ({ voucherStatistics }: { readonly voucherStatistics: Pick<VoucherStatisticsStore, 'counts'> }, filter: StatisticsFilter, by: StatisticsKey | null): Promise<{ readonly total: VoucherFigures, readonly rows: readonly StatisticsRow[] }> {
  const total = figuresOf(await voucherStatistics.counts(filter, null))
  if (by === null) return { total, rows: [] }
  const counts = await voucherStatistics.counts(filter, by)
  const keys = [...new Set(counts.map(({ key }) => key))]
  return { total, rows: keys.map((key) => ({ key, figures: figuresOf(counts.filter((count) => count.key === key)) })) }
}

export interface VoucherProof {
  /** Counts that are not what the events say. */
  readonly wrongCounts: number
  /** States in which another number of vouchers is than the events say. */
  readonly wrongStates: number
}

const everything: StatisticsFilter = { campaignId: null, batch: null, communityId: null, hospitalId: null, group: null, fromMonth: null, toMonth: null }

/** I-44: counts, events and the vouchers themselves say the same. */
export async function proveStatistics ({ voucherStatistics }: { readonly voucherStatistics: VoucherStatisticsStore }): Promise<VoucherProof> {
  const keyed = async (counts: Promise<readonly Count[]>): Promise<ReadonlyMap<string, number>> => new Map((await counts).map(({ key, what, from, to, count }) => [[key, what, from, to].join('|'), count]))
  let wrongCounts = 0
  for (const by of ['community', 'hospital', 'month', 'batch'] as const) {
    const kept = await keyed(voucherStatistics.counts(everything, by))
    const told = await keyed(voucherStatistics.recount(everything, by))
    wrongCounts += [...new Set([...kept.keys(), ...told.keys()])].filter((key) => kept.get(key) !== told.get(key)).length
  }
  const events = await voucherStatistics.recount(everything, null)
  const standing = new Map((await voucherStatistics.standing()).map(({ state, count }) => [state, count]))
  const states = new Set<VoucherState>([...standing.keys(), ...events.map(({ to }) => to)])
  const byEvents = (state: VoucherState): number => sum(events.filter(({ to }) => to === state)) - sum(events.filter(({ from }) => from === state))
  return { wrongCounts, wrongStates: [...states].filter((state) => byEvents(state) !== (standing.get(state) ?? 0)).length }
}
