import type { Doctor, HisEvent, Transaction, Visit } from '../hospital/his-event.ts'
import type { Person } from '../hospital/person.ts'
import type { StepKind } from '../hospital/step.ts'
import type { SqlRow } from './database.ts'
import type { HospitalView } from './hospital-views.ts'

export interface WrittenRow {
  readonly view: HospitalView
  readonly row: SqlRow
}

/** What an event leaves behind in the hospital's tables. */
export function rowsOf ({ at, kind, event }: { readonly at: Date, readonly kind: StepKind, readonly event: HisEvent }): readonly WrittenRow[] {
  switch (event.kind) {
    case 'doctor_file': return event.doctors.flatMap((doctor) => shiftsOf(doctor, at))
    case 'merge': return [patientRow(event.person, at), patientRow({ ...event.person, mrn: event.retiredMrn, residentId: null }, at, event.person.mrn)]
    case 'patient': return patientRows(event, kind, at)
    case 'order': return [visitRow(event.person, event.visit, 'in_progress', at), queueRow(event.person, event.visit, 'called', at)]
    case 'transactions': return event.lines.map((line) => chargeRow(event.person, event.visit, line))
    // Its views tell nothing of results, documents and bookings.
    case 'result': case 'document': case 'appointment': return []
  }
}

function patientRows ({ trigger, person, visit, photo }: Extract<HisEvent, { kind: 'patient' }>, kind: StepKind, at: Date): readonly WrittenRow[] {
  return [
    patientRow(person, at),
    ...photo === null ? [] : [{ view: 'photos', row: { patient_no: person.mrn, photo: Buffer.from(photo), content_type: 'image/jpeg', taken_at: localTime(at) } } as const],
    ...visit === null ? [] : [visitRow(person, visit, statuses[trigger], at)],
    ...visit !== null && kind === 'check_in' ? [queueRow(person, visit, 'checked_in', at)] : []
  ]
}

const statuses = { A03: 'finished', A04: 'registered', A08: 'registered', A11: 'cancelled', A28: 'registered' } as const

/** As SQL Server writes a datetime2 in Beijing, without any offset. */
function localTime (instant: Date): string {
  return new Date(instant.getTime() + 8 * 3_600_000).toISOString().slice(0, -1)
}

function patientRow (person: Person, at: Date, mergedInto: string | null = null): WrittenRow {
  const { mrn, familyName, givenName, gender, birthDate, residentId, phone, address } = person
  return { view: 'patients', row: {
    patient_no: mrn, name: familyName + givenName, sex: gender === 'male' ? '男' : '女', birth_date: birthDate, id_card_no: residentId, phone,
    address: address.province + address.city + address.street, merged_into: mergedInto, face_consent: person.faceConsent === undefined ? null : person.faceConsent ? '同意' : '不同意', face_consent_at: null, updated_at: localTime(at), remark: null
  } }
}

function visitRow (person: Person, { number, doctor, startedAt, endedAt }: Visit, status: string, at: Date): WrittenRow {
  return { view: 'visits', row: {
    visit_no: number, patient_no: person.mrn, class: 'outpatient', status, department_code: doctor.department.code, department_name: doctor.department.name,
    doctor_no: doctor.code, doctor_name: doctor.familyName + doctor.givenName, started_at: localTime(startedAt), ended_at: endedAt === null ? null : localTime(endedAt),
    diagnosis_code: status === 'finished' ? 'Z00.0' : null, diagnosis_name: status === 'finished' ? '虚构诊断' : null, diagnosis_type: null, drug_code: null, drug_name: status === 'finished' ? '虚构药片' : null, updated_at: localTime(at)
  } }
}

function chargeRow (person: Person, visit: Visit | null, line: Transaction): WrittenRow {
  return { view: 'charges', row: {
    transaction_id: line.id, patient_no: person.mrn, visit_no: visit?.number ?? null, kind: line.kind, cancels: line.cancels, item_code: line.item.code, item_name: line.item.name,
    quantity: String(line.quantity), unit_price: yuan(line.unitFen), amount: yuan(line.quantity * line.unitFen), charged_at: localTime(line.at), updated_at: localTime(line.at)
  } }
}

function yuan (fen: number): string {
  return (fen / 100).toFixed(2)
}

function queueRow (person: Person, { number, doctor }: Visit, kind: 'checked_in' | 'called', at: Date): WrittenRow {
  return { view: 'events', row: {
    event_id: `${number}-${kind}`, visit_no: number, patient_no: person.mrn, kind, queue_code: doctor.department.code, queue_name: doctor.department.name,
    queue_no: `A${number.slice(-3)}`, room: kind === 'called' ? doctor.department.room : null, at: localTime(at)
  } }
}

const shifts = [['08:00:00', '12:00:00', 'AM'], ['14:00:00', '17:30:00', 'PM']] as const
const dayMs = 86_400_000

/** Mornings and afternoons of today and the six days after. */
function shiftsOf (doctor: Doctor, at: Date): readonly WrittenRow[] {
  return Array.from({ length: 7 }, (_, day) => localTime(new Date(at.getTime() + day * dayMs)).slice(0, 10)).flatMap((date) =>
    shifts.map(([from, to, half]) => ({ view: 'roster', row: {
      roster_no: `${doctor.code}-${date}-${half}`, doctor_no: doctor.code, doctor_name: doctor.familyName + doctor.givenName, department_code: doctor.department.code,
      department_name: doctor.department.name, starts_at: `${date}T${from}`, ends_at: `${date}T${to}`, capacity: '30', status: 'open', updated_at: localTime(at)
    } })))
}
