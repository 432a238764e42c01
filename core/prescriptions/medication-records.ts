import { placerSystem } from '../identity/index.ts'
import type { DrugOrder } from './drug-order.ts'
import type { OurRecord } from './our-records.ts'
import type { Parcel, ParcelEvent } from './parcel.ts'
import type { Prescription, PrescriptionItem, PrescriptionState } from './prescription.ts'

const gtsAbbreviations = 'http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation'
const kinds = 'http://terminology.hl7.org/CodeSystem/v2-0203'
const icd10 = 'http://hl7.org/fhir/sid/icd-10'

/** FHIR R4 medicationrequest-status. Before the pharmacist's yes there is no record of it. */
const statuses: Readonly<Record<PrescriptionState, string>> = {
  draft: 'draft', signed: 'draft', pharmacist_approved: 'active', rejected: 'cancelled', dispensed: 'completed', expired: 'stopped', void: 'cancelled'
}

const requestId = ({ id }: Pick<Prescription, 'id'>, { number }: Pick<PrescriptionItem, 'number'>): string => `${id}-${number}`
const drugOf = ({ code, name, form }: PrescriptionItem, hospitalId: string): object => ({ coding: [{ system: `urn:yiqiao:hospital:${hospitalId}:drug`, code, display: name }], text: `${name} ${form}` })

/** 处方 as FHIR: one MedicationRequest for each drug, held together by the number of the prescription (RDE^O11 by the outbound tables). */
export function medicationRequests (prescription: Prescription, visit: string | null): readonly OurRecord[] {
  const { number, patientId, doctorId, hospitalId, items, diagnoses, state, signature, review, validUntil, reason } = prescription
  return items.map((item): OurRecord => ({
    resource: {
      resourceType: 'MedicationRequest', id: requestId(prescription, item), status: statuses[state], intent: 'order',
      identifier: [{ type: { coding: [{ system: kinds, code: 'PLAC' }] }, system: placerSystem, value: `${number}-${item.number}`, assigner: { display: 'YIQIAO' } }],
      groupIdentifier: { system: placerSystem, value: number },
      ...reason === null ? {} : { statusReason: { text: reason } },
      medicationCodeableConcept: drugOf(item, hospitalId),
      subject: { reference: `Patient/${patientId}` },
      ...visit === null ? {} : { encounter: { reference: visit } },
      ...signature === null ? {} : { authoredOn: signature.at.toISOString() },
      requester: { reference: `Practitioner/${doctorId}` },
      ...review === null ? {} : { recorder: { display: '审方药师' } },
      reasonCode: diagnoses.map(({ code, text }) => ({ coding: [{ system: icd10, code, display: text }], text })),
      dosageInstruction: [{
        text: dosageText(item),
        timing: { repeat: { boundsDuration: { value: item.days, unit: 'd', system: 'http://unitsofmeasure.org', code: 'd' } }, code: { coding: [{ system: gtsAbbreviations, code: item.frequency }], text: item.frequency } },
        route: { text: item.route },
        doseAndRate: [{ doseQuantity: { value: item.dose.value, unit: item.dose.unit } }]
      }],
      dispenseRequest: {
        ...validUntil === null ? {} : { validityPeriod: { end: validUntil.toISOString() } }, quantity: { value: item.quantity, unit: item.unit }, expectedSupplyDuration: { value: item.days, unit: 'd', system: 'http://unitsofmeasure.org', code: 'd' }
      }
    }
  }))
}

const frequencyWords: Readonly<Record<string, string>> = { QD: '每日一次', BID: '每日两次', TID: '每日三次', QID: '每日四次', QOD: '隔日一次', QN: '每晚一次', PRN: '必要时', Q8H: '每8小时一次', Q12H: '每12小时一次', QW: '每周一次' }

/** 用法用量. */
export function dosageText ({ dose, route, frequency, days }: PrescriptionItem): string {
  return `每次 ${dose.value} ${dose.unit}，${frequencyWords[frequency] ?? frequency}，${route}，共 ${days} 天`
}

/** 发药. */
export function medicationDispenses ({ id, items, hospitalId, patientId, prescriptionId, delivery, dispensedAt, deliveredAt }: DrugOrder): readonly OurRecord[] {
  return items.map((item): OurRecord => ({
    resource: {
      resourceType: 'MedicationDispense', id: `${id}-${item.number}`, status: 'completed', medicationCodeableConcept: drugOf(item, hospitalId), subject: { reference: `Patient/${patientId}` },
      authorizingPrescription: [{ reference: `MedicationRequest/${requestId({ id: prescriptionId }, item)}` }],
      quantity: { value: item.quantity, unit: item.unit }, daysSupply: { value: item.days, unit: 'd', system: 'http://unitsofmeasure.org', code: 'd' },
      ...dispensedAt === null ? {} : { whenPrepared: dispensedAt.toISOString() },
      ...delivery === 'pick_up' && deliveredAt !== null ? { whenHandedOver: deliveredAt.toISOString() } : {}
    }
  }))
}

const supplyStatuses: Readonly<Record<Parcel['state'], string>> = {
  requested: 'in-progress', accepted: 'in-progress', picked_up: 'in-progress', in_transit: 'in-progress', out_for_delivery: 'in-progress', returning: 'in-progress', delivered: 'completed', returned: 'abandoned', lost: 'abandoned', refused: 'abandoned'
}

/** 配送 (C13): the parcel, never its content or address. */
export function supplyDelivery ({ id, number, patientId }: Pick<DrugOrder, 'id' | 'number' | 'patientId'>, { state, trackingNumber }: Parcel, last: ParcelEvent | null): OurRecord {
  return {
    resource: {
      resourceType: 'SupplyDelivery', id, status: supplyStatuses[state], patient: { reference: `Patient/${patientId}` },
      identifier: [{ system: placerSystem, value: number }, ...trackingNumber === null ? [] : [{ system: 'urn:yiqiao:carrier:tracking', value: trackingNumber }]],
      ...last === null ? {} : { occurrenceDateTime: last.at.toISOString() }
    }
  }
}
