import type { Appointment, Doctor, HisEvent, Order, Transaction, Visit } from '../hospital/his-event.ts'
import type { Person } from '../hospital/person.ts'
import type { SpecialDraft } from '../hospital/special-cases.ts'
import { concept, identifier, observationElements, patientElements, sid, time, yuan, type Elements } from './fhir-elements.ts'
import type { KeptResources } from './kept-resources.ts'

interface Reference { readonly reference: string, readonly display?: string }

/** Writes what happens in a hospital into its own FHIR server, as a HIS does that knows no HL7 v2. */
export interface FhirDialect {
  /** `Type/id` of what was written; nothing for what such a HIS never says. */
  readonly write: (draft: SpecialDraft) => readonly string[]
}

interface Writing {
  readonly resources: KeptResources
  readonly base: string
  /** The server's id of what the HIS numbers, by type and number. */
  readonly idOf: Map<string, string>
  readonly written: string[]
}

export function fhirDialect ({ resources, base }: { readonly resources: KeptResources, readonly base: string }): FhirDialect {
  const idOf = new Map<string, string>()
  return {
    write: (draft) => {
      const writing: Writing = { resources, base, idOf, written: [] }
      // An outdated message lies in no queue here, and no broken one comes in: the server holds what is so.
      if (draft.writtenAt === undefined && draft.spoil === undefined) writeEvent(writing, draft)
      return writing.written
    }
  }
}

/** The resource with this number as it is now; elements that stood before and are not told again stay. */
function put (writing: Writing, type: string, number: string, elements: Elements): Reference {
  const { resources, idOf, written } = writing
  const name = `${type}|${number}`
  const id = idOf.get(name)
  const there = id === undefined ? null : resources.current(type, id)
  const { resource } = resources.write({ ...there, ...elements, resourceType: type, ...(id === undefined ? {} : { id }) })
  idOf.set(name, resource.id)
  written.push(`${type}/${resource.id}`)
  return { reference: `${type}/${resource.id}` }
}

/** What stands already, or is put there now. */
function find (writing: Writing, type: string, number: string, elements: () => Elements): Reference {
  const id = writing.idOf.get(`${type}|${number}`)
  return id === undefined ? put(writing, type, number, elements()) : { reference: `${type}/${id}` }
}

function writeEvent (writing: Writing, draft: SpecialDraft): void {
  const { event } = draft
  switch (event.kind) {
    case 'doctor_file': for (const doctor of event.doctors) putDoctor(writing, doctor); break
    case 'appointment': putAppointment(writing, event); break
    case 'patient': {
      const patient = putPatient(writing, event.person, event.photo)
      if (event.visit !== null) putVisit(writing, event.visit, patient, statuses[event.trigger])
      break
    }
    case 'merge': putMerge(writing, event); break
    case 'order': putOrder(writing, event, draft.at); break
    case 'result': putResult(writing, event, draft.at); break
    case 'document': putDocument(writing, event, draft.at); break
    case 'transactions': for (const line of event.lines) putTransaction(writing, event, line)
  }
}

const statuses = { A03: 'finished', A04: 'in-progress', A08: null, A11: 'cancelled', A28: null } as const

function putDoctor (writing: Writing, doctor: Doctor): Reference {
  const { code, department } = doctor
  const name = doctor.familyName + doctor.givenName
  const clinic = put(writing, 'Organization', department.code, {
    identifier: [{ system: `${sid}department`, value: department.code }], type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/organization-type', code: 'dept' }] }], name: department.name
  })
  const practitioner = put(writing, 'Practitioner', code, {
    identifier: [identifier('EI', 'doctor', code)], active: doctor.isActive, name: [{ text: name, family: doctor.familyName, given: [doctor.givenName] }], gender: doctor.gender
  })
  put(writing, 'PractitionerRole', code, { active: doctor.isActive, practitioner, organization: { ...clinic, display: department.name }, specialty: [{ text: doctor.speciality }] })
  return { ...practitioner, display: name }
}

const doctorOf = (writing: Writing, doctor: Doctor): Reference =>
  ({ ...find(writing, 'Practitioner', doctor.code, () => ({})), display: doctor.familyName + doctor.givenName })

function putPatient (writing: Writing, person: Person, photo: Uint8Array | null): Reference {
  const picture = photo === null ? {} : { photo: [{ contentType: 'image/jpeg', data: Buffer.from(photo).toString('base64') }] }
  const patient = put(writing, 'Patient', person.mrn, { ...patientElements(person), ...picture })
  if (person.faceConsent !== undefined) putFaceConsent(writing, person, patient)
  return patient
}

function putFaceConsent (writing: Writing, { mrn, faceConsent }: Person, patient: Reference): void {
  put(writing, 'Consent', mrn, {
    identifier: [{ system: `${sid}face-consent`, value: mrn }],
    status: faceConsent === true ? 'active' : 'rejected',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'urn:yiqiao:fhir:consent-category', code: 'face' }] }],
    patient,
    policy: [{ uri: 'urn:example:face-policy' }]
  })
}

const patientOf = (writing: Writing, person: Person): Reference => find(writing, 'Patient', person.mrn, () => patientElements(person))

