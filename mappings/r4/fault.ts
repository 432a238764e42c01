/** What is wrong with a resource, and where. Neither path nor text ever holds a value of the resource. */
export interface Fault {
  /** e.g. `Patient.contact[0].telecom[1].system`. */
  readonly path: string
  /** Names of the FHIR issue-type codes, so that an OperationOutcome can carry them as they are. */
  readonly code: 'structure' | 'required' | 'value' | 'code-invalid' | 'invariant' | 'not-supported'
  readonly text: string
}

/** Above this the rest of the faults tell nothing new. */
const mostFaults = 100

/** What one check of one resource carries along. */
export interface CheckRun {
  readonly faults: Fault[]
  /** Contained resources by `#id`, with their type; of the resource that contains. */
  contained: ReadonlyMap<string, string>
  /** Inside a Bundle, references may be conditional (`Type?query`). */
  inBundle: boolean
  /** The resource to be checked next is contained in another. */
  isContained: boolean
  depth: number
}

export type Part = Readonly<Record<string, unknown>>
/** `owner` is the object that holds the value: a list of primitives needs its `_list` beside it. */
export type Check = (value: unknown, path: string, run: CheckRun, owner: Part) => void

export function isPart (value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function fault (run: CheckRun, path: string, code: Fault['code'], text: string): void {
  if (run.faults.length < mostFaults) run.faults.push({ path, code, text })
}
