import type { Appointment, Doctor, HisEvent, Observation, Order, Transaction, Visit } from './his-event.ts'
import { beijingTime, hl7Date, yuan, type Dialect, type Envelope } from './dialect.ts'
import type { ComponentContents, SegmentContent } from '../../hl7v2/index.ts'
import type { Person } from './person.ts'

interface StandardNames {
  readonly application: string
  readonly facility: string
  /** Prefix of its coding systems, e.g. `EAST` for EASTLAB. */
  readonly codes: string
}

const structures: Readonly<Record<string, string>> = {
  'ADT^A03': 'ADT_A03', 'ADT^A04': 'ADT_A01', 'ADT^A08': 'ADT_A01', 'ADT^A11': 'ADT_A09', 'ADT^A28': 'ADT_A05', 'ADT^A40': 'ADT_A39',
  'DFT^P03': 'DFT_P03', 'MDM^T02': 'MDM_T02', 'MFN^M02': 'MFN_M02', 'ORM^O01': 'ORM_O01', 'ORU^R01': 'ORU_R01'
}

const transactionTypes = { charge: 'CG', credit: 'CD', adjustment: 'AJ', payment: 'PY' } as const

/** UTF-8, HL7 v2.5.1, close to the standard; credits point back by FT1-30. */
export function standardDialect (names: StandardNames): Dialect {
  return {
    charset: 'utf8',
    write: (event, envelope) => {
      const [type, trigger] = messageType(event)
      const header = { name: 'MSH', fields: {
        3: names.application, 4: names.facility, 5: 'YIQIAO', 6: 'YIQIAO', 7: time(envelope.at),
        9: [type, trigger, structures[`${type}^${trigger}`] ?? 'SIU_S12'], 10: envelope.controlId, 11: 'P', 12: '2.5.1', 17: 'CHN', 18: 'UNICODE UTF-8'
      } }
      return [header, ...body(event, envelope, names)]
    }
  }
}

/** MSH-9.1 and MSH-9.2, the same for every dialect. */
export function messageType (event: HisEvent): readonly [string, string] {
  switch (event.kind) {
    case 'doctor_file': return ['MFN', 'M02']
    case 'appointment': return ['SIU', event.trigger]
    case 'patient': return ['ADT', event.trigger]
    case 'merge': return ['ADT', 'A40']
    case 'order': return ['ORM', 'O01']
    case 'result': return ['ORU', 'R01']
    case 'document': return ['MDM', 'T02']
    case 'transactions': return ['DFT', 'P03']
  }
}

function body (event: HisEvent, envelope: Envelope, names: StandardNames): readonly SegmentContent[] {
  if (event.kind === 'doctor_file') return [masterFile, ...event.doctors.flatMap((doctor) => staffSegments(doctor, envelope))]
  const evn = { name: 'EVN', fields: { 1: messageType(event)[1], 2: time(envelope.at) } }
  const pid = patientSegment(event.person, names)
  if (event.kind === 'merge') return [evn, pid, { name: 'MRG', fields: { 1: recordNumber(event.retiredMrn, names) } }]
  if (event.kind === 'appointment') return appointmentSegments(event, pid, names)
  const pv1 = event.visit === null ? [] : [visitSegment(event.visit, names)]
  switch (event.kind) {
    case 'patient': return [evn, pid, ...nextOfKin(event.person), ...pv1, ...photo(event.photo), ...faceConsent(event.person)]
    case 'order': return [pid, ...pv1, orderControl('NW', event.order, envelope, names), orderSegment(event.order, names)]
    case 'result': return [pid, ...pv1, orderControl('RE', event.order, envelope, names), resultSegment(event, envelope, names), ...event.result.observations.map((observation, place) => observationSegment(observation, place, names))]
    case 'document': return [evn, pid, ...pv1, { name: 'TXA', fields: {
      1: '1', 2: 'CN', 3: 'TX', 4: time(envelope.at), 9: doctorName(event.document.doctor), 12: [event.document.number, names.application], 17: 'LA'
    } }, ...event.document.lines.map((line, place) => ({ name: 'OBX', fields: { 1: String(place + 1), 2: 'TX', 3: ['NOTE', '门诊病历', 'L'], 5: line, 11: 'F' } }))]
    case 'transactions': return [evn, pid, ...pv1, ...event.lines.map((line, place) => chargeSegment(line, place, names))]
  }
}

