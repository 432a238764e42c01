import type { Parcel, ParcelEvent, ParcelStore } from '../../../core/prescriptions/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface ParcelRow {
  readonly drug_order_id: string
  readonly number: string
  readonly tracking_number: string | null
  readonly state: Parcel['state']
  readonly requested_at_ms: number
  readonly next_track_at_ms: number | null
}

interface EventRow {
  readonly event_id: string
  readonly kind: ParcelEvent['kind']
  readonly at_ms: number
  readonly place: string | null
}

const save = upsert('parcels', ['drug_order_id'], ['drug_order_id', 'number', 'tracking_number', 'state', 'requested_at_ms', 'next_track_at_ms'])

/** 包裹 and what the carrier told of each. */
export function sqlParcels ({ sql }: Unit): ParcelStore {
  const one = async (text: string, param: string): Promise<Parcel | null> => {
    const row = await sql.first<ParcelRow>(text, [param])
    return row && parcelOf(row)
  }
  return {
    find: (drugOrderId) => one('select * from parcels where drug_order_id = ?', drugOrderId),
    byNumber: (number) => one('select * from parcels where number = ?', number),
    save: async ({ drugOrderId, number, trackingNumber, state, requestedAt, nextTrackAt }) => { await sql.run(save, [drugOrderId, number, trackingNumber, state, requestedAt.getTime(), msOrNull(nextTrackAt)]) },
    addEvent: async (drugOrderId, { id, kind, at, place }) =>
      await sql.run('insert into parcel_events (drug_order_id, event_id, kind, at_ms, place) values (?, ?, ?, ?, ?) on conflict (drug_order_id, event_id) do nothing', [drugOrderId, id, kind, at.getTime(), place]) > 0,
    events: async (drugOrderId) => (await sql.all<EventRow>('select * from parcel_events where drug_order_id = ? order by at_ms, event_id', [drugOrderId])).map(({ event_id: id, kind, at_ms: atMs, place }) => ({ id, kind, at: instant(atMs), place })),
    toTrack: async (by, limit) => (await sql.all<ParcelRow>('select * from parcels where next_track_at_ms <= ? order by next_track_at_ms, drug_order_id limit ?', [by.getTime(), limit])).map(parcelOf),
    nextTrackAt: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>('select min(next_track_at_ms) as at_ms from parcels where next_track_at_ms is not null', []))?.at_ms ?? null)
  }
}

function parcelOf (row: ParcelRow): Parcel {
  return { drugOrderId: row.drug_order_id, number: row.number, trackingNumber: row.tracking_number, state: row.state, requestedAt: instant(row.requested_at_ms), nextTrackAt: instantOrNull(row.next_track_at_ms) }
}
