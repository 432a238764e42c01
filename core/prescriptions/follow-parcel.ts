import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { CarryOut } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { tellPerson } from './document-notice.ts'
import type { DrugOrder } from './drug-order.ts'
import { endReturned } from './end-order.ts'
import { keepOrder, noDrugOrder } from './fulfil-order.ts'
import { supplyDelivery } from './medication-records.ts'
import { keepOurRecords } from './our-records.ts'
import { isEnded, parcelStateOf, type Parcel, type ParcelEvent } from './parcel.ts'
import type { Carrier, DocumentStores, DocumentTools, ParcelAddress } from './ports.ts'

export interface FollowDeps<Stores> {
  readonly inTransaction: InTransaction<Stores>
  readonly tools: DocumentTools<Stores>
  readonly carrier: Carrier
  readonly clock: Clock
  readonly opened: (sealed: string) => ParcelAddress
}

const minuteMs = 60_000

/** Hands a parcel to the carrier, always under the same number. */
export function submitShipment<Stores extends DocumentStores> (deps: FollowDeps<Stores>): CarryOut {
  const { inTransaction, carrier, opened } = deps
  return async ({ payload }) => {
    const orderId = String(payload['orderId'])
    const { order, parcel } = await inTransaction((stores) => standing(stores, orderId))
    if (parcel.trackingNumber !== null || isEnded(parcel.state) || order.sealedAddress === null) return
    try {
      const { trackingNumber } = await carrier.create({ number: parcel.number, hospitalId: order.hospitalId, to: opened(order.sealedAddress) })
      await told(deps, { orderId, trackingNumber, events: [] })
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'OUTSIDE_REFUSED') throw error
      await inTransaction((stores) => carrierRefused(stores, deps, orderId))
    }
  }
}

/** It never left the pharmacy, so all that was paid goes back. */
async function carrierRefused<Stores extends DocumentStores> (stores: Stores, { tools, clock }: FollowDeps<Stores>, orderId: string): Promise<void> {
  const { order, parcel } = await standing(stores, orderId)
  await stores.parcels.save({ ...parcel, state: 'refused', nextTrackAt: null })
  if (order.state === 'shipped') await endReturned(stores, tools, { before: order, reason: 'carrier_refused', isWhole: true }, clock.now())
}

async function standing ({ drugOrders, parcels }: DocumentStores, orderId: string): Promise<{ readonly order: DrugOrder, readonly parcel: Parcel }> {
  const order = await drugOrders.findForChange(orderId)
  const parcel = order === null ? null : await parcels.find(orderId)
  if (order === null || parcel === null) throw noDrugOrder()
  return { order, parcel }
}

/** 物流回调. Proven by whoever calls this. A parcel that is not ours is nobody's business here. */
export async function hearCarrier<Stores extends DocumentStores> (deps: FollowDeps<Stores>, { number, events }: { readonly number: string, readonly events: readonly ParcelEvent[] }): Promise<void> {
  const parcel = await deps.inTransaction(({ parcels }) => parcels.byNumber(number))
  if (parcel !== null) await told(deps, { orderId: parcel.drugOrderId, trackingNumber: null, events })
}

const stepSize = 20

/** 轨迹查询: call-backs get lost, so each parcel under way is asked for from time to time. */
export async function trackParcels<Stores extends DocumentStores> (deps: FollowDeps<Stores>, dueAt: Date): Promise<{ readonly asked: number, readonly silent: number }> {
  let [asked, silent] = [0, 0]
  for (const parcel of await deps.inTransaction(({ parcels }) => parcels.toTrack(dueAt, stepSize))) {
    try {
      const known = await deps.carrier.track(parcel.number)
      if (known !== null) await told(deps, { orderId: parcel.drugOrderId, ...known })
      asked += 1
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      silent += 1
    }
    await deps.inTransaction(async ({ parcels }) => {
      const stands = await parcels.find(parcel.drugOrderId)
      const nextTrackAt = stands?.nextTrackAt ?? null
      if (stands !== null && nextTrackAt !== null && nextTrackAt <= dueAt) await parcels.save({ ...stands, nextTrackAt: nextTrack(deps, dueAt) })
    })
  }
  return { asked, silent }
}

const nextTrack = <Stores>({ tools }: Pick<FollowDeps<Stores>, 'tools'>, at: Date): Date => new Date(at.getTime() + tools.settings.trackMinutes * minuteMs)

interface Heard {
  readonly orderId: string
  readonly trackingNumber: string | null
  readonly events: readonly ParcelEvent[]
}

/** The one place where what a carrier says changes a parcel: in any order, told any number of times. */
async function told<Stores extends DocumentStores> (deps: FollowDeps<Stores>, { orderId, trackingNumber, events }: Heard): Promise<void> {
  const { inTransaction, tools, clock } = deps
  await inTransaction(async (stores) => {
    const at = clock.now()
    const { order, parcel } = await standing(stores, orderId)
    for (const event of events) await stores.parcels.addEvent(orderId, event)
    const all = await stores.parcels.events(orderId)
    const state = parcelStateOf(all) ?? (parcel.state === 'requested' && trackingNumber !== null ? 'accepted' : parcel.state)
    const after: Parcel = { ...parcel, trackingNumber: parcel.trackingNumber ?? trackingNumber, state, nextTrackAt: isEnded(state) ? null : parcel.nextTrackAt ?? nextTrack(deps, at) }
    await stores.parcels.save(after)
    if (after.state !== parcel.state || after.trackingNumber !== parcel.trackingNumber) await keepOurRecords(stores, tools, { ...order, records: [supplyDelivery(order, after, all.at(-1) ?? null)] }, at)
    if (state !== parcel.state) await follow(stores, tools, { order, state }, at)
  })
}

/** What the order makes of it. The fee goes back where the carrier has lost the parcel. */
async function follow<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, { order, state }: { readonly order: DrugOrder, readonly state: Parcel['state'] }, at: Date): Promise<void> {
  const tell = async (template: 'parcel_sent' | 'parcel_delivered'): Promise<void> => { await stores.outbox.add(tellPerson(template, order, { id: tools.ids.next(), key: order.id, at })) }
  if (state === 'picked_up') await tell('parcel_sent')
  if (order.state !== 'shipped') return
  if (state === 'delivered') {
    await keepOrder(stores, order, { kind: 'deliver' }, at)
    await tell('parcel_delivered')
  }
  if (state === 'returned' || state === 'lost') await endReturned(stores, tools, { before: order, reason: state === 'lost' ? 'parcel_lost' : 'parcel_returned', isWhole: state === 'lost' }, at)
}
