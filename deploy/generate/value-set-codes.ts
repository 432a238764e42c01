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
  for (const include of set.compose.include) {
    const included = codesBySystem(all, include)
    if (included === null) return null
    for (const [system, codes] of Object.entries(included)) systems[system] = [systems[system] ?? '', codes].join(' ').trim()
  }
  return Object.values(systems).join(' ').split(' ').length > largestSet ? null : systems
}

function codesBySystem (all: readonly TerminologyEntry[], include: Include): Record<string, string> | null {
  const { system, valueSet } = include
  if (valueSet === undefined) {
    const codes = codesOfInclude(all, include)
    return codes === null || system === undefined ? null : { [system]: codes.join(' ') }
  }
  const [inner] = valueSet
  return system === undefined && valueSet.length === 1 && inner !== undefined ? codesOf(all, inner.replace(/\|.*$/, '')) : null
}
