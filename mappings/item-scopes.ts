import { within } from './groups.ts'
import { parsePath } from './path.ts'
import type { ConditionCompiling } from './compile-condition.ts'
import type { Scope } from './scope.ts'

/** Where the items of a `per` row stand: each segment of the name in reach (`@`: in the same group), or each repetition. */
export function compileItemScopes (per: string, compiling: Pick<ConditionCompiling, 'fault' | 'read' | 'columns'>): (scope: Scope) => readonly Scope[] {
  const isSameGroup = per.startsWith('@')
  const path = parsePath(isSameGroup ? per.slice(1) : per, compiling.columns)
  if (path === null || path.component !== 0) {
    compiling.fault(`"per" is neither a segment nor a field: "${per}"`)
    return () => []
  }
  compiling.read(path.segment)
  const { segment: name, field } = path
  return (scope) => {
    const found = isSameGroup
      ? scope.node.segments.filter((segment) => segment.name === name).map((segment) => ({ node: scope.node, segment }))
      : within(scope.node, name)
    return found.flatMap(({ node, segment }): readonly Scope[] => field === 0
      ? [{ node, segment, field: 0, repetition: 0, outer: scope }]
      : Array.from({ length: segment.count(field) }, (_, index) => ({ node, segment, field, repetition: index + 1, outer: scope })))
  }
}
