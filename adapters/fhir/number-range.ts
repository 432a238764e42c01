import type { NumberRange } from '../../core/records/index.ts'

const form = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(-?\d{1,15}(?:\.\d{1,12})?(?:[eE][+-]?\d{1,2})?)(?:\|([^|]*)\|(.*))?$/s

type Ends = Pick<NumberRange, 'from' | 'to' | 'isOpenFrom' | 'isOpenTo'>

const between = (from: number | null, to: number | null): Ends => ({ from, to, isOpenFrom: false, isOpenTo: false })

/**
 * A quantity of a query (FHIR R4 §3.1.1.4.11): `5.4`, `ge5.4|http://unitsofmeasure.org|mmol/L`, `5.4||mmol/L`. Without
 * a comparing prefix the number stands for all that round to it: 100 is from 99.5 on and below 100.5. Null where the
 * text is no quantity.
 */
export function numberRange (text: string): NumberRange | null {
  const [, prefix = 'eq', digits, system = '', unit = ''] = form.exec(text) ?? []
  return digits === undefined ? null : { ...endsOf(prefix, digits), system: system === '' ? undefined : system, unit: unit === '' ? null : unit }
}

function endsOf (prefix: string, digits: string): Ends {
  const number = Number(digits)
  switch (prefix) {
    case 'gt': case 'sa': return { ...between(number, null), isOpenFrom: true }
    case 'ge': return between(number, null)
    case 'lt': case 'eb': return { ...between(null, number), isOpenTo: true }
    case 'le': return between(null, number)
    case 'ap': return between(number - Math.abs(number) / 10, number + Math.abs(number) / 10)
    default: {
      const half = halfOfLastDigit(digits)
      return { ...between(number - half, number + half), isOpenTo: true }
    }
  }
}

function halfOfLastDigit (digits: string): number {
  const [, fraction = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(digits) ?? []
  return 0.5 * 10 ** (Number(exponent) - fraction.length)
}
