/** What a carrier tells of a parcel. `unknown`: words that say nothing of its state. */
export const parcelEventKinds = ['accepted', 'picked_up', 'in_transit', 'out_for_delivery', 'delivered', 'returning', 'returned', 'lost', 'unknown'] as const
export type ParcelEventKind = typeof parcelEventKinds[number]

export interface ParcelEvent {
  /** The carrier's own id of it: told twice is told once. */
  readonly id: string
  readonly kind: ParcelEventKind
  readonly at: Date
  /** As the carrier words it; a place, never a name. */
  readonly place: string | null
}

/** requested: the carrier has not answered yet. refused: it will not take it. */
export type ParcelState = 'requested' | 'refused' | Exclude<ParcelEventKind, 'unknown'>

/** 包裹. */
export interface Parcel {
  readonly drugOrderId: string
  /** Ours, which the carrier knows it by: the same on every repetition. */
  readonly number: string
  readonly trackingNumber: string | null
  readonly state: ParcelState
  readonly requestedAt: Date
  /** When the carrier is asked next; null: it is over. */
  readonly nextTrackAt: Date | null
}

const rank: Readonly<Record<ParcelEventKind, number>> = { unknown: 0, accepted: 1, picked_up: 2, in_transit: 3, out_for_delivery: 4, returning: 5, lost: 6, returned: 7, delivered: 7 }

export const isEnded = (state: ParcelState): boolean => state === 'delivered' || state === 'returned' || state === 'lost' || state === 'refused'

/**
 * Follows from the set of events alone, in whatever order they came: the latest by the carrier's clock counts, and of
 * the same instant the one that is further on. An end stands, but for a lost parcel that is found again.
 */
export function parcelStateOf (events: readonly ParcelEvent[]): Exclude<ParcelEventKind, 'unknown'> | null {
  const said = events.filter(({ kind }) => kind !== 'unknown').sort((one, other) => one.at.getTime() - other.at.getTime() || rank[one.kind] - rank[other.kind] || (one.id < other.id ? -1 : 1))
  const ended = said.filter(({ kind }) => kind === 'delivered' || kind === 'returned').at(-1)
  return (ended ?? said.at(-1))?.kind as Exclude<ParcelEventKind, 'unknown'> | undefined ?? null
}
