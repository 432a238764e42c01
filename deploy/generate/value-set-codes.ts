interface Concept { readonly code: string, readonly concept?: readonly Concept[] }
interface Include {
  readonly system?: string
  readonly concept?: readonly Concept[]
  readonly filter?: ReadonlyArray<{ readonly op: string, readonly value: string }>
  readonly valueSet?: readonly string[]
}
export interface TerminologyEntry {
  readonly resourceType: string
  readonly url?: string
  readonly content?: string
  readonly concept?: readonly Concept[]
  readonly compose?: { readonly include: readonly Include[], readonly exclude?: readonly Include[] }
}

/** Above this a set is a terminology, not a code list: a checker without a terminology server leaves it alone. */
const largestSet = 400

const flat = (concepts: readonly Concept[]): Concept[] => concepts.flatMap((concept) => [concept, ...flat(concept.concept ?? [])])

function codesOfInclude (all: readonly TerminologyEntry[], include: Include): readonly string[] | null {
  if (include.concept !== undefined) return include.concept.map(({ code }) => code)
  const system = all.find(({ resourceType, url }) => resourceType === 'CodeSystem' && url === include.system)
  if (system?.content !== 'complete') return null
  const concepts = flat(system.concept ?? [])
  if (include.filter === undefined) return concepts.map(({ code }) => code)
  const [filter] = include.filter
  if (include.filter.length > 1 || filter === undefined || !['is-a', 'descendent-of'].includes(filter.op)) return null
  const top = concepts.find(({ code }) => code === filter.value)
  return top === undefined ? null : [...(filter.op === 'is-a' ? [top.code] : []), ...flat(top.concept ?? []).map(({ code }) => code)]
}

/** System → its codes joined by spaces, or null where the set cannot be told completely from the definitions. */
export function codesOf (all: readonly TerminologyEntry[], url: string): Record<string, string> | null {
  const set = all.find((entry) => entry.resourceType === 'ValueSet' && entry.url === url)
  if (set?.compose === undefined || set.compose.exclude !== undefined) return null
  const systems: Record<string, string> = {}
  let count = 0
  for (const include of set.compose.include) {
    if (include.valueSet !== undefined) {
      const inner = include.valueSet.map((one) => codesOf(all, one.replace(/\|.*$/, '')))
      if (include.system !== undefined || inner.length !== 1 || inner[0] === null) return null
      Object.assign(systems, inner[0])
      continue
    }
    const codes = codesOfInclude(all, include)
    if (codes === null || include.system === undefined) return null
    count += codes.length
    systems[include.system] = [...(systems[include.system]?.split(' ') ?? []), ...codes].join(' ')
  }
  return count > largestSet ? null : systems
}
