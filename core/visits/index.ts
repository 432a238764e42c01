export type { Visit, VisitClass, VisitState } from './visit.ts'
export type { VisitStore } from './ports.ts'
export { findVisit } from './find-visit.ts'
export { saveVisit } from './save-visit.ts'
