import type { FindTable } from '../converters/converter.ts'
import { attachment, attachmentType } from './attachment.ts'
import { makeCodingPrinters } from './coding.ts'
import { makeContactPrinters } from './contact.ts'
import { cx, ei, pln } from './identifier.ts'
import { makeNamePrinters } from './name.ts'
import { makeObservationPrinters } from './observation-value.ts'
import type { Printer } from './printer.ts'
import { makeReferencePrinters } from './reference.ts'
import { amount, code, codeIfKnown, ownNumber, ownPatientNumber, ownVisitNumber, referenceRange, text, yesNo } from './text.ts'
import { timestamp } from './time.ts'

export type { Printer, Printing } from './printer.ts'

/** The closed list of printers that outbound rows may name in `as`: what converters/ reads, written. */
export function makePrinters (findTable: FindTable): ReadonlyMap<string, Printer> {
  const names = makeNamePrinters(findTable)
  const codings = makeCodingPrinters(findTable)
  const { xcn, ndl, xon, department, pl } = makeReferencePrinters(names)
  return new Map<string, Printer>(Object.entries({
    ...{ text, code, codeIfKnown, yesNo, timestamp, amount, referenceRange, ownNumber, ownPatientNumber, ownVisitNumber, cx, ei, pln, attachment, attachmentType },
    ...{ xpn: names.xpn, cwe: codings.cwe, unit: codings.unit, xcn, ndl, xon, department, pl },
    ...makeContactPrinters(findTable),
    ...makeObservationPrinters(codings)
  } satisfies Record<string, Printer>))
}
