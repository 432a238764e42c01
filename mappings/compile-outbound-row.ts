import type { CodeTable } from './code-tables.ts'
import { MappingError } from './mapping-error.ts'
import { isPrinted, parseTarget, putPrinted, type OutboundTarget, type Printed, type SegmentDraft } from './outbound-content.ts'
import { compileOutboundPath, type OutboundPath, type PathPlace } from './outbound-path.ts'
import type { OutboundCondition, OutboundRow } from './outbound-row.ts'
import type { OutboundRun, OutboundScope } from './outbound-run.ts'
import type { Printer } from './printers/index.ts'

export type FillSegment = (draft: SegmentDraft, scope: OutboundScope, run: OutboundRun) => void
export type OutboundHolds = (scope: OutboundScope, run: OutboundRun) => boolean

/** What compiling a message's rows may use, and where it reports what is wrong. */
export interface OutboundCompiling {
  readonly printers: ReadonlyMap<string, Printer>
  readonly codeTables: ReadonlyMap<string, CodeTable>
  readonly fault: (row: OutboundRow, why: string) => void
  /** An element that some row reads. */
  readonly read: (type: string, element: string) => void
}

interface Plan {
  readonly target: OutboundTarget
  readonly holds: OutboundHolds
  readonly print: (scope: OutboundScope, run: OutboundRun) => readonly Printed[]
  /** Null: not required. */
  readonly requiredPlace: string | null
}

/** Rows of one target are alternatives: the first that gives something counts. */
export function compileOutboundRows (rows: readonly OutboundRow[], within: PathPlace & { readonly segment: string }, compiling: OutboundCompiling): FillSegment {
  const byTarget = new Map<string, Plan[]>()
  for (const row of rows) {
    const target = parseTarget(row.to)
    if (target === null || target.segment !== within.segment) compiling.fault(row, target === null ? `no field: "${row.to}"` : `is no field of ${within.segment}`)
    else byTarget.set(row.to, [...byTarget.get(row.to) ?? [], compileRow(row, target, within, compiling)])
  }
  const targets = [...byTarget.values()]
  return (draft, scope, run) => {
    for (const plans of targets) fillTarget(plans, draft, scope, run)
  }
}

function fillTarget (plans: readonly Plan[], draft: SegmentDraft, scope: OutboundScope, run: OutboundRun): void {
  let missing: string | null = null
  for (const { target, holds, print, requiredPlace } of plans) {
    if (!holds(scope, run)) continue
    const printed = print(scope, run)
    for (const each of printed) putPrinted(draft, target, each)
    if (printed.length > 0) return
    missing ??= requiredPlace
  }
  if (missing !== null) run.refuse(missingAt(missing))
}

export function missingAt (place: string): MappingError {
  return new MappingError('MAPPING_VALUE_MISSING', `${place} is absent and the message cannot go without it; complete the record or change the site's outbound row.`, place)
}

function compileRow (row: OutboundRow, target: OutboundTarget, within: PathPlace, compiling: OutboundCompiling): Plan {
  const fault = (why: string): void => { compiling.fault(row, why) }
  const paths = (typeof row.from === 'string' ? [row.from] : row.from ?? []).flatMap((text) => pathOf(text, within, compiling, fault))
  const name = row.as ?? 'text'
  const printer = compiling.printers.get(name)
  const table = row.table === undefined ? null : compiling.codeTables.get(row.table) ?? null
  if (printer === undefined) fault(`no printer "${name}"`)
  if (row.table !== undefined && table === null) fault(`no outbound table "${row.table}"`)
  const place = paths[0]?.place ?? row.to
  return {
    target,
    holds: compileOutboundConditions(row.when, within, compiling, fault),
    requiredPlace: row.required === true ? place : null,
    print: (scope, run) => {
      if (row.value !== undefined) return [row.value]
      const printed = printer === undefined ? [] : printFirst(paths, { printer, table, hasDefault: row.default !== undefined, isList: target.isList }, scope, run)
      return printed.length === 0 && row.default !== undefined ? [row.default] : printed
    }
  }
}

interface PrintingRow {
  readonly printer: Printer
  readonly table: CodeTable | null
  readonly hasDefault: boolean
  readonly isList: boolean
}

/** What the first path that says anything says. */
function printFirst (paths: readonly OutboundPath[], { printer, table, hasDefault, isList }: PrintingRow, scope: OutboundScope, run: OutboundRun): readonly Printed[] {
  for (const { read, place } of paths) {
    const printed = read(scope, run).map(({ value, record }) => printer(value, { run, record, place, table, hasDefault })).filter(isPrinted)
    if (printed.length > 1 && !isList) run.note(`${place}: more than one value, the first counts`)
    if (printed.length > 0) return isList ? printed : printed.slice(0, 1)
  }
  return []
}

export function pathOf (text: string, within: PathPlace, compiling: Pick<OutboundCompiling, 'read'>, fault: (why: string) => void): readonly OutboundPath[] {
  const path = compileOutboundPath(text, within)
  if (typeof path === 'string') {
    fault(path)
    return []
  }
  for (const [type, element] of path.reads) compiling.read(type, element)
  return [path]
}

export function compileOutboundConditions (when: OutboundRow['when'], within: PathPlace, compiling: Pick<OutboundCompiling, 'read'>, fault: (why: string) => void): OutboundHolds {
  const tests = Object.entries(when ?? {}).flatMap(([text, condition]) => pathOf(text, within, compiling, fault).map((path) => compileCondition(path, condition)))
  return (scope, run) => tests.every((holds) => holds(scope, run))
}

function compileCondition ({ read }: OutboundPath, condition: OutboundCondition): OutboundHolds {
  const wanted = typeof condition === 'string' ? [condition] : condition
  return (scope, run) => {
    const found = read(scope, run)
    if (found.length === 0) return wanted.includes('')
    return wanted.includes('*') || found.some(({ value }) => wanted.includes(typeof value === 'string' ? value : JSON.stringify(value)))
  }
}
