import type { Doctor, HisEvent, Observation, Transaction, Visit } from './his-event.ts'
import { beijingTime, hl7Date, yuan, type Dialect, type Envelope } from './dialect.ts'
import type { ComponentContents, SegmentContent } from '../../hl7v2/index.ts'
import type { Person } from './person.ts'
import { messageType } from './standard-dialect.ts'

const transactionTypes = { charge: 'CG', credit: 'CR', adjustment: 'AJ', payment: 'PY' } as const

/** GB18030, HL7 v2.4, bare numbers without assigners; visits in ZVS, photos in ZPH, the consent to process a face in ZFC, the charge a credit cancels in ZFT. */
export function zSegmentDialect (names: { readonly application: string, readonly facility: string }): Dialect {
  return {
    charset: 'gb18030',
    write: (event, envelope) => [
      { name: 'MSH', fields: {
        3: names.application, 4: names.facility, 5: 'YIQIAO', 6: 'YIQIAO', 7: beijingTime(envelope.at),
        9: [...messageType(event)], 10: envelope.controlId, 11: 'P', 12: '2.4', 18: 'GB 18030-2000'
      } },
      ...body(event, envelope)
    ]
  }
}

function body (event: HisEvent, envelope: Envelope): readonly SegmentContent[] {
  if (event.kind === 'doctor_file') return [{ name: 'MFI', fields: { 1: ['PRA'], 3: 'UPD', 6: 'NE' } }, ...event.doctors.flatMap((doctor) => staffSegments(doctor, envelope))]
  const evn = { name: 'EVN', fields: { 1: messageType(event)[1], 2: beijingTime(envelope.at) } }
  const pid = patientSegment(event.person)
  if (event.kind === 'merge') return [evn, pid, { name: 'MRG', fields: { 1: event.retiredMrn } }]
  if (event.kind === 'appointment') return appointmentSegments(event, pid)
  const pv1 = event.visit === null ? [] : visitSegments(event.visit)
  switch (event.kind) {
    case 'patient': return [evn, pid, ...pv1, ...photo(event.photo), ...faceConsent(event.person)]
    case 'order': return [pid, ...pv1,
      { name: 'ORC', fields: { 1: 'NW', 2: event.order.number, 12: doctorName(event.order.doctor) } },
      { name: 'OBR', fields: { 1: '1', 2: event.order.number, 4: [event.order.service.code, event.order.service.name] } }]
    case 'result': return [pid, ...pv1,
      { name: 'OBR', fields: { 1: '1', 2: event.order.number, 3: event.result.number, 4: [event.order.service.code, event.order.service.name], 7: beijingTime(envelope.at), 22: beijingTime(envelope.at), 24: 'LAB', 25: 'F' } },
      ...event.result.observations.map(observationSegment)]
    case 'document': return [evn, pid, ...pv1,
      { name: 'TXA', fields: { 1: '1', 2: 'CN', 3: 'TX', 4: beijingTime(envelope.at), 9: doctorName(event.document.doctor), 12: event.document.number } },
      ...event.document.lines.map((line, place) => ({ name: 'OBX', fields: { 1: String(place + 1), 2: 'TX', 3: ['NOTE', '门诊病历'], 5: line, 11: 'F' } }))]
    case 'transactions': return [evn, pid, ...pv1, ...event.lines.flatMap(chargeSegments)]
  }
}

/** GB/T 2261.1. */
const sexCode = (gender: 'male' | 'female'): string => gender === 'male' ? '1' : '2'

const doctorName = (doctor: Doctor): ComponentContents => [doctor.code, doctor.familyName + doctor.givenName]

function patientSegment (person: Person): SegmentContent {
  const { street, city, province } = person.address
  return { name: 'PID', fields: {
    1: '1', 3: person.mrn, 5: person.familyName + person.givenName, 7: hl7Date(person.birthDate), 8: sexCode(person.gender),
    11: province + city + street, 13: person.phone, 19: person.residentId ?? undefined
  } }
}

function visitSegments (visit: Visit): readonly SegmentContent[] {
  return [
    { name: 'PV1', fields: {
      1: '1', 2: 'O', 3: visit.doctor.department.code, 7: doctorName(visit.doctor), 44: beijingTime(visit.startedAt),
      45: visit.endedAt === null ? undefined : beijingTime(visit.endedAt)
    } },
    { name: 'ZVS', fields: { 1: '1', 2: visit.number, 3: visit.doctor.department.name, 4: visit.isFirst ? '1' : '2' } }
  ]
}

const photo = (picture: Uint8Array | null): readonly SegmentContent[] =>
  picture === null ? [] : [{ name: 'ZPH', fields: { 1: '1', 2: 'image/jpeg', 3: Buffer.from(picture).toString('base64') } }]

const faceConsent = ({ faceConsent: consents }: Person): readonly SegmentContent[] =>
  consents === undefined ? [] : [{ name: 'ZFC', fields: { 1: '1', 2: consents ? '1' : '0' } }]

function appointmentSegments ({ appointment }: Extract<HisEvent, { kind: 'appointment' }>, pid: SegmentContent): readonly SegmentContent[] {
  const end = new Date(appointment.start.getTime() + appointment.minutes * 60_000)
  return [
    { name: 'SCH', fields: { 2: appointment.number, 6: ['BOOK', '预约'], 7: ['', appointment.reason], 11: ['', '', '', beijingTime(appointment.start), beijingTime(end)] } },
    pid,
    { name: 'PV1', fields: { 1: '1', 2: 'O', 3: appointment.doctor.department.code, 7: doctorName(appointment.doctor) } },
    { name: 'RGS', fields: { 1: '1' } },
    { name: 'AIP', fields: { 1: '1', 3: doctorName(appointment.doctor) } }
  ]
}

/** The unit price stands alone, as plain text without trailing zeros; FT1-11 stays empty. */
function chargeSegments (line: Transaction, place: number): readonly SegmentContent[] {
  const charge = { name: 'FT1', fields: {
    1: String(place + 1), 2: line.id, 4: beijingTime(line.at), 6: transactionTypes[line.kind], 7: [line.item.code, line.item.name],
    10: String(line.quantity), 12: yuan(line.unitFen).replace(/\.?0+$/, '')
  } }
  return line.cancels === null ? [charge] : [charge, { name: 'ZFT', fields: { 1: '1', 2: line.cancels } }]
}

function observationSegment ({ item, value, flag }: Observation, place: number): SegmentContent {
  const measured = typeof value === 'string' ? { 2: 'ST', 5: value } : { 2: 'NM', 5: value.number, 6: value.unit, 7: value.range, 8: flag }
  return { name: 'OBX', fields: { 1: String(place + 1), 3: [item.code, item.name], ...measured, 11: 'F' } }
}

function staffSegments (doctor: Doctor, envelope: Envelope): readonly SegmentContent[] {
  return [
    { name: 'MFE', fields: { 1: 'MAD', 2: doctor.code, 3: beijingTime(envelope.at), 4: doctor.code } },
    { name: 'STF', fields: { 1: doctor.code, 3: [doctor.familyName + doctor.givenName], 5: sexCode(doctor.gender), 7: doctor.isActive ? '1' : '0', 8: [doctor.department.name] } },
    { name: 'PRA', fields: { 1: doctor.code, 5: [doctor.speciality] } }
  ]
}
