import { compileConditions } from './compile-condition.ts'
import { compileRow, type Draft, type Fill, type RowCompiling, type Target } from './compile-row.ts'
import { parseElementPath, type JsonObject } from './element-path.ts'
import { compileItemScopes } from './item-scopes.ts'
import type { Row } from './row.ts'
import type { Scope } from './scope.ts'
import type { Origin } from './tables.ts'
import { nextPlace } from './trace.ts'

/** What compiling a whole table needs; a fault is told with the place of its row. */
export interface TableCompiling extends Omit<RowCompiling, 'fault' | 'siblings' | 'compileItems' | 'isItem' | 'origin'> {
  readonly fault: (row: Row, why: string) => void
  readonly originOf: (row: Row) => Origin | null
}

/**
 * Rows become one function. Rows of one target are alternatives (they differ by `when`): the first that gives
 * something counts.
 */
export function compileRows (rows: readonly Row[], compiling: TableCompiling, isItem = false): Fill {
  const siblings = rows.flatMap((row) => {
    const path = parseElementPath(row.to)
    return path === null ? [] : [path]
  })
  const byTarget = new Map<string, Fill[]>()
  for (const row of rows) {
    const fill = compileRow(row, {
      ...compiling,
      isItem,
      siblings,
      fault: (why) => { compiling.fault(row, why) },
      origin: compiling.originOf(row),
      compileItems: (items, target) => compileItems(items, target, compiling)
    })
    const alternatives = byTarget.get(row.to)
    if (alternatives === undefined) byTarget.set(row.to, [fill])
    else alternatives.push(fill)
  }
  const fills = [...byTarget.values()].map((alternatives) => alternatives.length === 1 ? alternatives[0] as Fill : firstOf(alternatives))
  return (draft, scope, making) => {
    let said: 'nothing' | 'constant' | 'value' = 'nothing'
    for (const fill of fills) {
      const outcome = fill(draft, scope, making)
      if (outcome === 'missing') return 'missing'
      if (outcome === 'value' || (outcome === 'constant' && said === 'nothing')) said = outcome
    }
    return said
  }
}

function firstOf (alternatives: readonly Fill[]): Fill {
  return (draft, scope, making) => {
    for (const fill of alternatives) {
      const outcome = fill(draft, scope, making)
      if (outcome !== 'nothing') return outcome
    }
    return 'nothing'
  }
}

/** `rows`: an item is made where at least one row has a value of the sender's; constants alone make none. */
function compileItems (row: Row, { path, put, isList }: Target, compiling: TableCompiling): Fill {
  const fault = (why: string): void => { compiling.fault(row, why) }
  const origin = compiling.originOf(row)
  const inner = compileRows(row.rows ?? [], { ...compiling, originOf: () => origin, fault: (item, why) => { compiling.fault(row, `${item.to}: ${why}`) } }, true)
  const holds = compileConditions(row.when, { ...compiling, fault })
  const scopes = row.per === undefined ? (scope: Scope) => [scope] : compileItemScopes(row.per, { ...compiling, fault })
  return (draft, scope, making) => {
    let isMade = false
    for (const at of scopes(scope)) {
      if (holds !== null && !holds(at)) continue
      const item: JsonObject = {}
      const part: Draft = { into: item, deleted: [], weak: [], strong: [], told: draft.told === null ? null : [] }
      if (inner(part, at, making) !== 'value') continue
      if (draft.told !== null) tellItem(draft, part, nextPlace(path, draft.into, item))
      put(draft.into, item)
      isMade = true
      if (!isList) break
    }
    return isMade ? 'value' : 'nothing'
  }
}

function tellItem ({ told }: Draft, part: Draft, place: string): void {
  for (const each of part.told ?? []) told?.push({ ...each, element: `${place}.${each.element}` })
}
