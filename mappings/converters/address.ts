import type { CodeTable } from '../code-tables.ts'
import { part, partOfPart } from '../path.ts'
import { defined, tableCode } from './coding.ts'
import { dateTimeOf, periodOf } from './time.ts'
import { lacking, type Run } from '../run.ts'
import type { Converter, FindTable, Use } from './converter.ts'

interface Addresses {
  /** XAD → Address. */
  readonly address: Converter
  /** For senders that put the whole address into one component. */
  readonly wholeAddress: Converter
  /** XTN → ContactPoint. */
  readonly contactPoint: Converter
}

export function makeAddresses (findTable: FindTable): Addresses {
  const uses = findTable('address-type-use')
  const types = findTable('address-type-type')
  const phoneUses = findTable('telecommunication-use-code')
  const equipment = findTable('telecommunication-equipment-type')

  function phoneNumber (component: (n: number) => string | undefined): string | undefined {
    const whole = component(12)
    if (whole !== undefined) return whole
    const local = component(7)
    if (local === undefined) return component(1)
    const country = component(5)
    const international = country === undefined ? '' : `${country.startsWith('+') ? '' : '+'}${country} `
    const area = component(6)
    const extension = component(8)
    return `${international}${area === undefined ? '' : `${area} `}${local}${extension === undefined ? '' : ` X${extension}`}`
  }

  return {
    address: (cell, run, use) => {
      const line = [partOfPart(cell, 1, 1), partOfPart(cell, 1, 2), partOfPart(cell, 1, 3), part(cell, 2), part(cell, 19)].filter((text) => text !== undefined)
      const type = part(cell, 7)
      const address = defined({
        line: line.length === 0 ? undefined : line,
        city: part(cell, 3),
        district: part(cell, 9),
        state: part(cell, 4),
        postalCode: part(cell, 5),
        country: part(cell, 6),
        period: periodOf(dateTimeOf(cell, 13, run, use), dateTimeOf(cell, 14, run, use))
      })
      if (Object.keys(address).length === 0) return undefined
      return defined({ ...kindOfAddress({ uses, types }, type, run, use), ...address })
    },
    wholeAddress: (cell) => {
      const text = [partOfPart(cell, 1, 1), part(cell, 2)].filter((word) => word !== undefined).join(' ')
      return text === '' ? undefined : { text }
    },
    contactPoint: (cell, run, use) => {
      const component = (n: number): string | undefined => part(cell, n)
      const { system, onlyUse } = kindOf(component(3), component(4), run, use)
      const value = system === 'email' ? component(4) ?? component(1) : phoneNumber(component)
      if (value === undefined) return undefined
      return defined({
        system,
        value,
        use: onlyUse ?? tableCode(phoneUses, component(2), run, use.place),
        period: periodOf(dateTimeOf(cell, 13, run, use), dateTimeOf(cell, 14, run, use))
      })
    }
  }

  /** R4 (cpt-2) wants a system with every value; a bare number is a telephone's. The IG's CP says the use, not the system. */
  function kindOf (equipped: string | undefined, mail: string | undefined, run: Run, { place }: Use): { readonly system: string, readonly onlyUse: string | undefined } {
    const found = equipped === undefined ? undefined : equipment.find(equipped)
    if (found === undefined && equipped !== undefined) lacking(run, { table: equipment.name, code: equipped, place })
    if (found === undefined) return { system: equipped === undefined && mail !== undefined ? 'email' : 'phone', onlyUse: undefined }
    const isUse = found.system === 'http://hl7.org/fhir/contact-point-use'
    return isUse ? { system: 'phone', onlyUse: found.code } : { system: found.code, onlyUse: undefined }
  }
}

/** One code tells the use or the type, so it is unknown where neither table has it. */
function kindOfAddress ({ uses, types }: { readonly uses: CodeTable, readonly types: CodeTable }, code: string | undefined, run: Run, { place }: Use): { readonly use?: string | undefined, readonly type?: string | undefined } {
  if (code === undefined) return {}
  const [use, type] = [uses.find(code), types.find(code)]
  if (use === undefined && type === undefined) lacking(run, { table: uses.name, code, place })
  return { use: use?.code, type: type?.code }
}

/** A mail address alone, e.g. STF-15. */
export const mailAddress: Converter = (cell) => {
  const value = part(cell, 1)
  return value === undefined ? undefined : { system: 'email', value }
}
