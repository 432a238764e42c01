export type { Hospital, Practitioner } from './directory.ts'
export type { PractitionerStore } from './ports.ts'
export { savePractitioner, type PractitionerFacts } from './save-practitioner.ts'
