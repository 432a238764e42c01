/**
 * A message as parts to be printed. The shape is that of the HL7 v2 codec's `printSegments`, which escapes every text,
 * so that a value may hold any character. '' and undefined print nothing, `null` prints `""`.
 */
type PrintedText = string | null | undefined

/** One field: components, each a text or a list of subcomponents. */
export type PrintedComponents = ReadonlyArray<PrintedText | readonly PrintedText[]>

export interface OutboundSegment {
  readonly name: string
  /** By the standard's field numbers. */
  readonly fields: Readonly<Record<number, { readonly repetitions: readonly PrintedComponents[] }>>
}

/** Where a row writes: `PID-8`, `PID-3[]` or `PID-13[home]` (one repetition a value), `SCH-11.4`, `ORC-2.1.1`. */
export interface OutboundTarget {
  readonly segment: string
  readonly field: number
  readonly isList: boolean
  /** 0: the whole repetition. */
  readonly component: number
  /** 0: the whole component. */
  readonly subcomponent: number
}

const grammar = /^([A-Z][A-Z0-9]{2})-([1-9]\d{0,2})(\[[A-Za-z0-9-]*\])?(?:\.([1-9]\d?))?(?:\.([1-9]\d?))?$/

/** Null where the text is no target. */
export function parseTarget (text: string): OutboundTarget | null {
  const found = grammar.exec(text)
  if (found === null || (found[3] !== undefined && found[4] !== undefined)) return null
  const [, segment = '', field, label, component, subcomponent] = found
  return { segment, field: Number(field), isList: label !== undefined, component: Number(component ?? 0), subcomponent: Number(subcomponent ?? 0) }
}

/** What a printer gives: a text, or components. */
export type Printed = string | PrintedComponents

/** A segment while its rows write it. */
export type SegmentDraft = Map<number, Array<Array<PrintedText | readonly PrintedText[]>>>

export function putPrinted (draft: SegmentDraft, { field, isList, component, subcomponent }: OutboundTarget, printed: Printed): void {
  const repetitions = draft.get(field) ?? []
  draft.set(field, repetitions)
  const components = typeof printed === 'string' ? [printed] : [...printed]
  if (component === 0) {
    if (isList || repetitions.length === 0) repetitions.push(components)
    else repetitions[0] = components
    return
  }
  const repetition = repetitions[0] ?? []
  repetitions[0] = repetition
  const flat = components.map((each) => typeof each === 'object' && each !== null ? each[0] : each)
  while (repetition.length < component) repetition.push('')
  if (subcomponent === 0) repetition[component - 1] = flat.length === 1 ? flat[0] : flat
  else repetition[component - 1] = withPart(repetition[component - 1], subcomponent, flat[0])
}

function withPart (there: PrintedText | readonly PrintedText[], subcomponent: number, text: PrintedText): readonly PrintedText[] {
  const parts = typeof there === 'object' && there !== null ? [...there] : [there]
  while (parts.length < subcomponent) parts.push('')
  parts[subcomponent - 1] = text
  return parts
}

/** Whether there is anything to print. */
export function isPrinted (printed: Printed | undefined): printed is Printed {
  if (printed === undefined || typeof printed === 'string') return printed !== undefined && printed !== ''
  return printed.some((component) => typeof component === 'object' && component !== null ? component.some((part) => part !== undefined && part !== '') : component !== undefined && component !== '')
}

export function segmentOf (name: string, draft: SegmentDraft): OutboundSegment {
  return { name, fields: Object.fromEntries([...draft].map(([field, repetitions]) => [field, { repetitions }])) }
}
