import type { FindTable } from '../converters/converter.ts'
import { isObject } from '../element-path.ts'
import { codeIn, textAt, textsAt, type Printer } from './printer.ts'
import { timestampText } from './time.ts'

interface ContactPrinters {
  /** Address → XAD. */
  readonly xad: Printer
  /** ContactPoint → XTN. */
  readonly xtn: Printer
}

export function makeContactPrinters (findTable: FindTable): ContactPrinters {
  const addressTypes = findTable('address-use')
  const uses = findTable('telecom-use')
  const equipment = findTable('telecom-system')

  return {
    xad: (value, { run }) => {
      if (!isObject(value)) return undefined
      const [street, other, ...more] = textsAt(value, 'line')
      const whole = street === undefined && textAt(value, 'city') === undefined ? textAt(value, 'text') : undefined
      const [start, end] = ['start', 'end'].map((name) => timestampText(textAt(value, 'period', name) ?? '', run))
      const where = [[street ?? whole], other, ...['city', 'state', 'postalCode', 'country'].map((name) => textAt(value, name))]
      const district = textAt(value, 'district')
      if (where.flat().every((text) => text === undefined) && district === undefined) return undefined
      const type = codeIn(addressTypes, textAt(value, 'use')) ?? codeIn(addressTypes, textAt(value, 'type'))
      return [...where, type, '', district, '', '', '', start, end, '', '', '', '', more.length === 0 ? undefined : more.join(' ')]
    },
    xtn: (value, { run }) => {
      const number = textAt(value, 'value')
      if (number === undefined) return undefined
      const [system, use] = [textAt(value, 'system') ?? 'phone', textAt(value, 'use')]
      const isMail = system === 'email'
      const kind = use === 'mobile' && system === 'phone' ? 'CP' : codeIn(equipment, system)
      const [start, end] = ['start', 'end'].map((name) => timestampText(textAt(value, 'period', name) ?? '', run))
      return [isMail ? '' : number, codeIn(uses, use) ?? (isMail ? 'NET' : undefined), kind, isMail ? number : '', '', '', '', '', '', '', '', '', start, end]
    }
  }
}
