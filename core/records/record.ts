/** A FHIR R4 resource as it stands in JSON. */
export interface Resource {
  readonly resourceType: string
  readonly id?: string
  readonly [element: string]: unknown
}

/** What one message says of one resource. */
export interface RecordChange {
  readonly resource: Resource & { readonly id: string }
  /** Elements that the sender deleted on purpose (HL7 v2 `""`). */
  readonly removed: readonly string[]
  /**
   * A weak change only fills elements that are still absent: a charge names its visit but says nothing of its state.
   */
  readonly weak: boolean
  /** Elements of an otherwise strong change that only fill what is absent, e.g. the status that an A08 can but guess. */
  readonly weakElements?: readonly string[]
  /** When the facts were so, by the sender (EVN-2, else MSH-7). */
  readonly asOf: Date
  readonly hospitalId: string
  /** The patient whose compartment this belongs to; null for directory records. */
  readonly patientId: string | null
  /**
   * Made here (by a patient, an app, a rule): the hospital has not said it, so it goes out to the hospital's
   * destinations. Absent: the hospital knows it.
   */
  readonly isOurs?: boolean
  /** The one message that tells it, e.g. SRM^S04, where it is up to the change; a destination that writes resources is written to anyway. */
  readonly toldAs?: string
  /** A part of another record that is told with it: a message of HL7 v2 tells the whole, so none tells the part alone. */
  readonly isPart?: boolean
  /** The inbox message or interface that said it. */
  readonly source: string
  /** Version (hash) of the mapping that read it, where one did. */
  readonly mappingVersion: string | null
}

/** A resource in one of its versions. */
export interface RecordVersion {
  readonly type: string
  readonly id: string
  readonly version: number
  readonly lastUpdated: Date
  readonly resource: Resource
  /** Per top-level element, when it was so by the sender (ms since 1970). Decides which of two messages is newer. */
  readonly elementTimes: Readonly<Record<string, number>>
  readonly hospitalId: string | null
  readonly patientId: string | null
  readonly source: string
  readonly mappingVersion: string | null
}