const time = (instant: Date): string => `${beijingTime(instant)}+0800`

const recordNumber = (mrn: string, names: StandardNames): ComponentContents => [mrn, '', '', names.application, 'MR']

function patientSegment (person: Person, names: StandardNames): SegmentContent {
  const residentId = person.residentId === null ? [] : [[person.residentId, '', '', ['', '2.16.156.10011.1.3', 'ISO'], 'NI']]
  return { name: 'PID', fields: {
    1: '1',
    3: { repetitions: [recordNumber(person.mrn, names), ...residentId] },
    5: { repetitions: [[person.familyName, person.givenName, '', '', '', '', 'L'], [person.pinyin.family, person.pinyin.given, '', '', '', '', 'L', 'P']] },
    7: hl7Date(person.birthDate),
    8: person.gender === 'male' ? 'M' : 'F',
    11: [person.address.street, '', person.address.city, person.address.province, person.address.postcode, 'CHN', 'H'],
    13: ['', 'PRN', 'CP', '', '', '', person.phone]
  } }
}

function nextOfKin (person: Person): readonly SegmentContent[] {
  if (person.guardian === null) return []
  const { familyName, givenName, phone } = person.guardian
  return [{ name: 'NK1', fields: { 1: '1', 2: [familyName, givenName], 3: ['MTH', '母亲', 'HL70063'], 5: ['', 'PRN', 'CP', '', '', '', phone] } }]
}

const doctorName = (doctor: Doctor): ComponentContents => [doctor.code, doctor.familyName, doctor.givenName]

const clinic = (doctor: Doctor, names: StandardNames): ComponentContents =>
  [doctor.department.code, doctor.department.room, '', names.facility, '', '', '', '', doctor.department.name]

function visitSegment (visit: Visit, names: StandardNames): SegmentContent {
  return { name: 'PV1', fields: {
    1: '1', 2: 'O', 3: clinic(visit.doctor, names), 7: doctorName(visit.doctor), 10: [visit.doctor.department.code, visit.doctor.department.name],
    19: [visit.number, '', '', names.application, 'VN'], 44: time(visit.startedAt), 45: visit.endedAt === null ? undefined : time(visit.endedAt)
  } }
}

function photo (picture: Uint8Array | null): readonly SegmentContent[] {
  if (picture === null) return []
  const data = ['', 'image', 'jpeg', 'Base64', Buffer.from(picture).toString('base64')]
  return [{ name: 'OBX', fields: { 1: '1', 2: 'ED', 3: ['PHOTO', '患者照片', 'L'], 5: data, 11: 'F' } }]
}

/** One word a message; a photo's OBX may stand before it. */
function faceConsent ({ faceConsent: consents }: Person): readonly SegmentContent[] {
  if (consents === undefined) return []
  return [{ name: 'OBX', fields: { 1: '2', 2: 'CWE', 3: ['FACECONSENT', '人脸处理同意', 'L'], 5: [consents ? 'Y' : 'N', consents ? '同意' : '不同意', 'HL70136'], 11: 'F' } }]
}

