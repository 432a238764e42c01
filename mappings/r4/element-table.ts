/**
 * The compact form of the FHIR R4 definitions in elements.json (written by deploy/generate/r4-elements.ts). A row reads
 * `min..max Type|Type @code-set`, e.g. `1..1 Reference(Patient,Group)` or `0..1 code @administrative-gender`; a type with
 * a dot is a part that its resource defines (`Patient.contact`). A name that ends in `[x]` is a choice of types.
 */
export interface ElementTable {
  readonly source: string
  readonly resources: readonly string[]
  /** R4 resource types that are known by name only: a reference may point to them. */
  readonly otherResources: readonly string[]
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Closed code sets: system → codes, separated by spaces. */
  readonly codes: Readonly<Record<string, Readonly<Record<string, string>>>>
}

interface ElementType {
  readonly name: string
  /** Resource types a reference may point to; null = any. */
  readonly targets: ReadonlySet<string> | null
}

export interface ElementRow {
  readonly name: string
  readonly isChoice: boolean
  readonly required: boolean
  /** 1 for a single value, else how many a list may hold. */
  readonly max: number
  readonly types: readonly ElementType[]
  readonly codeSet: string | null
}

export function elementRow (name: string, text: string): ElementRow {
  const parts = /^(\d+)\.\.(\d+|\*) (\S+)(?: @(\S+))?$/.exec(text)
  if (parts === null) throw new TypeError(`elements.json: ${name} has a row that cannot be read`)
  const [, min, max, types = '', codeSet = null] = parts
  return {
    name: name.replace('[x]', ''),
    isChoice: name.endsWith('[x]'),
    required: min !== '0',
    max: max === '*' ? Number.POSITIVE_INFINITY : Number(max),
    types: types.split('|').map(elementType),
    codeSet
  }
}

function elementType (text: string): ElementType {
  const [name = '', targets] = text.replace(')', '').split('(')
  return { name, targets: targets === undefined ? null : new Set(targets.split(',')) }
}
