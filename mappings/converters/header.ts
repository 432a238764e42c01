import { part } from '../path.ts'
import { viewPrefix } from '../view-table.ts'
import { universalUri } from './identifier.ts'
import type { Converter } from './converter.ts'

/** MSG → MessageHeader.eventCoding. A row of a view has a type of our own. */
export const messageEvent: Converter = (cell) => {
  const type = part(cell, 1)
  if (type?.startsWith(viewPrefix) === true) return { system: 'urn:yiqiao:fhir:view', code: type }
  const words = [1, 2, 3].map((n) => part(cell, n)).filter((word) => word !== undefined)
  return { system: 'http://terminology.hl7.org/CodeSystem/v2-0003', code: part(cell, 2) ?? part(cell, 1) ?? 'unknown', display: words.join('^') }
}

/** HD → endpoint; R4 wants one, so a name alone becomes a URN of this hospital. */
export const endpoint: Converter = (cell, run) => {
  const uri = universalUri(part(cell, 2), part(cell, 3))
  if (uri !== undefined) return uri
  return `urn:yiqiao:hospital:${run.context.hospitalId}:application:${encodeURIComponent(part(cell, 1) ?? 'unknown')}`
}
