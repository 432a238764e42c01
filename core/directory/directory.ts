/** A hospital that is connected (SITE_CONFIG hospitals[]). */
export interface Hospital {
  readonly id: string
  readonly name: string
}

/** 医生. FHIR Practitioner with its PractitionerRole at one hospital, from MFN^M02. */
export interface Practitioner {
  readonly id: string
  readonly hospitalId: string
  readonly name: string | null
  readonly department: string | null
  readonly active: boolean
}
