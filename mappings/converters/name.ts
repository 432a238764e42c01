import type { JsonObject } from '../element-path.ts'
import { inner, part, partOfPart, type Cell } from '../path.ts'
import { defined, tableCode } from './coding.ts'
import { dateTimeOf, periodOf } from './time.ts'
import type { Converter, FindTable, Use } from './converter.ts'
import type { Run } from '../run.ts'

export interface Names {
  /** XPN → HumanName. */
  readonly humanName: Converter
  /** For senders that put the whole name into one component, as Chinese systems do: HumanName.text. */
  readonly wholeName: Converter
  /** XPN as one text. */
  readonly nameText: Converter
  /** The name part of an XCN or CNN, which starts at component 2. */
  readonly nameWithin: (cell: Cell, run: Run, use: Use) => JsonObject | undefined
}

/** XPN.8 (HL7 table 0465): a Chinese name in characters, and beside it in letters or in sound. */
const representations: Readonly<Record<string, string>> = { A: 'ABC', I: 'IDE', P: 'SYL' }

export function makeNames (findTable: FindTable): Names {
  const uses = findTable('name-type')

  function humanNameAt (cell: Cell, first: number, rest: JsonObject): JsonObject | undefined {
    const family = partOfPart(cell, first, 1)
    const given = [...words(part(cell, first + 1)), ...words(part(cell, first + 2))]
    const suffix = words(part(cell, first + 3))
    const prefix = words(part(cell, first + 4))
    if (family === undefined && given.length === 0) return undefined
    return defined({
      ...rest,
      family,
      given: given.length === 0 ? undefined : given,
      prefix: prefix.length === 0 ? undefined : prefix,
      suffix: suffix.length === 0 ? undefined : suffix
    })
  }

  return {
    humanName: (cell, run, use) => {
      const suffixes = [part(cell, 6), part(cell, 14)].filter((word) => word !== undefined)
      const period = periodOf(dateTimeOf(cell, 12, run, use), dateTimeOf(cell, 13, run, use)) ?? periodWithin(cell, run, use)
      const name = humanNameAt(cell, 1, { use: tableCode(uses, part(cell, 7), run, use.place), period })
      if (name === undefined) return undefined
      const representation = representations[part(cell, 8) ?? '']
      if (representation !== undefined) name['extension'] = [{ url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation', valueCode: representation }]
      return suffixes.length === 0 ? name : { ...name, suffix: [...(name['suffix'] as string[] | undefined ?? []), ...suffixes] }
    },
    wholeName: (cell, run, use) => {
      const text = [partOfPart(cell, 1, 1), part(cell, 2)].filter((word) => word !== undefined).join('')
      return text === '' ? undefined : defined({ use: tableCode(uses, part(cell, 7), run, use.place), text })
    },
    nameText: (cell) => spoken({ family: partOfPart(cell, 1, 1), given: [...words(part(cell, 2)), ...words(part(cell, 3))] }),
    nameWithin: (cell, run, use) => humanNameAt(cell, 2, { use: tableCode(uses, part(cell, 10), run, use.place) })
  }
}

/** XPN.10, a range in one component, as senders before v2.5 write it. */
function periodWithin (cell: Cell, run: Run, use: Use): ReturnType<typeof periodOf> {
  if (cell.component !== 0) return undefined
  const range = inner(cell, 10)
  return periodOf(dateTimeOf(range, 1, run, use), dateTimeOf(range, 2, run, use))
}

function words (text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text]
}

/** A name as people say it: Chinese family name first and without a blank, others given name first. */
export function spoken (name: JsonObject): string | undefined {
  const text = name['text']
  if (typeof text === 'string') return text
  const family = typeof name['family'] === 'string' ? name['family'] : ''
  const given = Array.isArray(name['given']) ? name['given'] as string[] : []
  const isHan = /^\p{Script=Han}/u.test(family + given.join(''))
  const said = isHan ? family + given.join('') : [...given, family].filter((word) => word !== '').join(' ')
  return said === '' ? undefined : said
}
