import { placerSystem } from '../identity/index.ts'
import { afterAllSaid, type RecordChange, type RecordVersion } from '../records/index.ts'
import type { Appointment, AppointmentState } from './appointment.ts'
import type { BookingWay } from './decide-appointment.ts'
import type { Slot } from './slot.ts'

/** FHIR R4 appointmentstatus. A request is a proposal until the hospital has booked it. */
const statuses: Readonly<Record<AppointmentState, string>> = {
  held: 'proposed', requested: 'proposed', unknown: 'proposed', booked: 'booked', arrived: 'arrived', fulfilled: 'fulfilled', no_show: 'noshow', cancelled: 'cancelled', refused: 'cancelled', released: 'cancelled'
}

const requestUrl = 'urn:yiqiao:fhir:appointment-request'
const wantedUrl = 'urn:yiqiao:fhir:appointment-wanted-slot'
/** What a request said, where it does not hold any more. */
const answered = [`extension:${requestUrl}`, `extension:${wantedUrl}`, 'requestedPeriod']
const kinds = 'http://terminology.hl7.org/CodeSystem/v2-0203'

interface Changed {
  readonly before: Appointment | null
  readonly after: Appointment
  readonly way: BookingWay | null
  /** Where the change moves it to. */
  readonly wanted: Pick<Slot, 'id' | 'startsAt' | 'endsAt'> | null
}

interface Said {
  readonly elements: Readonly<Record<string, unknown>>
  readonly removed?: readonly string[]
  /** What the hospital says of the same holds against it, whatever its clock shows. */
  readonly isWeak?: boolean
  /** The message that tells the hospital; null: it is not told. */
  readonly tells: string | null
}

/** What the record has to say after a change, and to whom; null: nothing (what is only held is nobody's business yet). */
export function recordChangeOf (changed: Changed, { standing, at }: { readonly standing: RecordVersion | undefined, readonly at: Date }): RecordChange | null {
  const asOf = standing === undefined ? at : afterAllSaid(standing, at)
  const said = saidOf(changed, asOf)
  if (said === null) return null
  const { id, hospitalId, patientId, by } = changed.after
  const { elements, removed = [], isWeak = false, tells } = said
  return {
    resource: { resourceType: 'Appointment', id, ...elements },
    removed,
    weak: isWeak,
    asOf,
    hospitalId,
    patientId,
    isOurs: tells !== null,
    ...tells === null ? {} : { toldAs: tells },
    source: by,
    mappingVersion: null
  }
}

function saidOf ({ before, after, way, wanted }: Changed, asOf: Date): Said | null {
  const isUnsaid = before === null || before.state === 'held'
  if (isUnsaid) return firstSaid(after)
  if (after.asking !== null && before.asking === null) return askedFor(after, { way, wanted, asOf })
  if (statuses[after.state] !== statuses[before.state]) return stateSaid(after, way)
  return after.isOurs && after.slotId !== before.slotId ? { elements: placeOf(after), tells: 'SIU^S13' } : null
}

function firstSaid (after: Appointment): Said | null {
  if (after.state === 'held' || after.state === 'released') return null
  return { elements: wholeOf(after), isWeak: !after.isOurs, tells: after.isOurs ? 'SIU^S12' : 'SRM^S01' }
}

/** With its time, so that the same thing asked again is said, and told, again. */
function askedFor (after: Appointment, { way, wanted, asOf }: Pick<Changed, 'way' | 'wanted'> & { readonly asOf: Date }): Said {
  const request = { url: requestUrl, extension: [{ url: 'kind', valueCode: after.asking }, { url: 'at', valueDateTime: asOf.toISOString() }] }
  if (after.asking === 'cancel' || wanted === null) return { elements: { extension: [request], ...reasonOf(after) }, removed: [`extension:${wantedUrl}`, 'requestedPeriod'], tells: 'SRM^S04' }
  const extension = [request, { url: wantedUrl, valueReference: { reference: `Slot/${wanted.id}` } }]
  const period = { requestedPeriod: [{ start: wanted.startsAt.toISOString(), end: wanted.endsAt.toISOString() }] }
  return { elements: { extension, ...period, ...way === 'fhir' ? { status: 'pending' } : {} }, tells: 'SRM^S02' }
}

/** What the hospital has to hear: of a slot of ours everything, of its own only what it was not asked for before. */
function stateSaid (after: Appointment, way: BookingWay | null): Said {
  const status = { status: statuses[after.state] }
  const isEnd = after.state === 'cancelled' || after.state === 'refused'
  const elements = isEnd ? { ...status, ...reasonOf(after) } : status
  if (!after.isOurs) return { elements, removed: answered, tells: after.state === 'cancelled' && way === 'fhir' ? 'SRM^S04' : null }
  return { elements, tells: after.state === 'cancelled' ? 'SIU^S15' : after.state === 'no_show' ? 'SIU^S26' : 'SIU^S14' }
}

const reasonOf = ({ reason }: Appointment): object => reason === null ? {} : { cancelationReason: { text: reason } }

/** The whole of it, for a record that is new. */
function wholeOf (appointment: Appointment): Readonly<Record<string, unknown>> {
  const { placerNumber, madeAt, state, serviceType } = appointment
  return {
    ...placerNumber === null ? {} : { identifier: [{ type: { coding: [{ system: kinds, code: 'PLAC' }] }, system: placerSystem, value: placerNumber, assigner: { display: 'YIQIAO' } }] },
    status: statuses[state],
    ...serviceType === null ? {} : { serviceType: [{ text: serviceType }] },
    created: madeAt.toISOString(),
    ...placeOf(appointment)
  }
}

function placeOf ({ slotId, startsAt, endsAt, patientId, practitionerId }: Appointment): Readonly<Record<string, unknown>> {
  return {
    ...slotId === null ? {} : { slot: [{ reference: `Slot/${slotId}` }] },
    start: startsAt.toISOString(),
    end: endsAt.toISOString(),
    participant: [
      { actor: { reference: `Patient/${patientId}` }, status: 'accepted' },
      ...practitionerId === null ? [] : [{ actor: { reference: `Practitioner/${practitionerId}` }, status: 'accepted' }]
    ]
  }
}

/** The same booking that the hospital keeps under a record of its own: ours says what it says. */
export function mirroredChange (after: Appointment, { standing, at, source }: { readonly standing: RecordVersion | undefined, readonly at: Date, readonly source: string }): RecordChange | null {
  if (standing === undefined) return null
  const { id, hospitalId, patientId, startsAt, endsAt, state } = after
  return {
    resource: { resourceType: 'Appointment', id, status: statuses[state], start: startsAt.toISOString(), end: endsAt.toISOString(), ...reasonOf(after) },
    removed: answered, weak: false, asOf: afterAllSaid(standing, at), hospitalId, patientId, source, mappingVersion: null
  }
}
