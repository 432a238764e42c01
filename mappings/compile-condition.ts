import type { CodeTable } from './code-tables.ts'
import { parsePath } from './path.ts'
import type { Condition } from './row.ts'
import { textIn, type Scope } from './scope.ts'
import type { Columns } from './view-table.ts'

export type Holds = (scope: Scope) => boolean

/** What compiling a row may use, and where it reports what is wrong. */
export interface ConditionCompiling {
  readonly codeTables: ReadonlyMap<string, CodeTable>
  readonly fault: (why: string) => void
  readonly read: (segment: string) => void
  readonly columns: Columns
}

/** Null where there is no condition. */
export function compileConditions (when: Readonly<Record<string, Condition>> | undefined, compiling: ConditionCompiling): Holds | null {
  if (when === undefined) return null
  const tests = Object.entries(when).map(([path, condition]) => compileCondition(path, condition, compiling))
  const [only] = tests
  return tests.length === 1 && only !== undefined ? only : (scope) => tests.every((holds) => holds(scope))
}

function compileCondition (pathText: string, condition: Condition, compiling: ConditionCompiling): Holds {
  const path = parsePath(pathText, compiling.columns)
  if (path === null) {
    compiling.fault(`no such path in "when": "${pathText}"`)
    return () => false
  }
  compiling.read(path.segment)
  if (typeof condition === 'string' || Array.isArray(condition)) {
    const fits = equality(condition as string | readonly string[])
    return (scope) => fits(textIn(path, scope))
  }
  const { table: name, is } = condition as { readonly table: string, readonly is: string | readonly string[] }
  const table = compiling.codeTables.get(name)
  if (table === undefined) {
    compiling.fault(`no table "${name}"`)
    return () => false
  }
  const fits = equality(is)
  return (scope) => {
    const text = textIn(path, scope)
    return fits(text === undefined ? undefined : table.find(text)?.code)
  }
}

function equality (wanted: string | readonly string[]): (text: string | undefined) => boolean {
  const all = typeof wanted === 'string' ? [wanted] : wanted
  if (all.includes('*')) return (text) => text !== undefined
  const mayBeAbsent = all.includes('')
  const [only] = all
  if (all.length === 1) return mayBeAbsent ? (text) => text === undefined : (text) => text === only
  return (text) => text === undefined ? mayBeAbsent : all.includes(text)
}