function appointmentSegments (event: Extract<HisEvent, { kind: 'appointment' }>, pid: SegmentContent, names: StandardNames): readonly SegmentContent[] {
  const { appointment } = event
  const end = new Date(appointment.start.getTime() + appointment.minutes * 60_000)
  const pv1 = { name: 'PV1', fields: { 1: '1', 2: 'O', 3: clinic(appointment.doctor, names), 7: doctorName(appointment.doctor) } }
  return [
    { name: 'SCH', fields: {
      1: [`P${appointment.number}`, names.application], 2: [appointment.number, names.application], 7: ['ROUTINE', appointment.reason, 'L'],
      8: ['NORMAL', '普通门诊', 'HL70277'], 9: String(appointment.minutes), 10: ['min'],
      11: ['', '', String(appointment.minutes), time(appointment.start), time(end)]
    } },
    pid, pv1, { name: 'RGS', fields: { 1: '1' } }, ...resources(appointment, names)
  ]
}

function resources (appointment: Appointment, names: StandardNames): readonly SegmentContent[] {
  const { doctor } = appointment
  return [
    { name: 'AIS', fields: { 1: '1', 3: [doctor.department.code, doctor.department.name, `${names.codes}SVC`], 4: time(appointment.start), 7: String(appointment.minutes), 8: ['min'] } },
    { name: 'AIL', fields: { 1: '1', 3: clinic(doctor, names) } },
    { name: 'AIP', fields: { 1: '1', 3: doctorName(doctor) } }
  ]
}

function chargeSegment (line: Transaction, place: number, names: StandardNames): SegmentContent {
  return { name: 'FT1', fields: {
    1: String(place + 1), 2: line.id, 4: time(line.at), 5: time(line.at), 6: transactionTypes[line.kind],
    7: [line.item.code, line.item.name, `${names.codes}${line.kind === 'payment' ? 'PAY' : 'FEE'}`], 10: String(line.quantity),
    11: [[yuan(line.quantity * line.unitFen), 'CNY']], 12: [[yuan(line.unitFen), 'CNY']], 30: line.cancels === null ? undefined : [line.cancels]
  } }
}

const orderControl = (control: 'NW' | 'RE', order: Order, envelope: Envelope, names: StandardNames): SegmentContent =>
  ({ name: 'ORC', fields: { 1: control, 2: [order.number, names.application], 5: control === 'RE' ? 'CM' : 'IP', 9: time(envelope.at), 12: doctorName(order.doctor) } })

const orderSegment = (order: Order, names: StandardNames): SegmentContent =>
  ({ name: 'OBR', fields: { 1: '1', 2: [order.number, names.application], 4: [order.service.code, order.service.name, `${names.codes}LAB`] } })

function resultSegment (event: Extract<HisEvent, { kind: 'result' }>, envelope: Envelope, names: StandardNames): SegmentContent {
  const { order, result } = event
  return { name: 'OBR', fields: {
    ...orderSegment(order, names).fields, 3: [result.number, `${names.codes}LIS`], 7: time(envelope.at), 22: time(envelope.at), 24: 'LAB', 25: 'F'
  } }
}

function observationSegment ({ item, value, flag }: Observation, place: number, names: StandardNames): SegmentContent {
  const measured = typeof value === 'string' ? { 2: 'ST', 5: value } : { 2: 'NM', 5: value.number, 6: [value.unit, value.unit, 'UCUM'], 7: value.range, 8: flag }
  return { name: 'OBX', fields: { 1: String(place + 1), 3: [item.code, item.name, `${names.codes}LAB`], ...measured, 11: 'F' } }
}

const masterFile = { name: 'MFI', fields: { 1: ['PRA', '', 'HL70175'], 3: 'UPD', 6: 'NE' } }

function staffSegments (doctor: Doctor, envelope: Envelope): readonly SegmentContent[] {
  return [
    { name: 'MFE', fields: { 1: 'MAD', 2: doctor.code, 3: time(envelope.at), 4: doctor.code } },
    { name: 'STF', fields: {
      1: doctor.code, 3: [doctor.familyName, doctor.givenName], 5: doctor.gender === 'male' ? 'M' : 'F', 7: doctor.isActive ? 'A' : 'I',
      8: [doctor.department.code, doctor.department.name]
    } },
    { name: 'PRA', fields: { 1: doctor.code, 5: [doctor.speciality] } }
  ]
}
