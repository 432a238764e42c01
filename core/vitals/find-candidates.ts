import { anaesthesiaService } from '../appointments/index.ts'
import type { Practitioner, PractitionerStore } from '../directory/index.ts'
import type { RecordStore, RecordVersion } from '../records/index.ts'
import type { Availability, Candidate } from './recommend-doctors.ts'

/** What else is known of a doctor; null: nobody has said. */
export interface DoctorStanding {
  /** The doctor's app says that the doctor is there. */
  readonly isOnline: boolean
  /** The least that a consultation costs. */
  readonly priceFen: number | null
  /** Of verified evaluations, 1 to 5 stars each. */
  readonly rating: { readonly sum: number, readonly count: number } | null
}

export interface CandidateStores {
  readonly practitioners: Pick<PractitionerStore, 'find' | 'list'>
  readonly records: Pick<RecordStore, 'search'>
  /** Of those of whom something is known. */
  readonly standingsOf: (practitionerIds: readonly string[]) => Promise<ReadonlyMap<string, DoctorStanding>>
}

const pageSize = 500
/** No hospital has more doctors. */
const mostPractitioners = 20_000
/** Whose roster is looked at; the rest counts as unknown. */
const mostRosters = 500
const mostSlots = 2_000
const minuteMs = 60_000
const lookAheadMs = 14 * 86_400_000

/** The active doctors of a hospital that `fits` lets pass, with what its roster says of them. */
export async function findCandidates (stores: CandidateStores, hospitalId: string, { fits, now }: { readonly fits: (practitioner: Practitioner) => boolean, readonly now: Date }): Promise<readonly Candidate[]> {
  const found: Practitioner[] = []
  for (let offset = 0; offset < mostPractitioners; offset += pageSize) {
    const page = await stores.practitioners.list({ hospitalId }, { limit: pageSize, offset })
    found.push(...page.filter((practitioner) => practitioner.active && fits(practitioner)))
    if (page.length < pageSize) break
  }
  return withAvailability(stores, found, now)
}

/** The doctors of past visits, as far as they are known here. */
export async function candidatesNamed (stores: CandidateStores, ids: readonly string[], now: Date): Promise<readonly Candidate[]> {
  const found = await Promise.all([...new Set(ids)].slice(0, mostRosters).map((id) => stores.practitioners.find(id)))
  return withAvailability(stores, found.filter((practitioner) => practitioner !== null), now)
}

async function withAvailability ({ records, standingsOf }: CandidateStores, practitioners: readonly Practitioner[], now: Date): Promise<readonly Candidate[]> {
  const looked = practitioners.slice(0, mostRosters).map(({ id }) => id)
  const availabilities = await rosterOf(records, looked, now)
  const standings = await standingsOf(looked)
  return practitioners.map(({ id, hospitalId, name, department, active }): Candidate => {
    const standing = standings.get(id)
    const availability = standing?.isOnline === true ? { kind: 'online' as const } : availabilities.get(id) ?? { kind: 'unknown' as const }
    return { practitionerId: id, hospitalId, name, department, active, availability, rating: standing?.rating ?? null, priceFen: standing?.priceFen ?? null }
  })
}

type Json = Readonly<Record<string, unknown>>

/** 排班. Of those who have a Schedule: their first free Slot within two weeks. Times for invitations are none. */
async function rosterOf (records: CandidateStores['records'], ids: readonly string[], now: Date): Promise<ReadonlyMap<string, Availability>> {
  if (ids.length === 0) return new Map()
  const common = { patientIds: null, hospitalId: null, offset: 0 }
  const schedules = await records.search({ ...common, type: 'Schedule', clauses: [{ kind: 'reference', param: 'actor', values: ids.map((id) => `Practitioner/${id}`) }], sort: [], limit: mostSlots })
  const wanted = new Set(ids)
  const doctorOf = new Map(schedules.records.flatMap((record) => {
    const services = (record.resource['serviceType'] ?? []) as readonly Json[]
    if (services.some(({ text }) => text === anaesthesiaService)) return []
    const actors = (record.resource['actor'] ?? []) as readonly Json[]
    const id = actors.map((actor) => referredId(actor)).find((each) => each !== null && wanted.has(each))
    return id === undefined || id === null ? [] : [[record.id, id] as const]
  }))
  if (doctorOf.size === 0) return new Map()
  const slots = await records.search({
    ...common, type: 'Slot', sort: [{ param: 'start', descending: false }], limit: mostSlots,
    clauses: [{ kind: 'reference', param: 'schedule', values: [...doctorOf.keys()].map((id) => `Schedule/${id}`) }, { kind: 'date', param: 'start', from: now.getTime(), to: now.getTime() + lookAheadMs, overlap: 'within' }]
  })
  const found = new Map<string, Availability>([...doctorOf.values()].map((id) => [id, { kind: 'off' }]))
  for (const slot of slots.records) {
    const doctor = doctorOf.get(referredId(slot.resource['schedule'] as Json, 'Schedule') ?? '')
    if (doctor !== undefined) found.set(doctor, better(found.get(doctor), slot, now))
  }
  return found
}

function better (known: Availability | undefined, { resource: { status, start } }: RecordVersion, now: Date): Availability {
  if (known?.kind === 'free_in' || status === 'entered-in-error' || status === 'busy-unavailable') return known ?? { kind: 'off' }
  return status === 'free' ? { kind: 'free_in', minutes: Math.max(0, Math.round((Date.parse(String(start)) - now.getTime()) / minuteMs)) } : { kind: 'full' }
}

function referredId (reference: Json, type = 'Practitioner'): string | null {
  const text = reference['reference']
  return typeof text === 'string' && text.startsWith(`${type}/`) ? text.slice(type.length + 1) : null
}
