import { isObject, type JsonObject } from '../element-path.ts'
import type { Printed } from '../outbound-content.ts'
import { attachmentContent, type TypedContent } from './attachment.ts'
import type { CodingPrinters } from './coding.ts'
import { decimalText, leftOut, textAt, type Printer, type Printing } from './printer.ts'
import { dateRange, timestampText, timeText } from './time.ts'

/** An Observation, or a component of one, as OBX-2, OBX-5 and OBX-6 tell its value[x]. */
interface ObservationPrinters {
  readonly valueType: Printer
  readonly observationValue: Printer
  readonly valueUnit: Printer
}

interface Told extends TypedContent {
  readonly unit?: Printed | undefined
}

type Tell = (value: unknown, printing: Printing) => Told | undefined

/** ST holds 199 characters (HL7 v2.5.1 §2.A.75). */
const longestString = 199

export function makeObservationPrinters ({ cwe, unit }: CodingPrinters): ObservationPrinters {
  const coded: Tell = (value, printing) => told(printing.run.envelope.version < '2.5' ? 'CE' : 'CWE', cwe(value, { ...printing, table: null }))

  const quantity: Tell = (value, printing) => {
    const [number, comparator] = [textAt(value, 'value'), textAt(value, 'comparator')]
    if (number === undefined) return undefined
    const content = comparator === undefined ? told('NM', number) : told('SN', [comparator, number])
    return content === undefined ? undefined : { ...content, unit: unit(value, printing) }
  }

  const range: Tell = (value, printing) => {
    const [low, high] = isObject(value) ? [value['low'], value['high']] : []
    const [from, to] = [textAt(low, 'value'), textAt(high, 'value')]
    const content: Printed = from !== undefined && to !== undefined ? ['', from, '-', to] : to === undefined ? ['>=', from] : ['<=', to]
    return from === undefined && to === undefined ? undefined : { type: 'SN', content, unit: unit(low ?? high, printing) }
  }

  /** NA: the samples in the unit of their origin (HL7 v2.5.1 §2.A.42); what is no number (`E`, `U`, `L`) stays empty. */
  const sampled: Tell = (value, printing) => {
    const [numbers, origin] = [textAt(value, 'data'), isObject(value) ? value['origin'] : undefined]
    if (numbers === undefined) return leftOut(printing, 'valueSampledData has no samples')
    const [from, factor] = [Number(textAt(origin, 'value') ?? 0), Number(textAt(value, 'factor') ?? 1)]
    const content = numbers.trim().split(/ +/).map((sample) => Number.isFinite(Number(sample)) ? decimalText(Number((from + factor * Number(sample)).toFixed(6))) : '')
    return { type: 'NA', content, unit: unit(origin, printing) }
  }

  const byChoice: Readonly<Record<string, Tell>> = {
    valueQuantity: quantity,
    valueCodeableConcept: coded,
    valueString: (value) => textContent(textAt(value)),
    valueBoolean: (value) => typeof value === 'boolean' ? told('ID', value ? 'Y' : 'N') : undefined,
    valueInteger: (value) => typeof value === 'number' ? told('NM', decimalText(value)) : undefined,
    valueRange: range,
    valueRatio: (value) => isObject(value) ? told('SN', [textAt(value['numerator'], 'comparator'), textAt(value['numerator'], 'value'), ':', textAt(value['denominator'], 'value')]) : undefined,
    valueTime: (value) => told('TM', timeText(textAt(value) ?? '')),
    valueDateTime: (value, { run, ...printing }) => moment(textAt(value) ?? '', { run, ...printing }),
    valuePeriod: (value, printing) => told('DR', dateRange(value, printing)),
    valueSampledData: sampled
  }

  function tell (item: unknown, printing: Printing): Told | undefined {
    if (!isObject(item)) return undefined
    const choice = Object.keys(item).find((name) => /^value[A-Z]/.test(name))
    if (choice === undefined) return attachmentContent(attachmentOf(item), printing)
    const tellIt = byChoice[choice]
    return tellIt === undefined ? leftOut(printing, `${choice} has no type of HL7 v2`) : tellIt(item[choice], printing)
  }

  return {
    valueType: (value, printing) => tell(value, printing)?.type,
    observationValue: (value, printing) => tell(value, printing)?.content,
    valueUnit: (value, printing) => tell(value, printing)?.unit
  }
}

function told (type: string, content: Printed | undefined): Told | undefined {
  return content === undefined || content === '' ? undefined : { type, content }
}

function textContent (text: string | undefined): Told | undefined {
  const lines = text?.replace(/\r\n?/g, '\n')
  if (lines === undefined) return undefined
  return { type: lines.includes('\n') ? 'FT' : lines.length > longestString ? 'TX' : 'ST', content: lines }
}

function moment (text: string, { run }: Printing): Told | undefined {
  return told(text.length > 10 ? (run.envelope.version < '2.6' ? 'TS' : 'DTM') : 'DT', timestampText(text, run))
}

/** ED and RP have no value[x] in R4: the R5 extension's attachment. */
function attachmentOf (item: JsonObject): unknown {
  const extensions = Array.isArray(item['extension']) ? item['extension'] as unknown[] : []
  const found = extensions.find((each) => textAt(each, 'url') === 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.value')
  return isObject(found) ? found['valueAttachment'] : undefined
}
