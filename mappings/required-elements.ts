/** Elements without which R4 has no such resource; `[x]` for a choice. Checked against the tables and on every output. */
export const requiredElements: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: ['patient'],
  Appointment: ['status', 'participant'],
  ChargeItem: ['status', 'code', 'subject'],
  Condition: ['subject'],
  Coverage: ['status', 'beneficiary', 'payor'],
  DiagnosticReport: ['status', 'code'],
  DocumentReference: ['status', 'content'],
  Encounter: ['status', 'class'],
  Immunization: ['status', 'vaccineCode', 'patient', 'occurrence[x]'],
  MedicationAdministration: ['status', 'medication[x]', 'subject', 'effective[x]'],
  MedicationDispense: ['status', 'medication[x]'],
  MedicationRequest: ['status', 'intent', 'medication[x]', 'subject'],
  MessageHeader: ['event[x]', 'source'],
  Observation: ['status', 'code'],
  PaymentNotice: ['status', 'created', 'payment', 'recipient', 'amount'],
  Procedure: ['status', 'subject'],
  RelatedPerson: ['patient'],
  Schedule: ['actor'],
  ServiceRequest: ['status', 'intent', 'subject'],
  Slot: ['schedule', 'status', 'start', 'end'],
  Task: ['status', 'intent']
}

/** Whether an element's name is the required one, or one type of the required choice. */
export function isRequired (required: string, element: string): boolean {
  return required.endsWith('[x]') ? element.startsWith(required.slice(0, -3)) : element === required
}

/** Records of a hospital as a whole: in nobody's compartment. */
export const directoryTypes: readonly string[] = ['Device', 'HealthcareService', 'Location', 'Medication', 'Organization', 'Practitioner', 'PractitionerRole', 'Schedule', 'Slot']