/** The subject by its whole address, as some servers write every reference. */
function putVisit (writing: Writing, visit: Visit, patient: Reference, status: string | null): Reference {
  const { doctor } = visit
  return put(writing, 'Encounter', visit.number, {
    identifier: [identifier('VN', 'visit', visit.number)],
    ...(status === null ? {} : { status }),
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' },
    serviceType: { text: doctor.department.name },
    subject: { reference: `${writing.base}/${patient.reference}` },
    participant: [{ type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ATND' }] }], individual: doctorOf(writing, doctor) }],
    period: { start: time(visit.startedAt), ...(visit.endedAt === null ? {} : { end: time(visit.endedAt) }) }
  })
}

const visitOf = (writing: Writing, visit: Visit): Reference => find(writing, 'Encounter', visit.number, () => ({}))

const bookingStatus = { S12: 'booked', S13: 'booked', S14: 'booked', S15: 'cancelled', S26: 'noshow' } as const

function putAppointment (writing: Writing, { trigger, person, appointment }: Extract<HisEvent, { kind: 'appointment' }>): void {
  const { doctor, start, minutes, reason, number }: Appointment = appointment
  put(writing, 'Appointment', number, {
    identifier: [identifier('FILL', 'appointment', number)],
    status: bookingStatus[trigger],
    description: reason,
    start: start.toISOString(),
    end: new Date(start.getTime() + minutes * 60_000).toISOString(),
    minutesDuration: minutes,
    participant: [{ actor: patientOf(writing, person), status: 'accepted' }, { actor: doctorOf(writing, doctor), status: 'accepted' }]
  })
}

function putMerge (writing: Writing, { person, retiredMrn }: Extract<HisEvent, { kind: 'merge' }>): void {
  const survivor = putPatient(writing, person, null)
  const retired = put(writing, 'Patient', retiredMrn, { active: false, link: [{ other: survivor, type: 'replaced-by' }] })
  put(writing, 'Patient', person.mrn, { link: [{ other: retired, type: 'replaces' }] })
}

interface OfVisit { readonly person: Person, readonly visit: Visit }

function putOrder (writing: Writing, { person, visit, order }: OfVisit & { readonly order: Order }, at: Date): Reference {
  return put(writing, 'ServiceRequest', order.number, {
    identifier: [identifier('PLAC', 'order', order.number)], status: 'active', intent: 'order', code: concept(order.service, 'lab'),
    subject: patientOf(writing, person), encounter: visitOf(writing, visit), authoredOn: time(at), requester: doctorOf(writing, order.doctor)
  })
}

function putResult (writing: Writing, event: Extract<HisEvent, { kind: 'result' }>, at: Date): void {
  const { order, result } = event
  const subject = patientOf(writing, event.person)
  const encounter = visitOf(writing, event.visit)
  const observations = result.observations.map((observation, place) =>
    put(writing, 'Observation', `${result.number}-${place + 1}`, { ...observationElements(observation), subject, encounter, effectiveDateTime: time(at) }))
  put(writing, 'ServiceRequest', order.number, { status: 'completed' })
  put(writing, 'DiagnosticReport', result.number, {
    identifier: [identifier('FILL', 'report', result.number)], basedOn: [visitlessOrder(writing, order)], status: 'final', category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'LAB' }] }],
    code: concept(order.service, 'lab'), subject, encounter, effectiveDateTime: time(at), issued: at.toISOString(), result: observations
  })
}

const visitlessOrder = (writing: Writing, order: Order): Reference => find(writing, 'ServiceRequest', order.number, () => ({}))

function putDocument (writing: Writing, { person, visit, document }: Extract<HisEvent, { kind: 'document' }>, at: Date): void {
  put(writing, 'DocumentReference', document.number, {
    masterIdentifier: { system: `${sid}document`, value: document.number }, status: 'current', docStatus: 'final', type: { text: '门诊病历' },
    subject: patientOf(writing, person), date: at.toISOString(), author: [doctorOf(writing, document.doctor)],
    content: [{ attachment: { contentType: 'text/plain; charset=utf-8', data: Buffer.from(document.lines.join('\n')).toString('base64') } }],
    context: { encounter: [visitOf(writing, visit)] }
  })
}

/** A credit is the charge itself, entered in error; a payment is told of the visit, R4 names no payer. */
function putTransaction (writing: Writing, { person, visit }: { readonly person: Person, readonly visit: Visit | null }, line: Transaction): void {
  if (line.cancels !== null) {
    put(writing, 'ChargeItem', line.cancels, { status: 'entered-in-error' })
    return
  }
  const common = { identifier: [{ system: `${sid}transaction`, value: line.id }] }
  const amount = yuan(line.quantity * line.unitFen)
  if (line.kind === 'payment') {
    const request = visit === null ? patientOf(writing, person) : visitOf(writing, visit)
    put(writing, 'PaymentNotice', line.id, { ...common, status: 'active', request, created: time(line.at), payment: { display: line.item.name }, paymentDate: time(line.at).slice(0, 10), recipient: { display: '北院' }, amount })
    return
  }
  put(writing, 'ChargeItem', line.id, {
    ...common, status: 'billable', code: concept(line.item, 'fee'), subject: patientOf(writing, person), ...(visit === null ? {} : { context: visitOf(writing, visit) }),
    occurrenceDateTime: time(line.at), quantity: { value: line.quantity }, priceOverride: amount
  })
}
