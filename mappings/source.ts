/**
 * What a mapping reads from. The HL7 v2 codec's message has this shape; other formats bring a reader of their own.
 * Numbers are the standard's (HL7 v2.5.1 §2.5): fields, repetitions, components and subcomponents count from 1, and
 * MSH-1 is the separator itself.
 */
export interface SegmentSource {
  readonly name: string
  /** How many repetitions the field has; 0 where it is absent or empty. */
  readonly count: (field: number) => number
  /**
   * Decoded text (escapes resolved) of one subcomponent. `undefined`: not valued; `null`: deleted on purpose (`""`).
   */
  readonly value: (field: number, repetition: number, component: number, subcomponent: number) => string | null | undefined
  /** Raw text of the whole field with all delimiters, for hashes and notes. */
  readonly raw: (field: number) => string
}

export interface MessageSource {
  readonly segments: readonly SegmentSource[]
}
