import { isObject } from './element-path.ts'

/**
 * A place in a FHIR resource: `period.start`, `name[0].text`, `identifier[type.coding.code=VN].value`,
 * `extension[url=urn:x].valueMoney`. A list without index means each of its items, in order; `telecom[use=]` those of
 * them that have no use.
 */
export type ReadFhir = (from: unknown) => readonly unknown[]

const step = /^(_?[A-Za-z][A-Za-z0-9]*)(?:\[(?:(\d+)|([A-Za-z.]+)=([^\]]*))\])?(?:\.|$)/

/** Null where the text is no path. */
export function compileFhirPath (text: string): ReadFhir | null {
  const steps: Array<(values: readonly unknown[]) => readonly unknown[]> = []
  for (let rest = text; rest !== '';) {
    const found = step.exec(rest)
    if (found === null || rest === `${found[0]}.`) return null
    const [whole, name = '', index, where, is] = found
    steps.push(childrenOf(name))
    if (index !== undefined) steps.push((values) => values.slice(Number(index), Number(index) + 1))
    if (where !== undefined) {
      const read = compileFhirPath(where)
      if (read === null) return null
      steps.push((values) => values.filter((value) => is === '' ? read(value).length === 0 : read(value).includes(is)))
    }
    rest = rest.slice(whole.length)
  }
  return (from) => steps.reduce<readonly unknown[]>((values, next) => next(values), [from])
}

function childrenOf (name: string): (values: readonly unknown[]) => readonly unknown[] {
  return (values) => values.flatMap((value) => {
    if (!isObject(value)) return []
    const child = value[name]
    return child === undefined || child === null ? [] : Array.isArray(child) ? child as unknown[] : [child]
  })
}
