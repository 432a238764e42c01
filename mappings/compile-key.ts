import type { ConditionCompiling } from './compile-condition.ts'
import { parsePath, type Hl7Path } from './path.ts'
import type { Row } from './row.ts'
import { instanceIn, textIn, type Making, type Scope } from './scope.ts'

/** The hospital's own key of a thing; undefined where the message names none. */
export type KeyOf = (scope: Scope, making: Making) => string | undefined

interface KeySource {
  /** `filler:ORC-3.1`: another numbering, whose numbers may be the same. */
  readonly numbering: string
  readonly path: Hl7Path
}

/** The `id` row: what the first filled path says, after the key of what it is within, before its further parts. */
export function compileKey (row: Row, compiling: ConditionCompiling): KeyOf {
  const sources = texts(row.from).flatMap((text) => sourceOf(text, compiling))
  const further = (row.and ?? []).flatMap((text) => sourceOf(text, compiling))
  const around = texts(row.within)
  return (scope, making) => {
    const first = firstFilled(sources, scope)
    const rest = further.map(({ path }) => textIn(path, scope) ?? '')
    if (first === undefined && (sources.length > 0 || rest.every((text) => text === ''))) return undefined
    const own = first === undefined ? rest : [first, ...rest]
    if (around.length === 0) return own.join('|')
    for (const alias of around) {
      const instance = instanceIn(alias, scope, making)
      if (instance !== undefined) return [instance.key, ...own].join('|')
    }
    return own.join('|')
  }
}

/** The path of an `id` row that its key is read from, for its origin; null where only its further parts are filled. */
export function compileKeyPath (row: Row, compiling: ConditionCompiling): (scope: Scope) => string | null {
  const sources = texts(row.from).flatMap((text) => sourceOf(text, { ...compiling, fault: () => undefined }))
  return (scope) => sources.find(({ path }) => textIn(path, scope) !== undefined)?.path.text ?? null
}

function firstFilled (sources: readonly KeySource[], scope: Scope): string | undefined {
  for (const { numbering, path } of sources) {
    const text = textIn(path, scope)
    if (text !== undefined) return numbering + text
  }
  return undefined
}

function sourceOf (text: string, compiling: ConditionCompiling): readonly KeySource[] {
  const [, numbering, pathText] = /^(?:([a-z]+):)?(.*)$/.exec(text) ?? []
  const path = parsePath(pathText ?? '', compiling.columns)
  if (path === null || path.field === 0) {
    compiling.fault(`no such path: "${text}"`)
    return []
  }
  compiling.read(path.segment)
  return [{ numbering: numbering === undefined ? '' : `${numbering}:`, path }]
}

function texts (given: string | readonly string[] | undefined): readonly string[] {
  return given === undefined ? [] : typeof given === 'string' ? [given] : given
}
