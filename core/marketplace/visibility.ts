import type { Doctor } from './doctor.ts'

/** 可见范围 (M4, M5). For whom doctors are looked for. */
export type Viewer =
  /** Platform staff. */
  | { readonly kind: 'platform' }
  /** Where the person lies in, or will, or says so. */
  | { readonly kind: 'patient', readonly admittedTo: readonly string[] }
  | { readonly kind: 'hospital', readonly hospitalId: string, readonly seesAll: boolean }
  | { readonly kind: 'doctor', readonly doctorId: string | null }
  | { readonly kind: 'nobody' }

/** Of doctors whose audit is passed; nobody sees any other, but for the owner and the reviewers. */
export function mayView ({ id, hospitalId, specialty }: Pick<Doctor, 'id' | 'hospitalId' | 'specialty'>, viewer: Viewer): boolean {
  switch (viewer.kind) {
    case 'platform': return true
    case 'patient': return specialty === 'anaesthesia' && hospitalId !== null && viewer.admittedTo.includes(hospitalId)
    case 'hospital': return hospitalId === viewer.hospitalId || (viewer.seesAll && specialty === 'anaesthesia')
    case 'doctor': return id === viewer.doctorId
    case 'nobody': return false
  }
}

/** The same as a filter of lists. */
export interface DoctorScope {
  /** Null: every one. */
  readonly hospitalIds: readonly string[] | null
  readonly doctorId: string | null
  /** Hospitals of which those of other specialties are seen, too; null: of all. */
  readonly wholeHospitalId: string | null
  readonly onlyAnaesthesia: boolean
}

const everyone: DoctorScope = { hospitalIds: null, doctorId: null, wholeHospitalId: null, onlyAnaesthesia: false }

/** Null: none. */
export function scopeOf (viewer: Viewer): DoctorScope | null {
  switch (viewer.kind) {
    case 'platform': return everyone
    case 'patient': return viewer.admittedTo.length === 0 ? null : { ...everyone, hospitalIds: viewer.admittedTo, onlyAnaesthesia: true }
    case 'hospital': return viewer.seesAll ? { ...everyone, wholeHospitalId: viewer.hospitalId, onlyAnaesthesia: true } : { ...everyone, hospitalIds: [viewer.hospitalId] }
    case 'doctor': return viewer.doctorId === null ? null : { ...everyone, doctorId: viewer.doctorId }
    case 'nobody': return null
  }
}
