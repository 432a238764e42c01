import type { FindTable } from '../converters/converter.ts'
import { isObject } from '../element-path.ts'
import { codeIn, textAt, textsAt, type Printer } from './printer.ts'
import { timestampText } from './time.ts'

export interface NamePrinters {
  /** HumanName → XPN. */
  readonly xpn: Printer
  /** Family to prefix, and the name type: the parts that XPN, XCN and CNN share. */
  readonly partsOf: (name: unknown) => NameParts
}

interface NameParts {
  readonly family: string | undefined
  readonly given: string | undefined
  readonly further: string | undefined
  readonly suffix: string | undefined
  readonly prefix: string | undefined
  readonly type: string | undefined
}

/** XPN.8 (HL7 table 0465). */
const representations: Readonly<Record<string, string>> = { ABC: 'A', IDE: 'I', SYL: 'P' }

export function makeNamePrinters (findTable: FindTable): NamePrinters {
  const types = findTable('name-use')

  /** A name that is only text, as Chinese names often are, goes whole into the family name. */
  function partsOf (name: unknown): NameParts {
    const [given, ...further] = textsAt(name, 'given')
    const family = textAt(name, 'family')
    const words = (list: readonly string[]): string | undefined => list.length === 0 ? undefined : list.join(' ')
    return {
      family: family ?? (given === undefined ? textAt(name, 'text') : undefined),
      given,
      further: words(further),
      suffix: words(textsAt(name, 'suffix')),
      prefix: words(textsAt(name, 'prefix')),
      type: codeIn(types, textAt(name, 'use'))
    }
  }

  return {
    partsOf,
    xpn: (value, { run }) => {
      if (!isObject(value)) return undefined
      const { family, given, further, suffix, prefix, type } = partsOf(value)
      if (family === undefined && given === undefined) return undefined
      const [start, end] = ['start', 'end'].map((name) => timestampText(textAt(value, 'period', name) ?? '', run))
      return [family, given, further, suffix, prefix, '', type, representationOf(value), '', '', '', start, end]
    }
  }
}

function representationOf (name: Record<string, unknown>): string | undefined {
  const extensions = Array.isArray(name['extension']) ? name['extension'] as unknown[] : []
  const found = extensions.find((each) => textAt(each, 'url') === 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation')
  return representations[textAt(found, 'valueCode') ?? '']
}
