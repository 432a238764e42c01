import { isObject, type ElementPath, type JsonObject } from './element-path.ts'

/** Elements of which R4 allows one type only; a row that comes second with another type gives way. */
const choice = /^(abatement|born|collected|deceased|effective|item|medication|multipleBirth|occurrence|onset|performed|product|scheduled|serviced|timing|value)(?=[A-Z])/

interface ChoicePlace {
  readonly container: string
  readonly depth: number
  readonly base: string
  readonly name: string
}

/** Null where no other row of the table fills the same choice. */
export function compileGuard (path: ElementPath, siblings: readonly ElementPath[]): ((into: JsonObject) => boolean) | null {
  const place = placeOf(path)
  if (place === null) return null
  const rivals = new Set(siblings.map(placeOf)
    .filter((other) => other !== null && other.container === place.container && other.base === place.base && other.name !== place.name)
    .map((other) => other?.name ?? ''))
  if (rivals.size === 0) return null
  const names = path.slice(0, place.depth).map((step) => step.name)
  const { base } = place
  return (into) => {
    let container: unknown = into
    for (const name of names) container = isObject(container) ? container[name] : undefined
    return isObject(container) && Object.keys(container).some((name) => name !== place.name && choice.exec(name)?.[1] === base)
  }
}

function placeOf (path: ElementPath): ChoicePlace | null {
  const depth = path.findIndex((step) => step.choice || choice.test(step.name))
  const step = path[depth]
  if (step === undefined || path.slice(0, depth).some((before) => before.list !== 'none')) return null
  return {
    container: path.slice(0, depth).map((before) => before.name).join('.'),
    depth,
    base: step.choice ? step.name : choice.exec(step.name)?.[1] ?? step.name,
    name: step.name
  }
}
